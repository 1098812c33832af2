"""What is wrong with a monitor that somebody wrote, each fault with where it is."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from tidegauge.errors import InputError
from tidegauge.monitor.base import Base
from tidegauge.monitor.condition import Condition
from tidegauge.monitor.distance import Method
from tidegauge.monitor.part import Part
from tidegauge.monitor.patience import Patience
from tidegauge.monitor.union import ADAPTER, KINDS, Monitor, kind_of
from tidegauge.schema import near

Loc = tuple[int | str, ...]
_PARTS: Final[dict[object, type[Part]]] = {
    "conditions": Condition,
    "when": Condition,
    "methods": Method,
    "alerts": Patience,
}


class Fault(NamedTuple):
    loc: Loc
    """From the monitor's own beginning."""
    said: str


class FaultsError(InputError):
    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(f"{path_of(each.loc)}: {each.said}" for each in faults))
        self.faults = faults


def checked(given: object) -> Monitor:
    """A monitor that can be kept; FaultsError has all that is wrong with it."""
    try:
        monitor = ADAPTER.validate_python(given)
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False)
        raise FaultsError(
            [Fault(_without_kind(each["loc"]), _said(each, given)) for each in told]
        ) from None
    except OverflowError:
        raise FaultsError([Fault((), "holds a number that is too large")]) from None
    if faults := list(_unfit((), document_of(monitor))):
        raise FaultsError(faults)
    return monitor


def document_of(monitor: Monitor) -> dict[str, Any]:
    """As it would be in a file: without what is the default."""
    told = monitor.model_dump(mode="json", exclude_defaults=True)
    return {"name": monitor.name, "kind": monitor.kind} | told


def path_of(loc: Loc) -> str:
    """As people write it.

    >>> path_of(("conditions", 0, "max"))
    'conditions[0].max'
    """
    text = ""
    for each in loc:
        text += f"[{each}]" if isinstance(each, int) else f".{each}" if text else str(each)
    return text


def _unfit(loc: Loc, value: object) -> Iterator[Fault]:
    """What no JSON and no database holds."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _unfit((*loc, name), inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _unfit((*loc, place), inner)
    elif isinstance(value, float) and not math.isfinite(value):
        yield Fault(loc, "must be a finite number")
    elif isinstance(value, str) and "\0" in value:
        yield Fault(loc, "must hold no NUL")


def _without_kind(loc: Loc) -> Loc:
    """The union's own mark in the path says nothing to the one who wrote it."""
    return loc[1:] if loc and loc[0] in KINDS else loc


def _said(error: Any, given: object) -> str:  # noqa: ANN401 - an error of pydantic
    kind, name = error["type"], str(error["loc"][-1]) if error["loc"] else ""
    if kind == "extra_forbidden":
        of: type[Part] = KINDS.get(str(kind_of(given)), Base)
        for above in error["loc"][:-1]:
            of = _PARTS.get(above, of)
        return f"is not known{near(name, list(of.model_fields))}"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        told = given.get("kind") if isinstance(given, dict) else None
        return f"no kind {told!r}{near(str(told), list(KINDS))}: there are {', '.join(KINDS)}"
    return str(error["msg"]).removeprefix("Value error, ")
