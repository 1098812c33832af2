"""Groups against each other, criterion by criterion."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tidegauge.fairness.amount import Rate
from tidegauge.fairness.criterion import Criterion, Limits, Verdict, difference, ratio
from tidegauge.fairness.group import Group
from tidegauge.performance.moments import Moments


@dataclass(frozen=True, kw_only=True)
class Assessment:
    groups: Sequence[Group]
    criteria: Mapping[str, Criterion] = field(default_factory=dict[str, Criterion])

    @property
    def verdict(self) -> Verdict:
        """Unfair where one of them is, fair where all are that can be computed."""
        found = [each.verdict for each in self.criteria.values()]
        if "unfair" in found:
            return "unfair"
        computed = [each for each in found if each != "not computable"]
        if not computed:
            return "not computable"
        return "fair" if all(each == "fair" for each in computed) else "inconclusive"


def assess(
    groups: Sequence[Group], limits: Limits | None = None, *, favourable: bool = True
) -> Assessment:
    """Of classes: `favourable` says whether the positive one is what people hope for: a loan is,
    to be taken for a fraud is not."""
    own = limits or Limits()

    def chosen(group: Group) -> Rate | None:
        return group.positive_rate(favourable=favourable)

    true, false = Group.true_positive_rate, Group.false_positive_rate
    criteria = [
        ratio("disparate_impact", chosen, groups, own),
        difference("demographic_parity", [chosen], groups, own),
        difference("equal_opportunity", [true], groups, own),
        difference("equalized_odds", [true, false], groups, own),
        difference("predictive_equality", [false], groups, own),
        difference("predictive_parity", [Group.precision], groups, own),
        difference("accuracy_parity", [Group.accuracy], groups, own),
        difference("calibration", [Group.calibration], groups, own),
    ]
    return Assessment(groups=groups, criteria={each.name: each for each in criteria})


def assess_errors(groups: Sequence[Group], limits: Limits | None = None) -> Assessment:
    """Of numbers: how far off they are, and to which side; limits are parts of the standard
    deviation of what was true, of all groups together."""
    own = limits or Limits()
    true = Moments()
    for group in groups:
        true = true.merge(group.errors.true if group.errors else Moments())
    unit = math.sqrt(true.m2 / true.n) if true.n else 1.0
    criteria = [
        difference("error_parity", [Group.mean_absolute_error], groups, own, unit),
        difference("bias_parity", [Group.mean_error], groups, own, unit),
    ]
    return Assessment(groups=groups, criteria={each.name: each for each in criteria})
