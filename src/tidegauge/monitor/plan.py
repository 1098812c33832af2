"""What would change if documents were those of some files.

Files keep what came from files: what is in them is added or changed, and what has left them is
removed.  What somebody made through the API, and what is usual, is left alone unless a file has
one of the same name: the file takes it over.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from tidegauge.catalog.documents import Kept, Origin
from tidegauge.errors import InputError
from tidegauge.monitor.faults import Loc, checked, document_of, path_of
from tidegauge.monitor.union import Monitor

What = Literal["added", "changed", "removed", "unchanged"]
Document = Mapping[str, Any]


class Difference(NamedTuple):
    field: str
    """As "conditions[0].max"."""
    old: Any
    """None where it is not said."""
    new: Any


class Wanted(NamedTuple):
    """What a file says of one."""

    name: str
    kind: str
    document: Document
    """Without what is the default."""
    whole: Document
    """With it, so that saying it is no change."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """What becomes of one."""

    what: What
    name: str
    kind: str
    differences: Sequence[Difference] = ()
    takes_over: Origin | None = None
    """Who has kept it until now, where that was no file."""
    before: Kept | None = None
    document: Document | None = None


def plan(kept: Iterable[Kept], wanted: Iterable[Monitor]) -> list[Step]:
    """Of monitors."""
    after = (
        Wanted(each.name, each.kind, document_of(each), each.model_dump(mode="json"))
        for each in wanted
    )
    return planned(kept, after, _whole, usual="metric")


def planned(
    kept: Iterable[Kept],
    wanted: Iterable[Wanted],
    whole: Callable[[Document], Document],
    *,
    usual: str,
) -> list[Step]:
    """By name, all of them; who applies it leaves the unchanged as they are.  `usual` is the kind
    of what says none."""
    before = {each.name: each for each in kept}
    after = {each.name: each for each in wanted}
    steps = [_step(before.get(name), each, whole) for name, each in after.items()]
    steps += [
        _removed(each, usual)
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


def _step(before: Kept | None, new: Wanted, whole: Callable[[Document], Document]) -> Step:
    if before is None:
        told = differences({"name": new.name}, new.document)
        return Step(
            what="added", name=new.name, kind=new.kind, differences=told, document=new.document
        )
    told = differences(whole(before.document), new.whole)
    takes_over = None if before.origin == "file" else before.origin
    return Step(
        what="changed" if told or takes_over else "unchanged",
        name=new.name,
        kind=new.kind,
        differences=told,
        takes_over=takes_over,
        before=before,
        document=new.document,
    )


def _removed(before: Kept, usual: str) -> Step:
    told = differences(before.document, {"name": before.name})
    kind = str(before.document.get("kind", usual))
    return Step(what="removed", name=before.name, kind=kind, differences=told, before=before)


def _whole(document: Document) -> Document:
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
