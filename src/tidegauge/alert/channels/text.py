"""Text of users, made fit to be shown: on one line, in one direction, cut between characters.

What is a character to a reader may be many to a computer: a family emoji is seven.  Lengths are
counted as providers do who count UTF-16, so that an emoji is two.

>>> clean("late\\r\\nBcc: me\\x00\\u202etxt.exe")
'late Bcc: metxt.exe'
>>> cut("drift \\U0001f468\\u200d\\U0001f469\\u200d\\U0001f467 on fraud", 10)
'drift…'
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_MARKS_AT_MOST: Final = 4
"""On one letter: more is not a language but a way to draw over the neighbours."""
_READ: Final = 20_000
"""Characters of one text: no channel shows more, and a longer one would only take time."""
# They turn the text around that follows, or are not there to be seen.
_HIDDEN: Final = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_SPACE: Final = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x9f]")
_LONE: Final = re.compile("[\ud800-\udfff]")
_JOINER: Final = "\u200d"


def clean(text: str) -> str:
    """One line, without controls."""
    text = _LONE.sub("\ufffd", text[:_READ])
    text = _SPACE.sub(" ", text)
    text = _HIDDEN.sub("", _CONTROL.sub("", text)).strip()
    return text if text.isascii() else _thinned(text)


def lines_of(text: str, at_most: int = 40) -> list[str]:
    """Its lines that say something, each clean."""
    found = [line for each in re.split(r"[\r\n\u2028\u2029]+", text) if (line := clean(each))]
    return found[:at_most] + (["…"] if len(found) > at_most else [])


def size(text: str) -> int:
    return len(text) + sum(each > "\uffff" for each in text) if not text.isascii() else len(text)


def cut(text: str, limit: int, mark: str = "…") -> str:
    """The first `limit` of it at most, with a mark that says so."""
    if size(text) <= limit:
        return text
    room = limit - size(mark)
    if room <= 0:
        return mark if room == 0 else ""
    taken = end = 0
    for each in characters(text):
        taken += size(each)
        if taken > room:
            break
        end += len(each)
    return text[:end].rstrip() + mark


def characters(text: str) -> Iterable[str]:
    """As a reader sees them, nearly: a base with its marks, joined emoji, pairs of flags."""
    start, flags = 0, 0
    for at in range(1, len(text)):
        here, before = text[at], text[at - 1]
        flags = flags + 1 if _is_flag(before) else 0
        if (
            _extends(here)
            or before == _JOINER
            or (_is_flag(here) and flags % 2 == 1)
            or (before == "\r" and here == "\n")
            or ("\u1160" <= here <= "\u11ff" and "\u1100" <= before <= "\u11ff")
        ):
            continue
        yield text[start:at]
        start = at
    if text:
        yield text[start:]


def _extends(each: str) -> bool:
    return not each.isascii() and (
        each == _JOINER
        or unicodedata.category(each) in ("Mn", "Me", "Mc")
        or "\U0001f3fb" <= each <= "\U0001f3ff"
        or "\U000e0020" <= each <= "\U000e007f"
    )


def _is_flag(each: str) -> bool:
    return "\U0001f1e6" <= each <= "\U0001f1ff"


def _thinned(text: str) -> str:
    if not any(unicodedata.category(each) in ("Mn", "Me", "Mc") for each in text):
        return text
    kept: list[str] = []
    marks = 0
    for each in text:
        marks = marks + 1 if unicodedata.category(each) in ("Mn", "Me") else 0
        if marks <= _MARKS_AT_MOST:
            kept.append(each)
    return "".join(kept)
