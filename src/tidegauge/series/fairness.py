"""Fairness over a span: the groups of a declared segment, by their windows and their outcomes.

What was chosen is counted of all predictions, what was right of those whose truth is known.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from tidegauge.fairness import Assessment, Group, Limits, assess
from tidegauge.performance import Classes
from tidegauge.profile.categories import MISSING
from tidegauge.profile.table import Profile
from tidegauge.series import performance, seen
from tidegauge.series.reach import Reach, Steps
from tidegauge.series.subject import Subject

CHOSEN = "prediction_label"


@dataclass(frozen=True, kw_only=True)
class Fairness:
    attribute: str
    """The declared segment whose values are the groups."""
    assessment: Assessment


def look(  # noqa: PLR0913 - a question has this many sides
    connection: Connection,
    reach: Reach,
    subject: Subject,
    attribute: str,
    steps: Steps,
    *,
    positive: str,
    favourable: bool,
    version: str | None = None,
    limits: Limits | None = None,
) -> Fairness:
    groups = [
        _group(connection, reach, subject, segment, steps, positive, version)
        for segment in subject.segments
        if segment.partition("=")[0] == attribute
    ]
    known = [group for group in groups if group.predictions]
    return Fairness(attribute=attribute, assessment=assess(known, limits, favourable=favourable))


def _group(
    connection: Connection,
    reach: Reach,
    subject: Subject,
    segment: str,
    steps: Steps,
    positive: str,
    version: str | None,
) -> Group:
    looked = performance.look(connection, reach, subject, steps, version=version, segment=segment)
    main = looked.total.measured.get("")
    labelled = main if isinstance(main, Classes) else None
    span = seen.look(
        connection, reach, subject, steps.start, steps.stop, version=version, segment=segment
    )
    profile = span.profile(subject.reference) if subject.reference else None
    predictions, positives = _chosen(profile, positive)
    name = segment.partition("=")[2]
    return Group.of(name, predictions, positives, labelled, positive)


def _chosen(profile: Profile | None, positive: str) -> tuple[float, float]:
    """How many were given a class, and how many the positive one."""
    if profile is None or CHOSEN not in profile.layout.named_place:
        return 0.0, 0.0
    at = profile.layout.named_place[CHOSEN]
    counts = profile.categories.counts[at]
    chosen = profile.categories.count(at, positive)
    return (0.0, 0.0) if chosen is None else (float(counts.sum() - counts[MISSING]), float(chosen))


def named(assessment: Assessment) -> Iterator[Group]:
    """Those whose rows said which group they are of, then the others."""
    yield from sorted(assessment.groups, key=lambda each: (each.name == "", each.name))
