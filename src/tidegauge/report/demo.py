"""Two weeks of a loan model's inputs, made up, with faults planted in the second."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from tidegauge.arrow import Table, pa
from tidegauge.errors import InputError

PLANTED = (
    "income arrives in thousands from Thursday noon on",
    "a partner sends a plan that did not exist: 'family-plus'",
    "employment_years is missing for every eighth applicant",
    "applicants are older, by a third of a standard deviation",
    "answers to loan_purpose are more than twice as long",
)
_ROWS = 40_000
_START = datetime(2026, 3, 2, tzinfo=UTC)
_PHRASES = (
    "a new roof", "to pay back two cards", "a used car for work", "our wedding",
    "tools for my workshop", "a bathroom for my mother", "moving to another city",
)  # fmt: skip


def write_demo(folder: Path) -> tuple[Path, Path]:
    """The paths of both files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write to {str(folder)!r}: {error.strerror}") from error
    paths = folder / "last_week.parquet", folder / "this_week.parquet"
    for week, path in enumerate(paths):
        pq.write_table(_week(week), path)
    return paths


def _week(week: int) -> Table:
    rng = np.random.default_rng(week)
    is_later = week == 1
    minutes = np.sort(rng.uniform(0, 7 * 24 * 60, _ROWS))
    age = np.clip(rng.normal(41 + 4 * is_later, 12, _ROWS), 18, 90)
    income = np.exp(rng.normal(10.4, 0.5, _ROWS)) * (0.6 + age / 100)
    income[(minutes > 3.5 * 24 * 60) & is_later] /= 1000
    plans = ["basic", "plus", "family", *(["family-plus"] if is_later else [])]
    shares = [0.5, 0.3, 0.14, 0.06] if is_later else [0.5, 0.3, 0.2]
    years = rng.gamma(2, 3, _ROWS)
    years[(np.arange(_ROWS) % 8 == 0) & is_later] = np.nan
    purposes = rng.choice(_PHRASES, (_ROWS, 2))
    amounts = rng.integers(500, 30_000, _ROWS).tolist()
    score = 1 / (
        1
        + np.exp(
            -(0.02 * (age - 40) - 0.1 * np.nan_to_num(years, nan=5.0) + rng.normal(0, 1, _ROWS))
        )
    )
    return pa.table(
        {
            "timestamp": [_START + timedelta(days=7 * week, minutes=m) for m in minutes.tolist()],
            "application_id": [f"a{week}-{i:06d}" for i in range(_ROWS)],
            "age": age,
            "income": income,
            "employment_years": pa.array(years, from_pandas=True),
            "plan": rng.choice(plans, _ROWS, p=shares),
            "region": rng.choice(["north", "south", "east", "west"], _ROWS, p=[0.4, 0.3, 0.2, 0.1]),
            "open_accounts": rng.poisson(3, _ROWS),
            "has_mortgage": rng.random(_ROWS) < 0.35,
            "loan_purpose": [
                f"{euros} euros for {first}" + (f", and also {second}" if is_later else "")
                for euros, (first, second) in zip(amounts, purposes.tolist(), strict=True)
            ],
            "prediction_score": score,
        }
    )
