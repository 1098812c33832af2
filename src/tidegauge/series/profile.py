"""What each column of a model held in a span, beside what it held in the reference."""

from collections.abc import Iterator
from dataclasses import dataclass

from tidegauge.profile.layout import Facet as LayoutFacet
from tidegauge.profile.layout import Layout
from tidegauge.profile.table import Profile
from tidegauge.profile.weight import Counting
from tidegauge.report.picture import category_picture, numeric_picture
from tidegauge.report.result import Bars, Histogram, Summary
from tidegauge.report.summary import category_summary, numeric_summary, time_summary
from tidegauge.schema import Column


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A column, or one number that was derived from it."""

    name: str
    facet: str
    """What was derived, or "" for the column itself."""
    title: str
    kind: str
    role: str
    reference: Summary
    current: Summary
    picture: Histogram | Bars | None


def empty(layout: Layout) -> Profile:
    return Profile.counted(Counting(layout))


def shown(reference: Profile, current: Profile, columns: set[str] | None = None) -> list[Shown]:
    """All columns, or those named, in the order of the schema."""
    return [
        each
        for column in reference.layout.schema
        if columns is None or column.name in columns
        for each in _shown(reference, current, column)
    ]


def _shown(reference: Profile, current: Profile, column: Column) -> Iterator[Shown]:
    layout = reference.layout
    if column.name in layout.named_place:
        at = layout.named_place[column.name]
        yield Shown(
            name=column.name,
            facet="",
            title="",
            kind=column.kind,
            role=column.role,
            reference=category_summary(reference, at),
            current=category_summary(current, at),
            picture=category_picture(reference, current, at),
        )
    for at, facet in enumerate(layout.facets):
        if facet.column == column.name:
            yield _of_facet(reference, current, column, facet, at)


def _of_facet(
    reference: Profile, current: Profile, column: Column, facet: LayoutFacet, at: int
) -> Shown:
    summary = time_summary if facet.name == "day" else numeric_summary
    return Shown(
        name=column.name,
        facet=facet.name,
        title=facet.title if facet.name else "",
        kind=column.kind,
        role=column.role,
        reference=summary(reference, at),
        current=summary(current, at),
        picture=numeric_picture(reference, current, at),
    )
