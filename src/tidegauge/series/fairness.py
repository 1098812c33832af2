"""Fairness over a span: the groups of a declared segment, by their windows and their outcomes.

What was chosen is counted of all predictions, what was right of those whose truth is known; or,
before labels are there, as it is expected of all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from sqlalchemy import Connection

from tidegauge.catalog.models import Model
from tidegauge.fairness import Assessment, Group, Limits, assess, assess_errors
from tidegauge.performance import Errors
from tidegauge.profile.categories import MISSING
from tidegauge.profile.table import Profile
from tidegauge.series import estimate, performance, seen
from tidegauge.series.estimate import Estimators
from tidegauge.series.reach import Reach, Steps
from tidegauge.series.subject import Subject

CHOSEN = "prediction_label"


@dataclass(frozen=True, kw_only=True)
class Fairness:
    attribute: str
    """The declared segment whose values are the groups."""
    assessment: Assessment


def is_of_numbers(model: Model) -> bool:
    return (model.task or model.likely_task) == "regression"


def is_told(model: Model) -> bool:
    """Whether it is known what there is to be compared: of classes somebody has to say which is
    the positive one, and whether that is favourable."""
    return is_of_numbers(model) or (model.positive is not None and model.favourable is not None)


@dataclass(frozen=True)
class Looked:
    """One version of a model, or all of them, over a span."""

    connection: Connection
    reach: Reach
    subject: Subject
    steps: Steps
    version: str | None = None
    is_estimated: bool = False
    """What was right is what is expected of all predictions, and not what labels showed."""

    def at(self, attribute: str, limits: Limits | None = None) -> Fairness:
        groups = [
            self._group(segment)
            for segment in self.subject.segments
            if segment.partition("=")[0] == attribute
        ]
        known = [group for group in groups if group.predictions]
        model = self.subject.model
        if is_of_numbers(model):
            return Fairness(attribute=attribute, assessment=assess_errors(known, limits))
        favourable = model.favourable is not False
        assessment = assess(known, limits, favourable=favourable)
        return Fairness(attribute=attribute, assessment=assessment)

    def _group(self, segment: str) -> Group:
        total = performance.look(
            self.connection,
            self.reach,
            self.subject,
            self.steps,
            version=self.version,
            segment=segment,
        ).total
        main = total.measured.get("")
        name, positive = segment.partition("=")[2], self.subject.model.positive or ""
        if is_of_numbers(self.subject.model):
            errors = main if isinstance(main, Errors) else None
            found = Group(name, total.predictions, errors=errors)
        else:
            predictions, positives = _chosen(self._profile(segment), positive)
            found = Group.of(name, predictions, positives, main, positive)
        return self._expected(found, segment) if self.is_estimated else found

    def _expected(self, group: Group, segment: str) -> Group:
        """What labels showed is left out, but for what the errors are in parts of."""
        positive = self.subject.model.positive
        numbers = self.subject.numbers(self.version, segment)
        span = (self.steps.start, self.steps.stop)
        found = estimate.of_span(self.connection, self._estimators, numbers, *span, positive)
        if not found.is_supported or found.estimate is None:
            errors = None if group.errors is None else Errors(true=group.errors.true)
            return replace(Group(group.name, group.predictions, group.positives), errors=errors)
        measured, told = found.estimate.measured, found.figures
        if isinstance(measured, Errors):
            return replace(group, errors=measured, expected=told)
        # Where nobody is of the positive class, rates are means over classes.
        told = told if positive in measured.names else {}
        return replace(Group(group.name, group.predictions, group.positives), expected=told)

    @cached_property
    def _estimators(self) -> Estimators:
        return Estimators.read(self.connection, self.subject.model.id)

    def _profile(self, segment: str) -> Profile | None:
        span = seen.look(
            self.connection,
            self.reach,
            self.subject,
            self.steps.start,
            self.steps.stop,
            version=self.version,
            segment=segment,
        )
        return span.profile(self.subject.reference) if self.subject.reference else None


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
