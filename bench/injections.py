"""How soon somebody is told: a hundred faults put into thirty models that have learned.

Each model has 20 columns that swing with the hour, two weeks of hours behind it, and 1,000 rows a
minute.  A fault begins at any moment of a minute.  Windows come into a real catalog at each
minute's end, the judge steps on a virtual clock, and the time is that from the first row with the
fault to the commit of the reading that is a breach.

    python bench/injections.py [faults]
"""

import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from product import Product, share, window
from tidegauge.profile.table import Profile
from tidegauge.window import DAY, HOUR, MINUTE, SECOND
from tidegauge.worker.judge import GRACE

Column = np.ndarray[Any, Any]
Random = np.random.Generator

LIMIT = 5 * MINUTE * SECOND
COUNT = 100
MODELS = [f"model-{number:02}" for number in range(30)]
ROWS = 1_000
"""A minute, of each model."""
_NUMBERS = [f"features.n{number}" for number in range(16)]
_CATEGORIES = [f"features.c{number}" for number in range(4)]
_MONDAY = 1_704_067_200 * SECOND
_LIVE = _MONDAY + 14 * DAY * SECOND
_PHASES = np.linspace(0, 2 * np.pi, 16, endpoint=False)


def _share(random: Random, column: Column, share: float, value: object) -> Column:
    return np.where(random.random(len(column)) < share, value, column)


FAULTS: Mapping[str, Callable[[Random, Column], Column]] = {
    "a number moves by one standard deviation": lambda _r, x: x + 5.0,
    "a number's spread doubles": lambda _r, x: 50 + 2 * (x - 50),
    "a number comes in another unit": lambda _r, x: x * 1_000,
    "a number is not sent": lambda _r, x: np.full(len(x), np.nan),
    "one row in ten lacks a number": lambda r, x: _share(r, x, 0.1, np.nan),
    "a number stands still": lambda _r, x: np.full(len(x), 50.0),
    "a category has a value never seen, in 5 % of rows": lambda r, x: _share(r, x, 0.05, "new"),
    "a category's rare value takes a fifth of rows": lambda r, x: _share(r, x, 0.2, "d"),
}


