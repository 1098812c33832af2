"""What would change if the monitors were those of some files.

Files keep what came from files: what is in them is added or changed, and what has left them is
removed.  What somebody made through the API, and what is usual, is left alone unless a file has a
monitor of the same name: the file takes it over.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from tidegauge.catalog.monitors import Kept, Origin
from tidegauge.errors import InputError
from tidegauge.monitor.faults import Loc, checked, document_of, path_of
from tidegauge.monitor.union import Monitor

What = Literal["added", "changed", "removed", "unchanged"]


class Difference(NamedTuple):
    field: str
    """As "conditions[0].max"."""
    old: Any
    """None where it is not said."""
    new: Any


@dataclass(frozen=True, kw_only=True)
class Step:
    """What becomes of one monitor."""

    what: What
    name: str
    differences: Sequence[Difference] = ()
    takes_over: Origin | None = None
    """Who has kept it until now, where that was no file."""
    before: Kept | None = None
    monitor: Monitor | None = None


def plan(kept: Iterable[Kept], wanted: Iterable[Monitor]) -> list[Step]:
    """By name, all of them; who applies it leaves the unchanged as they are."""
    before = {each.name: each for each in kept}
    after = {each.name: each for each in wanted}
    steps = [_step(before.get(name), each) for name, each in after.items()]
    steps += [
        _removed(each)
        for name, each in before.items()
        if name not in after and each.origin == "file"
    ]
    return sorted(steps, key=lambda each: each.name)


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Field by field; a field that is not there is None."""
    was, will = dict(_leaves((), old)), dict(_leaves((), new))
    paths = [*will, *(path for path in was if path not in will)]
    return [
        Difference(path_of(path), was.get(path), will.get(path))
        for path in paths
        if was.get(path) != will.get(path)
    ]


def _step(before: Kept | None, monitor: Monitor) -> Step:
    name = monitor.name
    if before is None:
        told = differences({"name": name}, document_of(monitor))
        return Step(what="added", name=name, differences=told, monitor=monitor)
    told = differences(_whole(before.document), monitor.model_dump(mode="json"))
    takes_over = None if before.origin == "file" else before.origin
    return Step(
        what="changed" if told or takes_over else "unchanged",
        name=name,
        differences=told,
        takes_over=takes_over,
        before=before,
        monitor=monitor,
    )


def _removed(before: Kept) -> Step:
    told = differences(before.document, {"name": before.name})
    return Step(what="removed", name=before.name, differences=told, before=before)


def _whole(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """With what is the default, so that saying it is no change."""
    try:
        return checked(dict(document)).model_dump(mode="json")
    except InputError:
        # Another version wrote it, and this one would not.
        return document


def _leaves(loc: Loc, value: object) -> Iterator[tuple[Loc, object]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves((*loc, str(name)), inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _leaves((*loc, place), inner)
    elif value is not None:
        yield loc, value
