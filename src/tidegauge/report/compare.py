"""Two data sets in, an honest answer out."""

import time as clock
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tidegauge.errors import InputError
from tidegauge.judge.verdict import FALSE_DISCOVERIES, judge
from tidegauge.profile.layout import read_columns
from tidegauge.profile.table import Profile, Progress
from tidegauge.quality import check
from tidegauge.report.feature import Strips, features_of
from tidegauge.report.joint import joint_measurements
from tidegauge.report.report import Report
from tidegauge.report.result import Measurement
from tidegauge.report.since import SAMPLE, spans_of, strips
from tidegauge.rows import Rows, open_rows
from tidegauge.rows.infer import complete, infer_schema
from tidegauge.rows.thin import thinned
from tidegauge.schema import Schema, near

Stage = Callable[[str, int | None], Progress | None]
"""Told of a stage as it begins, with its rows where they are known; may take progress."""


@dataclass(frozen=True)
class _Choice:
    """Which columns are compared, and as what."""

    schema: Schema | Mapping[str, str] | None
    columns: list[str] | None
    ignore: frozenset[str]
    time: str | None

    def of(self, names: Iterable[str]) -> list[str]:
        wanted = None if self.columns is None else set(self.columns)
        return [n for n in names if n not in self.ignore and (wanted is None or n in wanted)]


def compare(  # noqa: PLR0913 - a keyword each, and all have a default
    reference: object,
    current: object,
    *,
    schema: Schema | Mapping[str, str] | None = None,
    columns: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    time: str | None = None,
    importance: Mapping[str, float] | None = None,
    joint: bool = False,
    false_discoveries: float = FALSE_DISCOVERIES,
    now: datetime | None = None,
    names: tuple[str, str] = ("reference", "current"),
    on_stage: Stage | None = None,
) -> Report:
    """Say which columns of `current` have drifted from `reference`, how far, and since when.

    Either is a pandas, polars or Arrow frame, a dict of arrays, the path of a Parquet or CSV
    file, which may be larger than memory, or a `Profile` made before.

    `schema` says what the columns are where the guess is wrong: a whole `Schema`, or a mapping
    from some columns to a kind or role.  `columns` and `ignore` choose; `time` names the column
    that says when a row happened.  `importance` weighs columns in the share that drifted.
    `joint` also measures the joint distribution, over a sample of rows (seconds, not
    milliseconds).  `now` turns on the check that the current rows are fresh.
    """
    started = clock.perf_counter()
    if not 0 < false_discoveries < 1:
        raise InputError(f"false_discoveries must be between 0 and 1, not {false_discoveries}")
    chosen = None if columns is None else list(columns)
    choice = _Choice(schema, chosen, frozenset(ignore), time)
    stage = on_stage or _silent

    old = reference if isinstance(reference, Profile) else open_rows(reference, names[0])
    new = current if isinstance(current, Profile) else open_rows(current, names[1])
    before = old if isinstance(old, Profile) else _reference(old, new, choice, stage)
    if isinstance(new, Profile):
        after = new
    else:
        after = Profile.of(new, before.layout, progress=stage(f"reading {new.name}", new.count))
    stage("judging", None)
    verdicts = judge(before, after, false_discoveries)
    found_strips: Strips = {}
    dataset: list[Measurement] = []
    if not isinstance(old, Profile) and not isinstance(new, Profile):
        found_strips = _strips(old, new, before)
        if joint:
            stage("measuring the joint distribution", None)
            dataset = joint_measurements(old, new, before)
    elif joint:
        raise InputError("the joint distribution is measured over rows; give rows, not a profile")
    return Report(
        reference_name=names[0] if isinstance(old, Profile) else old.name,
        current_name=names[1] if isinstance(new, Profile) else new.name,
        reference_rows=before.rows,
        current_rows=after.rows,
        features=features_of(before, after, verdicts, found_strips),
        findings=check(before, after, choice.of(_columns(old)), choice.of(_columns(new)), now),
        dataset=dataset,
        importance=dict(importance or {}),
        false_discoveries=false_discoveries,
        schema=before.layout.schema,
        created_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        elapsed_s=round(clock.perf_counter() - started, 3),
    )


def _silent(_name: str, _rows: int | None) -> None:
    """Nobody asked."""


def _columns(side: Rows | Profile) -> list[str]:
    return side.layout.schema.names if isinstance(side, Profile) else side.columns


def _reference(old: Rows, new: Rows | Profile, choice: _Choice, stage: Stage) -> Profile:
    if isinstance(new, Profile):
        return Profile.of(old, new.layout, progress=stage(f"reading {old.name}", old.count))
    known = _schema(old, new, choice)
    for name in [*(choice.columns or ()), *choice.ignore]:
        if name not in known and name not in new.columns:
            raise InputError(f"no column {name!r}{near(name, known.names)}")
    there = set(new.columns)
    common = {name for name in choice.of(known.names) if name in there}
    if not common:
        raise InputError(
            f"{old.name} and {new.name} have no column in common to compare "
            f"({_some(old.columns)} against {_some(new.columns)})"
        )
    kept = Schema(tuple(column for column in known if column.name in common))
    return Profile.of(old, schema=kept, progress=stage(f"reading {old.name}", old.count))


def _schema(old: Rows, new: Rows, choice: _Choice) -> Schema:
    if isinstance(choice.schema, Schema):
        known = choice.schema
        for column in known:
            if column.name not in old.columns:
                raise InputError(
                    f"{old.name}: the schema's column {column.name!r} is not there"
                    f"{near(column.name, old.columns)}"
                )
    else:
        known = infer_schema(old)
        if any(column.kind == "empty" for column in known):
            known = complete(known, infer_schema(new))
        known = known.edit(choice.schema or {})
    return known.edit({choice.time: "time"}) if choice.time else known


def _strips(old: Rows, new: Rows, before: Profile) -> Strips:
    time = before.layout.schema.time
    if time is None:
        return {}
    names = [column.name for column in read_columns(before.layout.schema)]
    samples = thinned(old, names, SAMPLE), thinned(new, names, SAMPLE)
    spans = spans_of(*samples, time)
    return strips(before, samples, spans) if spans else {}


def _some(names: list[str]) -> str:
    return ", ".join(map(repr, names[:4])) + (", …" if len(names) > 4 else "")
