"""One fact about data quality, with the reference's own level as its measure."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["warning", "critical"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    check: str
    column: str | None
    """None for a fact about whole rows or the data set."""
    severity: Severity
    message: str
    reference: float | None = None
    current: float | None = None
