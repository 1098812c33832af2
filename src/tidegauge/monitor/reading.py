"""A reading: what one monitor found in one slot."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tidegauge.monitor.severity import Severity

Status = Literal[
    "ok", "breach", "insufficient_data", "no_data", "not_applicable", "error", "skipped"
]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a look at some windows came to; a number is there and finite, or None."""

    status: Status
    severity: Severity | None = None
    """Of a breach."""
    value: float | None = None
    n: int = 0
    reason: str = ""
    """In words: why it is a breach, or why there is no value."""
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"a reading's value is {self.value}")
        if (self.status == "breach") != (self.severity is not None):
            raise ValueError("a breach has a severity, and nothing else has")


@dataclass
class Memory:
    """What a monitor keeps of a target from slot to slot."""

    rule: bytes | None = None
    """What was learned; seldom made anew."""
    state: bytes | None = None


def nothing(status: Status, reason: str, n: int = 0) -> Found:
    return Found(status=status, reason=reason, n=n)
