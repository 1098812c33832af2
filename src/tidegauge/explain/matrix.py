"""Inputs, reasons, performance: which of them moved says where to look.

Each is True, False, or None where nobody can tell.  Eight patterns have a meaning of their own.
Where one fact is unknown two of them are possible, and both are told; where more are, what is
known says too little for a meaning.
"""

from dataclasses import dataclass
from typing import Final

_NAMES: Final = ("inputs", "reasons", "performance")
_Facts = tuple[bool, bool, bool]
_MEANINGS: Final[dict[_Facts, str]] = {
    (False, False, False): "Nothing has moved.",
    (True, False, False): "The inputs moved where it does not matter to the model.",
    (False, True, False): "The model reaches its answers in another way, and they are as good.",
    (True, True, False): "The model meets other inputs, answers by them, and copes so far.",
    (False, False, True): "The truth has changed: the same inputs now mean something else.",
    (True, False, True): "The model reasons as before about inputs for which that does not hold.",
    (False, True, True): "The model itself, or what prepares its inputs, has changed.",
    (True, True, True): "The model meets other inputs, answers by them, and is worse for it.",
}
_FIRST: Final[dict[_Facts, str]] = {
    (False, False, False): "There is nothing to look at.",
    (True, False, False): "Keep the moved inputs in view; there is no need to act.",
    (False, True, False): "See whether a version, or the way of explaining it, has changed.",
    (True, True, False): "Look at the moved inputs that count most, and for labels to come.",
    (False, False, True): "See that the labels are right, then train again on new ones.",
    (True, False, True): "Look at performance by segments of the moved inputs.",
    (False, True, True): "Look at the last release, of the model and of its features.",
    (True, True, True): "Look at the moved inputs that count most: are they right? "
    "If so, train again on new rows.",
}
_TO_KNOW: Final = {
    "inputs": "Give the model a reference, and it is known whether its inputs moved.",
    "reasons": "Log explanations, or have them computed, to know whether its reasons moved.",
    "performance": "Bring labels to know whether its performance moved.",
}


@dataclass(frozen=True, kw_only=True)
class Reading:
    inputs: bool | None
    reasons: bool | None
    performance: bool | None
    meaning: str
    look_first: str


def reading(
    *, inputs: bool | None = None, reasons: bool | None = None, performance: bool | None = None
) -> Reading:
    """
    >>> reading(inputs=False, reasons=False, performance=True).look_first
    'See that the labels are right, then train again on new ones.'
    """
    facts: dict[str, bool | None] = dict(zip(_NAMES, (inputs, reasons, performance), strict=True))
    unknown = [name for name in _NAMES if facts[name] is None]
    meaning, first = _told(facts, unknown)
    return Reading(
        inputs=inputs,
        reasons=reasons,
        performance=performance,
        meaning=meaning,
        look_first=first,
    )


def _told(facts: dict[str, bool | None], unknown: list[str]) -> tuple[str, str]:
    if not unknown:
        whole = _filled(facts)
        return _MEANINGS[whole], _FIRST[whole]
    if len(unknown) == 1:
        yes, no = (_filled({**facts, unknown[0]: value}) for value in (True, False))
        either = f"If the {unknown[0]} moved: {_MEANINGS[yes]} If not: {_MEANINGS[no]}"
        return either, _TO_KNOW[unknown[0]]
    known = [
        f"The {name} {'moved' if facts[name] else 'did not move'}."
        for name in _NAMES
        if name not in unknown
    ]
    too_little = "That alone says little." if known else "Nothing is known yet."
    # Performance first: it is what the others are watched for.
    return " ".join([*known, too_little]), _TO_KNOW[unknown[-1]]


def _filled(facts: dict[str, bool | None]) -> _Facts:
    inputs, reasons, performance = (bool(facts[name]) for name in _NAMES)
    return inputs, reasons, performance
