"""What is counted of one group: everybody's predictions, and the truth of those who have it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegauge.fairness.amount import Amount, Expected, Mean, Offset, Rate
from tidegauge.performance import Classes, Errors, Figure, Measured

UNKNOWN = ""
"""Rows whose group nobody told."""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    predictions: float
    """With a class or a number, whether or not the truth is known."""
    positives: float = 0.0
    """Of these, as many as were given the positive class."""
    true_positives: float = 0.0
    false_positives: float = 0.0
    true_negatives: float = 0.0
    false_negatives: float = 0.0
    worth: float = 1.0
    """What a row of weight 1 is worth in independent rows."""
    offset: Offset | None = None
    """Of scores that are probabilities of the positive class."""
    errors: Errors | None = None
    """Of predicted numbers."""
    expected: Mapping[str, Figure] = field(default_factory=dict[str, Figure])
    """What its rates are expected to be where that is asked for, and not what labels showed."""

    @classmethod
    def of(
        cls,
        name: str,
        predictions: float,
        positives: float,
        labelled: Measured | None,
        positive: str,
    ) -> "Group":
        """`labelled` is what was measured of those whose truth is known."""
        if not isinstance(labelled, Classes) or not labelled.n:
            return cls(name, predictions, positives)
        hit, true, chosen = labelled.of_class(positive)
        return cls(
            name,
            predictions,
            positives,
            true_positives=hit,
            false_positives=chosen - hit,
            true_negatives=labelled.n - true - chosen + hit,
            false_negatives=true - hit,
            worth=labelled.n / labelled.squares if labelled.squares else 1.0,
            offset=_offset(labelled, positive),
        )

    @property
    def labelled(self) -> float:
        if self.errors is not None:
            return 0.0 if self.expected else self.errors.n
        return (
            self.true_positives + self.false_positives + self.true_negatives + self.false_negatives
        )

    def positive_rate(self, *, favourable: bool = True) -> Rate | None:
        """How many were given the favourable answer: the positive class, or another one."""
        chosen = self.positives if favourable else self.predictions - self.positives
        return self._rate(chosen, self.predictions)

    def true_positive_rate(self) -> Amount | None:
        return self._told("recall", self.true_positives, self.false_negatives)

    def false_positive_rate(self) -> Amount | None:
        passed = self.expected.get("specificity")
        if passed is None:
            return self._told("", self.false_positives, self.true_negatives)
        low, high = (None if end is None else 1 - end for end in (passed.high, passed.low))
        return Expected(Figure(1 - passed.value, low, high, passed.n))

    def precision(self) -> Amount | None:
        return self._told("precision", self.true_positives, self.false_positives)

    def accuracy(self) -> Amount | None:
        right = self.true_positives + self.true_negatives
        return self._told("accuracy", right, self.false_positives + self.false_negatives)

    def calibration(self) -> Offset | None:
        """The mean score less the share that was true."""
        return self.offset

    def mean_absolute_error(self) -> Amount | None:
        return self._error("mae")

    def mean_error(self) -> Amount | None:
        """Predicted minus true: above 0 where too much is said."""
        return self._error("bias")

    def _error(self, name: str) -> Amount | None:
        if name in self.expected:
            return Expected(self.expected[name])
        if self.errors is None:
            return None
        return Mean.of(self.errors.off if name == "mae" else self.errors.error)

    def _told(self, name: str, part: float, rest: float) -> Amount | None:
        if self.expected:
            return Expected(self.expected[name]) if name in self.expected else None
        return self._rate(part, part + rest)

    def _rate(self, part: float, whole: float) -> Rate | None:
        return Rate(part / whole, whole, whole * self.worth) if whole > 0 else None


def _offset(labelled: Classes, positive: str) -> Offset | None:
    moments = labelled.offset(positive)
    mean = None if moments is None else Mean.of(moments.far)
    if moments is None or mean is None:
        return None
    true = moments.true / mean.n
    return Offset(mean, Rate(true, mean.n, mean.worth))
