"""What a row of a slice has in one column: a value, a number in a range, or nothing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Condition:
    """
    >>> print(Condition("plan", value="free"))
    plan=free
    >>> print(Condition("age", low=30, high=40))
    30 < age <= 40
    """

    column: str
    value: str | None = None
    low: float | None = None
    """Above it; with `high`, up to which."""
    high: float | None = None
    is_missing: bool = False

    def __str__(self) -> str:
        if self.is_missing:
            return f"{self.column} is missing"
        if self.value is not None:
            return f"{self.column}={self.value}"
        if self.low is None:
            return f"{self.column} <= {self.high:.6g}"
        if self.high is None:
            return f"{self.column} > {self.low:.6g}"
        return f"{self.low:.6g} < {self.column} <= {self.high:.6g}"


def words(conditions: tuple[Condition, ...]) -> str:
    return " and ".join(map(str, conditions))
