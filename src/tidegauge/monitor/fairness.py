"""Watch whether groups of people are treated alike.

It is a breach only where an interval that holds at all times together lies wholly beyond the limit,
so that asking every hour finds no unfairness that is none.
"""

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AliasChoices, Field

from tidegauge.fairness import Criterion, Limits
from tidegauge.monitor.base import Base
from tidegauge.monitor.condition import Share
from tidegauge.monitor.duration import Duration
from tidegauge.monitor.estimated import believed, span_of
from tidegauge.monitor.reading import Found, nothing
from tidegauge.monitor.severity import RANK, AnySeverity
from tidegauge.monitor.view import View
from tidegauge.series import fairness
from tidegauge.series.performance import step_of
from tidegauge.window import DAY, HOUR, SECOND, floor

Name = Literal[
    "disparate_impact",
    "demographic_parity",
    "equal_opportunity",
    "equalized_odds",
    "predictive_equality",
    "predictive_parity",
    "accuracy_parity",
    "calibration",
    "error_parity",
    "bias_parity",
]
_USUAL: tuple[Name, ...] = (
    "disparate_impact",
    "equal_opportunity",
    "equalized_odds",
    "error_parity",
    "bias_parity",
)
_FIGURES: Final = {
    "equal_opportunity": ("recall",),
    "equalized_odds": ("recall", "specificity"),
    "predictive_equality": ("specificity",),
    "predictive_parity": ("precision",),
    "accuracy_parity": ("accuracy",),
    "error_parity": ("mae",),
    "bias_parity": ("bias",),
}
"""What criteria that need labels compare."""
_SILENT: Final = ("no_data", "insufficient_data")


