"""The answer of `compare`: it prints, shows itself in a notebook, and turns into JSON or a page."""

import io
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from tidegauge.arrow import Table, pa
from tidegauge.errors import InputError
from tidegauge.judge.effects import MARKS
from tidegauge.report.advice import recommendation
from tidegauge.report.result import Feature, Finding, Measurement, Strip
from tidegauge.schema import Schema, near
from tidegauge.version import VERSION

FORMAT = 1
"""The version of the JSON form."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What `compare` found.  It prints, shows itself in a notebook, and is plain data within."""

    reference_name: str
    current_name: str
    reference_rows: int
    current_rows: int
    features: list[Feature]
    """The judged columns, those that drifted first."""
    findings: list[Finding]
    """What is wrong with the quality of the data."""
    dataset: list[Measurement]
    """Methods over rows, where `joint` was asked for."""
    importance: Mapping[str, float]
    false_discoveries: float
    schema: Schema
    created_at: str
    elapsed_s: float
    version: str = VERSION

    def __getitem__(self, name: str) -> Feature:
        for feature in self.features:
            if feature.name == name:
                return feature
        raise InputError(f"no judged column {name!r}{near(name, [f.name for f in self.features])}")

    @property
    def drifted(self) -> bool:
        """Whether any column drifted: significantly, and by enough to matter."""
        return any(feature.drifted for feature in self.features)

    @cached_property
    def drifted_features(self) -> list[str]:
        return [feature.name for feature in self.features if feature.drifted]

    @property
    def judged(self) -> list[Feature]:
        return [feature for feature in self.features if feature.status in ("ok", "breach")]

    @property
    def status(self) -> Literal["drift_detected", "no_drift", "insufficient_data"]:
        if self.drifted:
            return "drift_detected"
        return "no_drift" if self.judged else "insufficient_data"

    @property
    def drifted_share(self) -> float:
        """The share of judged columns that drifted, weighted by importance where it is given."""
        weights = {f.name: self.importance.get(f.name, 0.0) for f in self.judged}
        if not self.importance or sum(weights.values()) <= 0:
            weights = dict.fromkeys(weights, 1.0)
        total = sum(weights.values())
        return sum(weights[name] for name in self.drifted_features) / total if total else 0.0

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        judged, drifted = len(self.judged), len(self.drifted_features)
        if not judged:
            return "No column could be judged"
        if not drifted:
            return f"None of {judged} columns drifted"
        critical = sum(feature.severity == "critical" for feature in self.features)
        grave = f", {critical} of them critically" if critical else ""
        return f"{drifted} of {judged} columns drifted{grave}"

    @property
    def strip(self) -> Strip | None:
        """The furthest that any column was, span by span; None without a time column."""
        strips = [feature.strip for feature in self.features if feature.strip]
        if not strips:
            return None
        spans = zip(*(strip.levels for strip in strips), strict=True)
        levels = [[level for level in span if level is not None] for span in spans]
        return replace(strips[0], levels=[max(span) if span else None for span in levels])

    @property
    def recommendation(self) -> str:
        critical = sum(feature.severity == "critical" for feature in self.features)
        return recommendation(
            len(self.drifted_features), len(self.judged), critical, self.drifted_share
        )

    @property
    def rule(self) -> dict[str, float]:
        """The numbers that the verdict rests on."""
        marks = {
            f"{name}_{level}": getattr(mark, level)
            for name, mark in MARKS.items()
            for level in ("warning", "critical")
        }
        return {"false_discoveries": self.false_discoveries, **marks}

    def to_dict(self) -> dict[str, Any]:
        """Everything, as values that JSON has; no number is NaN or infinite."""
        found: dict[str, Any] = {
            "format": FORMAT,
            "tidegauge": self.version,
            "created_at": self.created_at,
            "elapsed_s": self.elapsed_s,
            "status": self.status,
            "drifted": self.drifted,
            "sentence": self.sentence,
            "recommendation": self.recommendation,
            "drifted_features": self.drifted_features,
            "drifted_share": self.drifted_share,
            "reference": {"name": self.reference_name, "rows": self.reference_rows},
            "current": {"name": self.current_name, "rows": self.current_rows},
            "rule": self.rule,
            "features": [asdict(feature) for feature in self.features],
            "quality": [asdict(finding) for finding in self.findings],
            "dataset": [asdict(measurement) for measurement in self.dataset],
            "schema": [asdict(column) for column in self.schema],
        }
        return _plain(found)

    def to_json(self, path: str | Path | None = None, *, indent: int | None = 2) -> str:
        """The same as text, and written to a file if one is named."""
        text = json.dumps(self.to_dict(), indent=indent, ensure_ascii=False, allow_nan=False)
        return _written(text + "\n", path)

    def to_html(self, path: str | Path | None = None) -> str:
        """One page that needs nothing else, and written to a file if one is named."""
        from tidegauge.report.html import render  # noqa: PLC0415 - the template engine is slow

        return _written(render(self), path)

    def to_table(self) -> Table:
        """A row a column, as an Arrow table: `.to_pandas()` or `polars.from_arrow` go on."""
        return pa.Table.from_pylist([_row(feature) for feature in self.features])

    def to_frame(self) -> Any:  # noqa: ANN401 - pandas is not a dependency
        """A row a column, as a pandas frame; without pandas as an Arrow table."""
        try:
            return self.to_table().to_pandas()
        except ImportError:
            return self.to_table()

    def plot(self, name: str) -> "Report":
        """The report on one column alone, which shows itself in a notebook."""
        findings = [finding for finding in self.findings if finding.column == name]
        return replace(self, features=[self[name]], findings=findings, dataset=[])

    def _repr_html_(self) -> str:
        from tidegauge.report.html import render  # noqa: PLC0415 - the template engine is slow

        return render(self, fragment=True)

    def __repr__(self) -> str:
        return f"<Report: {self.sentence}>"

    def __str__(self) -> str:
        from rich.console import Console  # noqa: PLC0415 - for those who print

        from tidegauge.report.terminal import render  # noqa: PLC0415

        text = io.StringIO()
        console = Console(file=text, width=100, color_system=None)
        console.print(render(self, width=100))
        return text.getvalue()


def _row(feature: Feature) -> dict[str, object]:
    effects = {effect.name: effect.value for effect in feature.effects}
    return {
        "column": feature.name,
        "kind": feature.kind,
        "status": feature.status,
        "drifted": feature.drifted,
        "severity": feature.severity,
        "p_value": feature.p_value,
        "adjusted_p_value": feature.adjusted_p_value,
        **{name: effects.get(name) for name in MARKS},
        "since": feature.since,
        "what": feature.what,
    }


def _written(text: str, path: str | Path | None) -> str:
    if path is not None:
        try:
            Path(path).write_text(text, encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot write {str(path)!r}: {error.strerror}") from error
    return text


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of JSON
    """Tuples as lists; a number that JSON does not have as null."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
