"""JSON as RFC 8259 means it: what other parsers let pass is refused here.

The standard library's parser, given our own hooks, refuses a member that is given twice and what is
no JSON (NaN), and keeps a number that is too large as a mark, so that only its record is refused.
Faster parsers keep the last of two equal names in silence and turn large integers into floats, so
one of them is only asked where a look at the bytes has shown that it cannot differ (`_quick`).
"""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import orjson

from tidegauge.arrays import Flags
from tidegauge.ingest.problem import ProblemError
from tidegauge.record import limits
from tidegauge.record.values import BEYOND

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
_SMALL: Final = 4 * limits.KIB
_QUOTE, _COLON, _OPEN, _CLOSE, _POINT, _PLUS, _E, _ZERO = b'":{}.+e0'
_NESTED: Final = frozenset({dict, list})
_FLAT: Final = frozenset({str, int, float, bool, type(None), type(BEYOND)})


class _TwiceError(ValueError):
    pass


class _NoNumberError(ValueError):
    pass


def parse(body: bytes) -> object:
    if len(body) > _SMALL:
        quick = _quick(body)
        if quick is not None:
            return quick
    return _strict(body)


def parse_lines(lines: Sequence[bytes]) -> list[object] | None:
    """A document a line, as one array; None where they have to be looked at one by one."""
    body = b"[" + b",".join(lines) + b"]"
    if len(body) <= _SMALL:
        return None
    commas = np.cumsum([len(line) + 1 for line in lines[:-1]], dtype=np.int64)
    parsed = _quick(body, commas)
    return parsed if isinstance(parsed, list) and len(parsed) == len(lines) else None


def _quick(body: bytes, commas: Places | None = None) -> object | None:
    """What the strict parser would say, in half its time; None where only that one knows.

    `commas` are places that must lie between the items of the outermost array.

    Outside of texts each colon is a member, so equal counts show that no name was given twice.
    """
    if b"\\" in body:
        return None
    at = np.frombuffer(body, np.uint8)
    outside = ~np.bitwise_xor.accumulate(at == _QUOTE)
    # Square brackets differ from curly ones by one bit.
    curled = at | 32
    opened = (curled == _OPEN) & outside
    closed = (curled == _CLOSE) & outside
    steps = opened.view(np.int8) - closed.view(np.int8)
    depth = np.cumsum(steps, dtype=np.int32)
    if commas is not None:
        if (depth[commas] != 1).any() or not outside[commas].all():
            return None
        depth -= 1
    if depth.max() > limits.DEPTH or _has_huge(at, outside):
        return None
    try:
        parsed: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    members = int(np.count_nonzero((at == _COLON) & outside))
    return parsed if _members(parsed) == members else None


def _has_huge(at: Bytes, outside: Flags) -> bool:
    """Whether a number may be beyond 64 bits, or beyond a double."""
    digits = (at - _ZERO < 10) & outside
    powers = np.flatnonzero(((at | 32) == _E) & outside)
    after = at[np.minimum(powers + 1, len(at) - 1)]
    if (digits[np.minimum(powers + 1, len(at) - 1)] | (after == _PLUS)).any():
        return True
    # Runs of 19 digits: of 2, 4, 8 and 16 first, each from the one before.
    run = digits
    for width in (1, 2, 4, 8, 3):
        run = run[:-width] & run[width:]
    starts = np.flatnonzero(run)
    before = np.maximum(starts - 1, 0)
    # Behind a decimal point they make a number longer and not larger.
    return bool(((starts == 0) | ~digits[before] & (at[before] != _POINT)).any())


def _members(parsed: object) -> int:
    level, count = [parsed], 0
    while level:
        below: list[object] = []
        for item in level:
            inside: Iterable[object] = ()
            if isinstance(item, dict):
                count += len(item)
                inside = item.values()
            elif isinstance(item, list):
                inside = item
            if not _FLAT.issuperset(map(type, inside)):
                below += [each for each in inside if type(each) in _NESTED]
        level = below
    return count


def _strict(body: bytes) -> object:
    text = _text(body)
    try:
        parsed: object = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        detail = f"line {error.lineno}, column {error.colno}: {_said(error.msg)}"
        raise ProblemError("malformed-json", detail) from None
    except _TwiceError:
        raise ProblemError("malformed-json", "duplicate member: a name is given twice") from None
    except _NoNumberError as error:
        detail = (
            f"{error} is no JSON: send null, or for a feature the text"
            ' "NaN", "Infinity" or "-Infinity"'
        )
        raise ProblemError("malformed-json", detail) from None
    except RecursionError:
        raise _too_deep() from None
    _check_depth(parsed)
    return parsed


def _text(body: bytes) -> str:
    if not body.strip():
        raise ProblemError("malformed-json", "empty body")
    if body.startswith(b"\xef\xbb\xbf"):
        raise ProblemError("malformed-json", "line 1, column 1: starts with a byte order mark")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise ProblemError("malformed-json", f"byte {error.start}: not UTF-8") from None


def _check_depth(parsed: object) -> None:
    level, depth = [parsed], 0
    while level:
        depth += 1
        if depth > limits.DEPTH:
            raise _too_deep()
        below: list[object] = []
        for item in level:
            inside: Iterable[object] = item.values() if isinstance(item, dict) else ()
            inside = item if isinstance(item, list) else inside
            # Of 1,000 records nearly all are flat maps of plain values.
            if not _FLAT.issuperset(map(type, inside)):
                below += [each for each in inside if type(each) in _NESTED]
        level = below


def _too_deep() -> ProblemError:
    return ProblemError("too-deep", f"nested more than {limits.DEPTH} levels deep")


def _said(message: str) -> str:
    return message[0].lower() + message[1:]


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _TwiceError
    return members


def _integer(digits: str) -> object:
    # A longer one is beyond 64 bits; Python would even refuse to read 5,000 digits.
    if len(digits) > 20:
        return BEYOND
    number = int(digits)
    return number if limits.WHOLE_LOW <= number <= limits.WHOLE_HIGH else BEYOND


def _real(digits: str) -> object:
    number = float(digits)
    return number if -sys.float_info.max <= number <= sys.float_info.max else BEYOND


def _constant(word: str) -> object:
    raise _NoNumberError(word)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_integer, parse_float=_real, parse_constant=_constant
)
