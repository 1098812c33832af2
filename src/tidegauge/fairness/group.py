"""What is counted of one group: everybody's predictions, and the truth of those who have it."""

from dataclasses import dataclass
from typing import NamedTuple

from tidegauge.performance import Classes

UNKNOWN = ""
"""Rows whose group nobody told."""


class Rate(NamedTuple):
    value: float
    n: float
    """The rows that it is of."""
    worth: float
    """These, in rows that are independent and of one weight."""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    predictions: float
    """With a class, whether or not the truth is known."""
    positives: float
    """Of these, as many as were given the positive class."""
    true_positives: float = 0.0
    false_positives: float = 0.0
    true_negatives: float = 0.0
    false_negatives: float = 0.0
    worth: float = 1.0
    """What a row of weight 1 is worth in independent rows."""

    @classmethod
    def of(
        cls,
        name: str,
        predictions: float,
        positives: float,
        labelled: Classes | None,
        positive: str,
    ) -> "Group":
        """`labelled` is the matrix of those whose truth is known."""
        if labelled is None or not labelled.n:
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
        )

    @property
    def labelled(self) -> float:
        return (
            self.true_positives + self.false_positives + self.true_negatives + self.false_negatives
        )

    def positive_rate(self, *, favourable: bool = True) -> Rate | None:
        """How many were given the favourable answer: the positive class, or another one."""
        chosen = self.positives if favourable else self.predictions - self.positives
        return self._share(chosen, self.predictions)

    def true_positive_rate(self) -> Rate | None:
        return self._share(self.true_positives, self.true_positives + self.false_negatives)

    def false_positive_rate(self) -> Rate | None:
        return self._share(self.false_positives, self.false_positives + self.true_negatives)

    def precision(self) -> Rate | None:
        return self._share(self.true_positives, self.true_positives + self.false_positives)

    def accuracy(self) -> Rate | None:
        return self._share(self.true_positives + self.true_negatives, self.labelled)

    def _share(self, part: float, whole: float) -> Rate | None:
        return Rate(part / whole, whole, whole * self.worth) if whole > 0 else None
