"""Watch where a number is going: told before it reaches a limit, by the line through its past."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field, model_validator

from tidegauge.arrays import Floats
from tidegauge.monitor.base import Base
from tidegauge.monitor.condition import Finite
from tidegauge.monitor.duration import Duration, text_of
from tidegauge.monitor.metric import Metric
from tidegauge.monitor.reading import Found, nothing
from tidegauge.monitor.replay import Replay, Stateless
from tidegauge.monitor.severity import AnySeverity
from tidegauge.monitor.view import View
from tidegauge.series.memory import Memory
from tidegauge.window import DAY, HOUR, SECOND

_FEWEST = 8
_MOST = 400
_SURE = 3.0
"""Standard errors by which the slope must differ from none."""


class Line(NamedTuple):
    now: float
    """Its height at the end."""
    slope: float
    """A step."""
    error: float
    """Of the slope."""


class Trend(Base):
    """A limit that a number will reach soon if it goes on as it does."""

    kind: Literal["trend"] = "trend"
    metric: Annotated[str, Field(description="As of the kind `metric`.")]
    column: str | None = None
    limit: Finite
    within: Annotated[Duration, Field(description="How soon is soon.")] = DAY
    over: Annotated[Duration, Field(description="The past that the line goes through.")] = DAY
    window: Annotated[Duration, Field(description="The span of each point.")] = HOUR
    breach: AnySeverity = "medium"

    @model_validator(mode="after")
    def _is_line(self) -> "Trend":
        if not _FEWEST <= self.over / self.window <= _MOST:
            of = text_of(self.window)
            raise ValueError(f"`over` must be {_FEWEST} to {_MOST} windows of {of}")
        self._metric()
        return self

    def _metric(self) -> Metric:
        return Metric.model_validate(
            {
                "name": self.name,
                "metric": self.metric,
                "column": self.column,
                "window": self.window,
                "min_rows": self.min_rows,
                "conditions": [{"max": self.limit}],
            }
        )

    def read(self, view: View) -> Found:
        return self._read(view, self._metric().read)

    def replay(self, view: View) -> Replay:
        """Slots one after another share most of their points."""
        del view
        read = self._metric().read

        def readings(views: Iterable[View]) -> Iterator[Found]:
            points: Memory[int, Found] = Memory(2 * _MOST)
            for each in views:
                yield self._read(each, lambda at: points.get(at.slot, partial(read, at)))

        return Stateless(readings)

    def _read(self, view: View, read: Callable[[View], Found]) -> Found:
        values, rows = list[float](), 0
        for back in range(self.over // self.window - 1, -1, -1):
            found = read(view.at(view.slot - back * self.window * SECOND))
            if found.status == "not_applicable":
                return found
            rows += found.n
            if found.value is not None and found.status in ("ok", "breach"):
                values.append(found.value)
            else:
                values.append(np.nan)
        points = np.array(values)
        told = int(np.isfinite(points).sum())
        if told < _FEWEST:
            reason = f"{told} windows tell {self.metric}, and {_FEWEST} are wanted"
            return nothing("insufficient_data", reason, rows)
        return self._judged(line_of(points), rows)

    def _judged(self, line: Line, rows: int) -> Found:
        detail = {"slope_per_hour": line.slope * HOUR / self.window, "now": line.now}
        away = self.limit - line.now
        is_certain = abs(line.slope) > _SURE * line.error
        if away * line.slope <= 0 or not is_certain:
            return Found(status="ok", value=line.now, n=rows, detail=detail)
        seconds = away / line.slope * self.window
        detail["reaches_in_seconds"] = seconds
        if seconds > self.within:
            return Found(status="ok", value=line.now, n=rows, detail=detail)
        return Found(
            status="breach",
            severity=self.severity or self.breach,
            value=line.now,
            n=rows,
            reason=f"{self.metric} is {line.now:.4g} and reaches {self.limit:g} in about"
            f" {seconds / HOUR:.1f} h",
            detail=detail,
        )


def line_of(points: Floats) -> Line:
    """The straight line through evenly spaced points, gaps left out."""
    at = np.flatnonzero(np.isfinite(points))
    x, y = at - (len(points) - 1.0), points[at]
    mean_x, mean_y = x.mean(), y.mean()
    spread = float(((x - mean_x) ** 2).sum())
    slope = float(((x - mean_x) * (y - mean_y)).sum()) / spread
    left = y - mean_y - slope * (x - mean_x)
    # What a point owes to the one before makes the line less certain than its scatter says.
    size = float((left**2).sum())
    kept = float((left[1:] * left[:-1]).sum()) / size if size > 0 else 0.0
    stretch = (1 + max(kept, 0.0)) / (1 - min(max(kept, 0.0), 0.9))
    error = (size / max(len(y) - 2, 1) / spread * stretch) ** 0.5
    return Line(float(mean_y - slope * mean_x), slope, error)
