"""A log, a catalog and a store in one folder, with a worker on them."""

import dataclasses
import random
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

import orjson

from tidegauge.catalog import (
    Catalog,
    id_runs,
    models,
    parts,
    progress,
    series,
    signals,
    tails,
    windows,
)
from tidegauge.ingest.accept import accept
from tidegauge.ingest.request import ARROW, Request
from tidegauge.log import Batch, LocalLog, LogReader, Position
from tidegauge.record.columns import place, to_stream, to_table
from tidegauge.record.fields import KINDS
from tidegauge.reference.fit import adopt, profile_of_table
from tidegauge.store import LocalStore, scan
from tidegauge.tail.decode import stamped
from tidegauge.window import MINUTE, RESOLUTIONS, SECOND
from tidegauge.worker.loop import Settings, Worker

START = 1_790_000_040 * SECOND - (1_790_000_040 * SECOND) % (3600 * SECOND)
"""On the hour."""
MINUTES = MINUTE * SECOND


class Case:
    def __init__(self, folder, url=None):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.url = url or f"sqlite:///{folder}/catalog.db"
        self.log = LocalLog(folder / "log", cap=64 << 20, segment=1 << 20)
        self.catalog = Catalog.open(self.url)
        self.store = LocalStore(folder / "store")
        self._reader = LogReader(folder / "log")
        self._worker = None

    def pin(self, name, records, *, segments=()):
        """A reference made by hand, so that bins do not depend on what comes first."""
        table = stamped(to_table([{"model_id": name, **record} for record in records]), START)
        profile = profile_of_table(table)

        def made(connection):
            model = models.ensure(connection, "default", [name], START)[name]
            if segments:
                models.change(connection, model.id, model.revision, START, segments=list(segments))
            adopt(
                connection,
                model.id,
                profile,
                source="upload",
                name="by hand",
                first_at=START,
                last_at=START,
                at=START,
                by="test",
                why="test",
            )

        self.catalog.write(made)
        return profile.layout

    def send(self, records, at, *, kind="predictions", as_arrow=False, history=False, clock=None):
        """As web ingest does it."""
        if as_arrow:
            body, media = to_stream(to_table(records, KINDS[kind])), ARROW
        else:
            body, media = orjson.dumps(_said(records)), "application/json"
        verdict = accept(Request(kind=kind, media=media, body=body, now=at), {})
        assert not verdict.errors, verdict.errors
        pieces = verdict.pieces
        if history:
            pieces = tuple(dataclasses.replace(piece, kind="history") for piece in pieces)
        batch = Batch(
            tenant="default", at=at, pieces=pieces, batch_id=uuid.uuid4().hex, clock=clock
        )
        return self.log.append(batch).result()

    @property
    def worker(self):
        if self._worker is None:
            settings = Settings(ids=self.folder / "ids", pinned=1000)
            self._worker = Worker(self.catalog, self._reader, self.store, settings)
        return self._worker

    def restart(self):
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def count(self):
        """Everything that is in the log."""
        while self.worker.turn():
            pass
        self.worker.commit()

    def write_parts(self):
        """All that is counted, whatever its age."""
        self.worker._tails.write_due(self.worker._position, self.worker._at, everything=True)
        self.worker._tails.wait()
        self.worker.commit()

    def model(self, name, tenant="default"):
        with self.catalog.read() as connection:
            return models.by_name(connection, tenant, name)

    def windows(self, name, resolutions=RESOLUTIONS):
        """Each window's rows, traffic and profile, as bytes."""
        found = {}
        with self.catalog.read() as connection:
            model = models.by_name(connection, "default", name)
            for each in series.of(connection, model.id):
                for resolution in resolutions:
                    for window in windows.between(connection, [each.id], resolution, 0, 1 << 62):
                        key = each.version, each.segment, resolution, window.start
                        found[key] = window.rows, window.traffic, window.profile
        return found

    def kept_windows(self, name):
        """Without those that are too old, and go with some later commit."""
        floors = self.worker._rolled.frontier(self.worker._at).floors
        found = self.windows(name)
        return {key: value for key, value in found.items() if key[3] >= floors[key[2]]}

    def signals(self, name):
        with self.catalog.read() as connection:
            model = models.by_name(connection, "default", name)
            found = Counter()
            for each in signals.of(connection, model.id, 0, 1 << 62):
                found[each.code, each.subject] += each.rows
            return found

    def details(self, name, code):
        with self.catalog.read() as connection:
            model = models.by_name(connection, "default", name)
            found = signals.of(connection, model.id, 0, 1 << 62)
            return [each.detail for each in found if each.code == code]

    def rows(self, name, kind="predictions"):
        """What is in parts."""
        with self.catalog.read() as connection:
            model = models.by_name(connection, "default", name)
            live = parts.live(connection, model.id, kind)
        found = scan(self.store, live).to_pylist() if live else []
        return [_plainly(row) for row in found]

    def progress(self):
        with self.catalog.read() as connection:
            return progress.get(connection, "worker")

    def tails(self):
        with self.catalog.read() as connection:
            return tails.all(connection)

    def id_files(self):
        with self.catalog.read() as connection:
            return id_runs.all(connection)

    def position(self):
        return Position.parse(self.progress().position)

    def close(self):
        self.restart()
        self._reader.close()
        self.log.close()
        self.catalog.close()


def _plainly(row):
    """What was said, whatever columns it is kept in beside others."""
    said = {}
    for column, value in row.items():
        field, _variant, member = place(column)
        if value is not None:
            said[field if member is None else f"{field}.{member}"] = value
    return dict(sorted(said.items()))


def _said(records):
    """Times as people write them."""
    return [
        record | {"timestamp": rfc3339(record["timestamp"])}
        if isinstance(record.get("timestamp"), int)
        else record
        for record in records
    ]


def rfc3339(at):
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
    return moment.isoformat(timespec="microseconds")


def prediction(chance: random.Random, number, *, model="m", at=START, **more):
    """A believable one."""
    record = {
        "model_id": model,
        "prediction_id": f"{model}-{number}",
        "timestamp": at,
        "features": {
            "amount": round(chance.lognormvariate(3, 1), 2),
            "plan": chance.choice(["free", "pro", "team"]),
            "age": chance.randrange(18, 90),
            "is_new": chance.random() < 0.3,
        },
        "prediction_label": chance.choice(["yes", "no"]),
        "prediction_score": round(chance.random(), 3),
        "prediction_latency_ms": round(chance.lognormvariate(2, 0.5), 3),
    }
    if chance.random() < 0.1:
        del record["features"]["age"]
    return record | more
