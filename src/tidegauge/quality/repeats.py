"""Rows that come more than once, and ids that do."""

from collections.abc import Iterator

from tidegauge.profile.sketch import Sketch
from tidegauge.profile.table import Profile
from tidegauge.quality.finding import Finding
from tidegauge.quality.rates import percent, rise

_NOTABLE = 0.01


def repeats(reference: Profile, current: Profile) -> Iterator[Finding]:
    yield from _compared(
        "duplicates", None, reference.repeats, current.repeats, "repeat another row"
    )
    ids = zip(reference.layout.ids, reference.ids, current.ids, strict=True)
    for name, before, after in ids:
        yield from _compared("duplicate_ids", name, before, after, "repeat another row's id")


def _compared(
    check: str, column: str | None, before: Sketch, after: Sketch, words: str
) -> Iterator[Finding]:
    # Of the rows in the sample: all of them, or a fair part.
    was, is_ = (
        (sketch.repeated_share * sketch.counts.sum(), int(sketch.counts.sum()))
        for sketch in (before, after)
    )
    severity = rise(was, is_, _NOTABLE)
    if severity:
        yield Finding(
            check=check,
            column=column,
            severity=severity,
            message=(
                f"{percent(after.repeated_share)} of rows {words} "
                f"(reference: {percent(before.repeated_share)})"
            ),
            reference=before.repeated_share,
            current=after.repeated_share,
        )
