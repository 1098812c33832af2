"""The profile of a reference, by bins of its own, and its way into the catalog."""

from dataclasses import replace
from typing import Final

import numpy as np
from sqlalchemy import Connection

from tidegauge.arrow import Table
from tidegauge.catalog import baselines, layouts, models, schemas
from tidegauge.catalog.baselines import Baseline, Source
from tidegauge.profile.codec import encode
from tidegauge.profile.hashing import hash_texts
from tidegauge.profile.layout import Layout
from tidegauge.profile.table import Profile
from tidegauge.profile.weight import Counting
from tidegauge.reference.counted import frame_of, schema_of
from tidegauge.reference.task import task_of
from tidegauge.rows.frame import Frame
from tidegauge.schema import Schema

EDITED: Final = "set by you"
"""As `Schema.edit` says why."""
MOST: Final = 200_000
"""Rows that a reference is made of: a sample of more, the same whatever order they came in."""


def profile_of_table(table: Table, before: Schema | None = None) -> Profile:
    """Of logged rows; `before` is what the model's columns were taken for until now."""
    frame = frame_of(sample_of(table))
    return profile_of(frame, with_edits(schema_of(frame), before))


def with_edits(found: Schema, before: Schema | None) -> Schema:
    """What people have said of columns holds for every reference after it."""
    edited = {column.name: column for column in before or () if column.why == EDITED}
    return Schema(tuple(edited.get(column.name, column) for column in found))


def profile_of(frame: Frame, schema: Schema) -> Profile:
    there = set(frame.columns)
    schema = Schema(tuple(column for column in schema if column.name in there))
    fitted = Profile.of(frame, schema=schema)
    # Equal inputs are honest repeats of live rows: to remember them is not worth its room.
    return Profile.of(frame, replace(fitted.layout, repeats=0))


def sample_of(table: Table, most: int = MOST) -> Table:
    """Some rows, chosen by their ids."""
    if table.num_rows <= most:
        return table
    ids = table["prediction_id"].combine_chunks().cast("large_string")
    return table.take(np.sort(np.argpartition(hash_texts(ids), most)[:most]))


def body_of(layout: Layout) -> bytes:
    """A layout as bytes: an empty profile that has it."""
    return encode(Profile.counted(Counting(layout)))


def adopt(  # noqa: PLR0913 - a reference says all of this
    connection: Connection,
    model: int,
    profile: Profile,
    *,
    source: Source,
    name: str,
    first_at: int,
    last_at: int | None,
    at: int,
    by: str,
    why: str,
    file: str | None = None,
    version: str | None = None,
    labelled: int | None = None,
    truth: bytes | None = None,
) -> Baseline:
    """From now on the model's rows are compared with these."""
    task = task_of(profile)
    if task is not None:
        models.guess(connection, model, task)
    layout = layouts.ensure(connection, model, body_of(profile.layout), at)
    before = schemas.latest(connection, [model]).get(model)
    if before is None or before.schema != profile.layout.schema:
        schemas.add(connection, model, profile.layout.schema, at=at, by=by, why=why)
    return baselines.add(
        connection,
        Baseline(
            model=model,
            source=source,
            layout=layout.id,
            profile=encode(profile, with_layout=False),
            rows=profile.rows,
            name=name,
            first_at=first_at,
            last_at=last_at,
            created_at=at,
            created_by=by,
            why=why,
            file=file,
            version=version,
            labelled=labelled,
            truth=truth,
        ),
    )