class Fairness(Base):
    """The groups of protected attributes, against each other."""

    kind: Literal["fairness"] = "fairness"
    attributes: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=256)]] | None,
        Field(
            min_length=1,
            max_length=20,
            validation_alias=AliasChoices("attributes", "attribute", "protected_attributes"),
            description="Declared segments; unsaid: the model's protected attributes.",
        ),
    ] = None
    criteria: Annotated[
        tuple[Name, ...],
        Field(
            min_length=1,
            description="Which of them must hold: of classes or of numbers, as the model has it.",
        ),
    ] = _USUAL
    ratio: Annotated[
        Share, Field(le=1, description="The least that one group's rate may be of another's.")
    ] = 0.8
    difference: Annotated[
        Share,
        Field(
            le=1,
            description="The most that rates of two groups may differ by; errors of numbers in"
            " parts of the standard deviation of what was true.",
        ),
    ] = 0.1
    minimum: Annotated[
        int, Field(ge=1, le=1_000_000, description="Rows that a rate of a group has to be of.")
    ] = 50
    breach: AnySeverity = "high"
    estimates: Annotated[
        bool,
        Field(
            description="Until labels are ripe, what is expected of the newest rows stands in for"
            " them, where it is supported and was right of each group so far: a breach that only"
            " an estimate tells is `high` at most."
        ),
    ] = False
    window: Annotated[Duration, Field(description="The span that a reading is of.")] = 30 * DAY
    every: Annotated[Duration, Field(description="How often.")] = HOUR
    for_count: Annotated[int, Field(ge=1, le=1000)] = 1
    is_restated: ClassVar[bool] = False

    def read(self, view: View) -> Found:
        model = view.subject.model
        wanted = self.attributes or list(model.protected or ())
        if not wanted:
            return nothing("not_applicable", f"{model.name} has no protected attribute")
        if not fairness.is_told(model):
            why = "nobody has said which class is the positive one, and whether it is favourable"
            return nothing("not_applicable", why)
        unknown = [each for each in wanted if each not in model.segments]
        if unknown:
            return nothing("error", f"{unknown[0]!r} is no declared segment of {model.name}")
        # What is right of a group is known when its labels have come.
        late = round((view.lateness or 0.0) * SECOND)
        stop = floor(view.slot - late, HOUR)
        looked = self._look(view, wanted, stop - self.window * SECOND, stop)
        ripe = self._found(self._named(looked), _rows(looked))
        if ripe.status == "breach" or not self.estimates:
            return ripe
        return self._estimated(view, wanted, ripe) or ripe

    def _estimated(self, view: View, wanted: list[str], ripe: Found) -> Found | None:
        """Of the rows after the ripe ones: a breach, or what is told where these tell nothing."""
        late = view.lateness
        # Where no label has come yet, all of the window waits for them.
        begun = view.slot - (self.window * SECOND if late is None else round(late * SECOND))
        span = span_of(view, begun, self.window)
        if span is None:
            return None
        looked = self._look(view, wanted, *span, is_estimated=True)
        told = [each for each in self._named(looked) if _is_believed(view, *each)]
        if not told:
            return None
        read = self._found(told, _rows(looked))
        if read.status != "breach" and ripe.status not in _SILENT:
            return None
        detail = {**(read.detail or {}), "is_estimate": True}
        if read.status != "breach":
            return replace(read, detail=detail)
        severity = self.severity or min(self.breach, "high", key=RANK.__getitem__)
        reason = f"estimated before labels: {read.reason}"
        return replace(read, detail=detail, severity=severity, reason=reason)

    def _named(self, looked: list[fairness.Fairness]) -> list[tuple[str, Criterion]]:
        return [
            (each.attribute, criterion)
            for each in looked
            for name, criterion in each.assessment.criteria.items()
            if name in self.criteria
        ]

    def _look(
        self, view: View, wanted: list[str], start: int, stop: int, *, is_estimated: bool = False
    ) -> list[fairness.Fairness]:
        steps = view.reach.steps(start, stop, step_of((stop - start) // SECOND, None))
        look = fairness.Looked(
            view.connection, view.reach, view.subject, steps, view.version, is_estimated
        )
        limits = Limits(
            ratio=self.ratio,
            difference=self.difference,
            fewest=self.minimum,
            is_watched=True,
        )
        return [look.at(name, limits) for name in wanted]

    def _found(self, found: list[tuple[str, Criterion]], rows: int) -> Found:
        computed = [each for each in found if each[1].verdict != "not computable"]
        if not computed:
            status = "insufficient_data" if rows else "no_data"
            return nothing(status, f"no two groups have {self.minimum} rows to compare", rows)
        unfair = [each for each in computed if each[1].verdict == "unfair"]
        attribute, worst = max(unfair or computed, key=lambda each: _excess(each[1]))
        detail: dict[str, Any] = {
            "metric": worst.name,
            "attribute": attribute,
            "groups": list(worst.groups or ()),
            "low": worst.low,
            "high": worst.high,
            "threshold": worst.threshold,
            "verdicts": {f"{each.name} of {name}": each.verdict for name, each in computed},
        }
        if not unfair:
            return Found(status="ok", value=worst.value, n=rows, detail=detail)
        more = f", and {len(unfair) - 1} more" if len(unfair) > 1 else ""
        return Found(
            status="breach",
            severity=self.severity or self.breach,
            value=worst.value,
            n=rows,
            reason=f"{_words(attribute, worst)}{more}",
            detail=detail,
        )


def _rows(looked: list[fairness.Fairness]) -> int:
    return max(int(sum(g.predictions for g in each.assessment.groups)) for each in looked)


def _is_believed(view: View, attribute: str, criterion: Criterion) -> bool:
    """Whether it rests on labels, and estimates of what it compares were right so far: of all rows,
    and of the two groups that are furthest apart."""
    if criterion.name not in _FIGURES or criterion.groups is None:
        return False
    segments = ["", *(f"{attribute}={group}" for group in criterion.groups)]
    return all(
        believed(view.of_segment(segment), figure).is_trusted
        for segment in segments
        for figure in _FIGURES[criterion.name]
    )


def _excess(criterion: Criterion) -> float:
    """How far from what is allowed, as a share of it."""
    value = criterion.value or 0.0
    if criterion.name == "disparate_impact":
        return (criterion.threshold - value) / criterion.threshold
    return (value - criterion.threshold) / criterion.threshold


def _words(attribute: str, criterion: Criterion) -> str:
    value, (low, high) = criterion.value or 0.0, criterion.groups or ("", "")
    name = criterion.name.replace("_", " ")
    if criterion.name == "disparate_impact":
        return (
            f"{name} of {attribute}: {low!r} is given {100 * value:.3g} % of what {high!r} is,"
            f" and {100 * criterion.threshold:g} % are wanted"
        )
    return (
        f"{name} of {attribute}: {low!r} and {high!r} are {value:.3g} apart, and"
        f" {criterion.threshold:.3g} is allowed"
    )
