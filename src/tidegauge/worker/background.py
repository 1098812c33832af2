"""Usual rows: a few of those that a reference was made of, the same whenever they are asked for."""

from typing import Final

from tidegauge.arrow import Table, pa, pc
from tidegauge.catalog import Catalog, schemas
from tidegauge.catalog.baselines import Baseline
from tidegauge.catalog.models import Model
from tidegauge.errors import InputError
from tidegauge.record.columns import place
from tidegauge.reference.counted import frame_of
from tidegauge.rows.frame import arrow_of
from tidegauge.series import sampling
from tidegauge.series.apart import rows_apart
from tidegauge.series.rows import Source
from tidegauge.store import Store
from tidegauge.store.copied import copied
from tidegauge.window import DAY, SECOND

ROWS: Final = 100


def usual(source: Source, store: Store, model: Model, baseline: Baseline) -> Table:
    """A column for each feature, by its bare name."""
    if baseline.file is not None:
        schema = schema_of(source.catalog, model)
        with copied(store, baseline.file) as path:
            return features_of(rows_apart(path, schema, ROWS))
    start, stop = baseline.first_at, (baseline.last_at or baseline.first_at) + 1
    if baseline.source == "provisional":
        # Of the very first rows it knows when they came.
        start -= DAY * SECOND
    held = source.held(model, first_at=start, last_at=stop)
    names = sampling.columns(store, held)
    read = sampling.read(store, held, names, [(start, stop)])
    version = baseline.version
    found, _count = sampling.sampled(
        (each.filter(pc.equal(each["model_version"], version)) for each in read)
        if version
        else read,
        ROWS,
    )
    if found is None:
        raise InputError("no rows of the reference are kept, against which others are explained")
    return features_of(found)


def features_of(table: Table) -> Table:
    frame = frame_of(table)
    named = {place(name)[2] or "": name for name in frame.columns if place(name)[0] == "features"}
    return pa.table({bare: arrow_of(frame[name]) for bare, name in named.items()})


def schema_of(catalog: Catalog, model: Model) -> schemas.Schema | None:
    with catalog.read() as connection:
        found = schemas.latest(connection, [model.id]).get(model.id)
    return found.schema if found else None
