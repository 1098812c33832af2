"""An effect with its interval, against the marks from which on it matters."""

from dataclasses import dataclass

from tidegauge.report.result import Effect
from tidegauge.report.words import amount, interval, limit, title

# An effect forty times the mark would press both marks into the left edge.
_FARTHEST = 4.0


@dataclass(frozen=True, kw_only=True)
class Ruler:
    """Places in percent of the width."""

    value: float
    lower: float
    upper: float
    warning: float
    critical: float
    is_cut: bool
    """The value lies beyond the right end."""
    passes: str
    says: str


def ruler(effect: Effect) -> Ruler:
    last = min(max(effect.upper * 1.1, effect.critical * 1.4), effect.critical * _FARTHEST) or 1.0

    def place(value: float) -> float:
        return round(100 * min(max(value / last, 0.0), 1.0), 1)

    return Ruler(
        value=place(effect.value),
        lower=place(effect.lower),
        upper=place(effect.upper),
        warning=place(effect.warning),
        critical=place(effect.critical),
        is_cut=effect.value > last,
        passes=effect.passes or "none",
        says=(
            f"{title(effect.name)} {amount(effect.name, effect.value)}, "
            f"95 % interval {interval(effect.name, effect.lower, effect.upper)}, "
            f"warning from {limit(effect.name, effect.warning)}, "
            f"critical from {limit(effect.name, effect.critical)}"
        ),
    )
