"""When a number is a breach: beyond a limit, or too far from what it was.

>>> Condition(max=100, severity="medium").judge(112.0, None)
'112 is above 100'
>>> Condition(change="10 %", severity="high").judge(112.0, 100.0, "reference")
'112 is 12 % above 100 (reference), and 10 % are allowed'
>>> Condition(absolute_change=0.05, direction="down", severity="high").judge(0.99, 0.95) is None
True
"""

import math
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from pydantic import AliasChoices, BeforeValidator, Field, WithJsonSchema, model_validator

from tidegauge.monitor.against import AnyAgainst
from tidegauge.monitor.part import Part
from tidegauge.monitor.severity import AnySeverity

_KINDS: Final = ("max", "min", "change", "absolute_change")
_TINY: Final = 1e-12
Explained = Callable[[float, float], bool]
"""May a value be there by chance, where the true one is so?"""


def _share(told: object) -> object:
    """ "10 %" and 0.1 are one."""
    if isinstance(told, str) and told.strip().endswith("%"):
        try:
            return float(told.strip().removesuffix("%")) / 100
        except ValueError:
            raise ValueError(f"{told!r} is no percentage") from None
    return told


_SHARE_SCHEMA: Final[dict[str, Any]] = {
    "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\s*[\d.]+\s*%$"}]
}
Share = Annotated[
    float, BeforeValidator(_share), Field(gt=0, allow_inf_nan=False), WithJsonSchema(_SHARE_SCHEMA)
]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Condition(Part):
    """One of `max`, `min`, `change` (a share of the baseline), `absolute_change`."""

    max: Finite | None = None
    min: Finite | None = None
    change: Annotated[
        Share | None, Field(description="As '10 %' or 0.1, of what it is compared with.")
    ] = None
    absolute_change: Annotated[Finite | None, Field(gt=0)] = None
    against: Annotated[
        AnyAgainst | None,
        Field(
            validation_alias=AliasChoices("against", "compare_to"),
            description="Unsaid: the reference, or for what has none 'last 7 d'.",
        ),
    ] = None
    direction: Literal["up", "down", "both"] = "both"
    severity: AnySeverity = "medium"

    @model_validator(mode="after")
    def _is_one(self) -> "Condition":
        told = [name for name in _KINDS if getattr(self, name) is not None]
        if len(told) != 1:
            raise ValueError(f"give one of {', '.join(_KINDS)}; this has {len(told)}")
        return self

    @property
    def is_relative(self) -> bool:
        return self.change is not None or self.absolute_change is not None

    def judge(
        self,
        value: float,
        before: float | None,
        name: str = "before",
        by_chance: Explained | None = None,
    ) -> str | None:
        """Why it is a breach; None where it is none.  `name` is what `before` is.

        What is compared must be further away than chance alone would take it; a limit is a limit.
        """
        if self.max is not None:
            return f"{value:.4g} is above {self.max:g}" if value > self.max else None
        if self.min is not None:
            return f"{value:.4g} is below {self.min:g}" if value < self.min else None
        if before is None:
            return None
        moved = value - before
        if (self.direction == "up" and moved <= 0) or (self.direction == "down" and moved >= 0):
            return None
        side = "above" if moved > 0 else "below"
        if self.absolute_change is not None:
            if abs(moved) <= self.absolute_change or _is_chance(
                value, before + math.copysign(self.absolute_change, moved), by_chance
            ):
                return None
            return (
                f"{value:.4g} is {abs(moved):.4g} {side} {before:.4g} ({name}), and"
                f" {self.absolute_change:g} are allowed"
            )
        assert self.change is not None  # noqa: S101 - it is one of four
        share = abs(moved) / abs(before) if abs(before) > _TINY else math.inf
        allowed = before + math.copysign(self.change * abs(before), moved)
        if share <= self.change or abs(moved) <= _TINY or _is_chance(value, allowed, by_chance):
            return None
        told = f"{share:.3g} times" if share > 10 else f"{100 * share:.3g} %"
        return (
            f"{value:.4g} is {told} {side} {before:.4g} ({name}), and"
            f" {100 * self.change:g} % are allowed"
        )


def _is_chance(value: float, allowed: float, by_chance: Explained | None) -> bool:
    """Whether it might be there with what is allowed and no more."""
    return by_chance is not None and by_chance(value, allowed)
