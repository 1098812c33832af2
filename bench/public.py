"""The public benchmark of drift monitors, through the product: rows in, windows, alarms out.

The benchmark is a folder of its own (`run_batch.py`, `batchgen.py`, `interface.py`).  Each check's
rows become a window in a real catalog, coarser windows are rolled from it, the judge's own `drift`
monitor looks at it every 15 minutes, and an alarm is a reading that is a breach.

    python bench/public.py FOLDER
"""

import importlib
import logging
import sys
import tempfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from product import Product, window
from tidegauge.profile.table import Profile
from tidegauge.window import SECOND, floor
from tidegauge.worker.judge import GRACE

MONDAY = 1_704_067_200 * SECOND
"""The benchmark's time begins on a Monday."""
_MODEL = "model"
_WORLDS = {"iid": "independent rows", "seasonal": "seasons", "hard": "seasons, wander, clusters"}
_HEAD = "| {} | false alarms a model-month | missed | median delay | F1 | right feature first |"
_RULER = "|---|---|---|---|---|---|"
_PROTOTYPE = "recommended rule"
"""As the benchmark calls it."""
OTHERS = [
    "| any of KS p < 0.05, PSI > 0.25, KL > 0.5 | 53 | 67 % | 4.5 | 0.30 | 0.50 |",
    "| two of those three | 0 | 100 % | - | 0 | - |",
    "| KS / chi-squared with Bonferroni over features | 8.3 | 72 % | 11.5 | 0.39 | 1.0 |",
    "| the same, over features and checks | 6.7 | 56 % | 9.5 | 0.57 | 0.63 |",
    "| Evidently's defaults, a feature | 6.7 | 25 % | 25 | 0.81 | 0.78 |",
    "| Evidently's defaults, the data set | 0 | 100 % | - | 0 | - |",
    "| NannyML's JS, mean + 3 sd | 38 | 11 % | 22 | 0.70 | 0.63 |",
    "| the prototype of this rule | 0 | 3 % | 8 | 0.99 | 1.0 |",
]
"""As the benchmark's authors measured them."""


class Tidegauge:
    """As the benchmark's `BatchMonitor`."""

    name = "tidegauge"

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.product = Product(Path(self._folder.name), MONDAY)

    def __deepcopy__(self, _memo: object) -> "Tidegauge":
        found = object.__new__(type(self))
        found._folder = tempfile.TemporaryDirectory()
        found.product = self.product.copied(Path(found._folder.name))
        found._series, found._layout, found.size = self._series, self._layout, self.size
        return found

    def fit(
        self,
        reference: Mapping[str, Any],
        kinds: Mapping[str, str],
        *,
        timestamps: Any,
        check_seconds: int = 900,
        alpha: float = 0.01,
        checks_per_month: int = 2880,
        importance: Mapping[str, float] | None = None,
    ) -> None:
        del checks_per_month, importance
        self.size = check_seconds
        rows = {f"features.{name}": reference[name] for name in kinds}
        checks = (np.asarray(timestamps) // check_seconds).astype(int)
        self.product.watch(
            {
                "name": "drift",
                "kind": "drift",
                "every": f"{check_seconds // 60} min",
                "window": f"{check_seconds // 60} min",
                "one_false_alarm_in_months": 1 / alpha,
            }
        )
        end = MONDAY + (int(checks.max()) + 1) * check_seconds * SECOND
        self._layout = self.product.meet([_MODEL], rows, MONDAY, end)
        self._series = self.product.series()[_MODEL]
        borders = np.searchsorted(checks, np.arange(checks.max() + 2))
        made = [
            self._window({name: each[start:stop] for name, each in rows.items()}, number)
            for number, (start, stop) in enumerate(pairwise(borders))
            if stop > start
        ]
        self.product.commit(made, end)

    def _window(self, rows: Mapping[str, Any], check: int):
        # As the reference's rows are: in the middle of the check.
        middle = MONDAY + (2 * check + 1) * self.size * SECOND // 2
        return window(self._series, floor(middle, 60), Profile.of(rows, self._layout))

    def check(self, window: Mapping[str, Any], t: int) -> dict[str, Any]:
        slot = MONDAY + int(t) * SECOND
        rows = {f"features.{name}": each for name, each in window.items()}
        self.product.commit([self._window(rows, int(t) // self.size - 1)], slot)
        self.product.now = slot + GRACE
        self.product.judge.judge(slot)
        (reading,) = self.product.readings(_MODEL, slot - 1)
        assert reading.status in {"ok", "breach"}, reading
        assert (reading.detail or {})["learned"], reading
        told = (reading.detail or {}).get("features", [])
        return {
            "alarm": reading.status == "breach",
            "features": [each["column"].removeprefix("features.") for each in told],
            "score": (reading.detail or {})["evidence"],
        }


def measure(
    folder: Path, seeds: int = 2, worlds: Sequence[str] = tuple(_WORLDS), rival: str = ""
) -> dict[str, dict[str, Any]]:
    """The benchmark's own summary: of each world and of all of them, and of a rival in all."""
    sys.path.append(str(folder))
    runner = importlib.import_module("run_batch")
    public = importlib.import_module("batchgen").PUBLIC
    monitors = {Tidegauge.name: Tidegauge}
    if rival:
        monitors[rival] = runner.builtin()[rival]
    rows = runner.run(monitors, worlds, public["drifts"], seeds, public["seed0"])
    found = runner.summary(rows)
    told = {world: found[f"{Tidegauge.name} | {world}"] for world in [*worlds, "ALL"]}
    return told | ({rival: found[f"{rival} | ALL"]} if rival else {})


def hard(folder: Path) -> dict[str, dict[str, Any]]:
    """More of the world that is hardest, and the prototype beside."""
    return measure(folder, 8, ["hard"], _PROTOTYPE)


def table(found: dict[str, dict[str, Any]], more: dict[str, dict[str, Any]]) -> str:
    every = found["ALL"]
    lines = [
        f"{every['drifts']} planted drifts and {every['quiet_checks']:,} quiet checks of some 200",
        "rows and 12 columns, every 15 minutes, in a world of independent rows, one with seasons,",
        "and one that wanders and comes in clusters besides.  Rows go in, become windows in a",
        "catalog, and the monitor's breaches come out.  The other rows are as the benchmark's",
        "authors measured them; delays are in checks.",
        "",
        _HEAD.format("rule"),
        _RULER,
        *OTHERS,
        _row("**tidegauge, rows to breaches**", every),
        "",
        _HEAD.format("tidegauge, by world"),
        _RULER,
    ]
    lines += [_row(name, found[world]) for world, name in _WORLDS.items()]
    lines += [
        "",
        f"The last world again, {more['ALL']['drifts']} drifts, and the prototype run beside it:",
        "",
        _HEAD.format("rule"),
        _RULER,
        _row("the prototype of this rule", more[_PROTOTYPE]),
        _row("**tidegauge, rows to breaches**", more["ALL"]),
    ]
    return "\n".join(lines)


def _row(name: str, told: dict[str, Any]) -> str:
    return (
        f"| {name} | {told['false_alarms_per_model_month']:g} | {100 * told['missed']:.0f} % "
        f"| {told['median_delay_checks']:g} | {told['f1']:.2f} | {told['top1']:.2f} |"
    )


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    public = Path(sys.argv[1])
    print(table(measure(public), hard(public)))