def rows(random: Random, at: int, count: int) -> dict[str, Column]:
    """Of a moment: numbers swing by a fifth of their standard deviation with the hour."""
    turn = 2 * np.pi * (at // (HOUR * SECOND) % 24) / 24
    made: dict[str, Column] = {}
    for name, phase in zip(_NUMBERS, _PHASES, strict=True):
        made[name] = 50 + 5 * (random.normal(size=count) + 0.2 * np.sin(turn + phase))
    for name in _CATEGORIES:
        made[name] = random.choice(list("abcd"), count, p=[0.5, 0.3, 0.15, 0.05]).astype(object)
    return made


@dataclass(frozen=True)
class Found:
    fault: str
    took: int | None
    """Microseconds to the committed reading; None where it was not found."""
    is_right: bool
    """Is the column named first?"""
    is_early: bool
    """Was there a breach before the fault?"""


@dataclass(frozen=True)
class Fault:
    name: str
    column: str
    begins: int

    @classmethod
    def of(cls, number: int, first: int) -> "Fault":
        """Of a minute that begins with `first`."""
        random = np.random.default_rng([7, number])
        name = list(FAULTS)[number % len(FAULTS)]
        columns = _CATEGORIES if "category" in name else _NUMBERS
        begins = first + int(random.integers(MINUTE * SECOND))
        return cls(name, columns[random.integers(len(columns))], begins)

    def put_into(self, random: Random, made: dict[str, Column], start: int) -> None:
        """From its moment on, as rows come evenly through the minute."""
        share = (self.begins - start) / (MINUTE * SECOND)
        first = max(0, int(np.ceil(share * ROWS)))
        column = made[self.column]
        if first < len(column):
            faulty = FAULTS[self.name](random, column[first:])
            made[self.column] = np.concatenate([column[:first], faulty])


def learned(folder: Path, names: Sequence[str] = MODELS, live: int = _LIVE) -> Product:
    """Models with two weeks of hours behind them, and rules that were learned of these."""
    random = np.random.default_rng(11)
    first = live - 14 * DAY * SECOND
    product = Product(folder, live)
    product.watch({"name": "drift", "kind": "drift"})
    layout = product.meet(names, rows(random, first, 20_000), first, live)
    # Fewer rows than would have come: an hour is known less well.
    hours = [
        (at, Profile.of(rows(random, at, 3 * ROWS), layout))
        for at in range(first, live, HOUR * SECOND)
    ]
    # What one is taught holds for all.
    own = product.series()[names[0]]
    product.commit([window(own, at, one, HOUR) for at, one in hours], live)
    product.judge.judge(live)
    share(product.catalog, 1)
    return product


def injected(product: Product, first: int, seed: int, count: int) -> list[Found]:
    """A fault in each of some models, two minutes after a moment."""
    random = np.random.default_rng([13, seed])
    layouts = {name: product.series()[name] for name in MODELS[:count]}
    faults = {
        name: Fault.of(seed + number, first + 2 * MINUTE * SECOND)
        for number, name in enumerate(layouts)
    }
    layout, found = product.layout, list[Found]()
    for start in range(first, first + 9 * MINUTE * SECOND, MINUTE * SECOND):
        made = []
        for name, where in layouts.items():
            table = rows(random, start, ROWS)
            faults[name].put_into(random, table, start)
            made.append(window(where, start, Profile.of(table, layout)))
        _pass(product, start, made)
        found = [_found(product, name, fault, first) for name, fault in faults.items()]
        if all(each.took is not None for each in found):
            break
    return found


def _pass(product: Product, start: int, made: list[Any]) -> None:
    """A minute's windows are there at its end; they are judged when late ones were waited for."""
    end = start + MINUTE * SECOND
    product.commit(made, end)
    # The judge looks every second.
    product.now = end + GRACE + SECOND
    assert product.judge.step()


def _found(product: Product, name: str, fault: Fault, first: int) -> Found:
    told = [each for each in product.readings(name, first) if each.status == "breach"]
    after = [each for each in told if each.slot > fault.begins]
    if not after:
        return Found(fault.name, None, is_right=False, is_early=bool(told))
    top = (after[0].detail or {})["features"][0]["column"]
    return Found(fault.name, after[0].made_at - fault.begins, top == fault.column, after != told)


def measure(count: int = COUNT) -> list[Found]:
    found: list[Found] = []
    with tempfile.TemporaryDirectory() as name:
        known = learned(Path(name) / "learned")
        for seed in range(0, count, len(MODELS)):
            # At another hour each time.
            first = _LIVE + (1 + 5 * seed // len(MODELS)) * HOUR * SECOND
            product = known.copied(Path(name) / str(seed))
            found += injected(product, first, seed, min(len(MODELS), count - seed))
            product.close()
        known.close()
    return found


def table(found: list[Found]) -> str:
    took = sorted(each.took / SECOND for each in found if each.took is not None)
    soon = sum(each <= LIMIT / SECOND for each in took)
    right = sum(each.is_right for each in found)
    lines = [
        f"{len(found)} faults in models of 20 columns and {ROWS:,} rows a minute, from the first",
        "row with the fault to the committed reading, the eleven seconds that the judge waits for",
        f"late rows included: {soon} found within five minutes, half of them within",
        f"{statistics.median(took):.0f} s, the last after {took[-1]:.0f} s; the column was named",
        f"first in {right}.",
        "",
        *by_fault(found),
    ]
    return "\n".join(lines)


def by_fault(found: list[Found]) -> list[str]:
    lines = [
        "| fault | how many | found | median, s | worst, s |",
        "|---|---|---|---|---|",
    ]
    for fault, count in Counter(each.fault for each in found).items():
        own = [each.took / SECOND for each in found if each.fault == fault and each.took]
        lines.append(
            f"| {fault} | {count} | {len(own)} | {statistics.median(own):.0f} | {max(own):.0f} |"
        )
    return lines


if __name__ == "__main__":
    print(table(measure(*map(int, sys.argv[1:]))))
