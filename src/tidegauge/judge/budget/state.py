"""What a rule remembers between two checks: a few arrays, whole as bytes and read without a copy.

Sums are kept in single precision.  Rounding moves a sum by a part in ten million a check, which
over a month is less than a thousandth of alpha.  They are sums, not their logs: what the proof
bounds is a sum, and each step is one exponential.
"""

import math
import struct
from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

from tidegauge.errors import UnreadableError
from tidegauge.judge.budget.blocks import tallies
from tidegauge.judge.budget.cells import Singles
from tidegauge.judge.budget.rule import HALF_LIVES, Rule
from tidegauge.judge.budget.settings import STAGGER

_MAGIC = b"TGS1"
_HEAD = struct.Struct("<4sIq")

_T = TypeVar("_T", bound=np.generic)

Ages = npt.NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class State:
    checks: int
    """Seen since the start."""
    sums: Singles
    """Of each fast arm, Shiryaev and Roberts's sum."""
    recent: Singles
    """[half-lives, flat cells]: counts that fade, as if all had come in the mean season."""
    slow: Singles
    """[lengths, judged]: the blocks' evidence so far."""
    best: Singles
    """[lengths, judged]: of which by the block that brought most."""
    blocks: Singles
    """[lengths, thirds, tallies]: the newest three thirds of a block of each length."""
    ages: Ages
    """Of each fast arm, the checks since its sum was last below one."""
    slow_ages: Ages
    """[lengths, judged]"""
    slow_arms: Ages
    """[lengths, judged]: the arm of the block that brought most, its place among the feature's."""

    @classmethod
    def start(cls, rule: Rule) -> Self:
        sums, ages = _shapes(rule)
        nothing = np.zeros(sum(map(math.prod, sums)), np.float32)
        return cls._of(rule, 0, nothing, np.zeros(sum(map(math.prod, ages)), np.uint16))

    @classmethod
    def _of(cls, rule: Rule, checks: int, singles: Singles, shorts: Ages) -> Self:
        sum_shapes, age_shapes = _shapes(rule)
        sums, recent, slow, best, blocks = _views(singles, sum_shapes)
        ages, slow_ages, slow_arms = _views(shorts, age_shapes)
        return cls(checks, sums, recent, slow, best, blocks, ages, slow_ages, slow_arms)

    def encode(self, rule: Rule) -> bytes:
        sums = (self.sums, self.recent, self.slow, self.best, self.blocks)
        ages = (self.ages, self.slow_ages, self.slow_arms)
        head = _HEAD.pack(_MAGIC, rule.mark, self.checks)
        return b"".join([head, *(array.tobytes() for array in (*sums, *ages))])

    @classmethod
    def decode(cls, rule: Rule, data: bytes) -> Self:
        sums, ages = _shapes(rule)
        split = _HEAD.size + 4 * sum(map(math.prod, sums))
        if len(data) != split + 2 * sum(map(math.prod, ages)):
            raise UnreadableError("this state is damaged, or another rule's: start again")
        magic, mark, checks = _HEAD.unpack_from(data)
        if magic != _MAGIC or mark != rule.mark:
            raise UnreadableError("this state is another rule's: start again")
        singles = np.frombuffer(data, np.float32, (split - _HEAD.size) // 4, _HEAD.size)
        return cls._of(rule, checks, singles, np.frombuffer(data, np.uint16, offset=split))


def _shapes(rule: Rule) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """Of the arrays of sums, and of those of ages."""
    features, cells = len(rule.cells.judged), len(rule.law)
    arms, lengths = len(rule.arm_feature), len(rule.lengths)
    sums = [
        (arms,),
        (len(HALF_LIVES), cells),
        (lengths, features),
        (lengths, features),
        (lengths, STAGGER, tallies(rule)),
    ]
    return sums, [(arms,), (lengths, features), (lengths, features)]


def _views(flat: npt.NDArray[_T], shapes: list[tuple[int, ...]]) -> list[npt.NDArray[_T]]:
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    parts = np.split(flat, ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
