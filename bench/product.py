"""Models in a real catalog, and the judge on it: rows become windows as the worker makes them, and
readings are what is committed.  Only the log is left out, and time is what one says it is."""

import dataclasses
import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from sqlalchemy import Connection

from tidegauge.catalog import (
    Catalog,
    models,
    monitors,
    progress,
    readings,
    series,
    targets,
    windows,
)
from tidegauge.catalog.readings import Reading
from tidegauge.catalog.windows import Window
from tidegauge.log import LocalLog, LogReader
from tidegauge.profile.codec import encode
from tidegauge.profile.layout import Layout
from tidegauge.profile.table import Profile
from tidegauge.profile.traffic import Traffic
from tidegauge.reference.fit import adopt
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, MINUTE, SECOND
from tidegauge.worker.judge import Judge
from tidegauge.worker.layouts import Layouts
from tidegauge.worker.roll import KEPT, Rolled, roll

_TENANT = "default"


class Product:
    def __init__(self, folder: Path, start: int) -> None:
        """Of nothing, or of what is in a folder; `start` is before all windows."""
        self.folder, self.now = folder, start
        folder.mkdir(parents=True, exist_ok=True)
        LocalLog(folder / "log", cap=8 << 20, segment=1 << 20).close()
        self.catalog = Catalog.open(f"sqlite:///{folder}/catalog.db")
        self._reader = LogReader(folder / "log")
        self._begun = self.catalog.write(lambda c: progress.take(c, "worker"))
        self._rolled = Rolled.of(self._begun.detail)
        self._rolled.upto = self._rolled.upto or dict.fromkeys((FIVE_MINUTES, HOUR, DAY), start)
        self._layouts = Layouts()
        self.judge = Judge(self.catalog, self._reader, KEPT, clock=lambda: self.now)

    def close(self) -> None:
        self._reader.close()
        self.catalog.close()

    def copied(self, folder: Path) -> Self:
        """The same from here on, apart from it."""
        folder.mkdir(parents=True, exist_ok=True)
        with (
            sqlite3.connect(self.folder / "catalog.db") as old,
            sqlite3.connect(folder / "catalog.db") as new,
        ):
            old.backup(new)
        old.close()
        new.close()
        return type(self)(folder, self.now)

    def watch(self, document: Mapping[str, object]) -> None:
        def add(connection: Connection) -> None:
            monitors.add(
                connection,
                _TENANT,
                str(document["name"]),
                document,
                origin="file",
                at=self.now,
                by="bench",
            )

        self.catalog.write(add)

    def meet(
        self, names: Sequence[str], rows: Mapping[str, object], first_at: int, last_at: int
    ) -> Layout:
        """Models with these rows as their reference, and the layout that was fitted to them."""
        fitted = Profile.of(rows).layout
        reference = Profile.of(rows, dataclasses.replace(fitted, repeats=0))

        def add(connection: Connection) -> None:
            found = models.ensure(connection, _TENANT, names, self.now)
            for model in found.values():
                adopt(
                    connection,
                    model.id,
                    reference,
                    source="upload",
                    name="reference",
                    first_at=first_at,
                    last_at=last_at,
                    at=self.now,
                    by="bench",
                    why="bench",
                )
                series.ensure(connection, [(model.id, "1", "")])

        self.catalog.write(add)
        return reference.layout

    def series(self) -> dict[str, tuple[int, int]]:
        """By model, its series and its layout."""
        with self.catalog.read() as connection:
            found = {each.name: each.id for each in models.all(connection)}
            current = self.judge.known.latest(connection, list(found.values()))
            own = series.of_models(connection, list(found.values()))
        return {name: (own[number][0].id, current[number].layout) for name, number in found.items()}

    @property
    def layout(self) -> Layout:
        """That of the first model."""
        number = next(iter(self.series().values()))[1]
        with self.catalog.read() as connection:
            return self._layouts.get(connection, number)

    def commit(self, made: Sequence[Window], at: int) -> None:
        """Windows, and the coarser ones that are over."""

        def write(connection: Connection) -> None:
            windows.put(connection, made)
            while self._rolled.is_due(at):
                self._rolled = roll(connection, self._layouts, self._rolled, at)
            position = f"0:{at}"
            progress.advance(
                connection,
                "worker",
                self._begun.epoch,
                self._begun.position,
                position,
                at,
                self._rolled.detail,
            )
            self._begun = dataclasses.replace(self._begun, position=position)

        self.catalog.write(write)

    def readings(self, model: str, after: int = 0) -> list[Reading]:
        """All of one model, of slots after a moment."""
        with self.catalog.read() as connection:
            found = models.by_name(connection, _TENANT, model)
            assert found is not None
            own = [each.id for each in targets.of_model(connection, found.id)]
            return readings.between(connection, own, after, 1 << 62)


def window(
    where: tuple[int, int], start: int, profile: Profile, resolution: int = MINUTE
) -> Window:
    """Of a series with its layout."""
    number, layout = where
    none = Traffic()
    told = {"records": profile.rows, "predictions": profile.rows}
    return Window(
        series=number,
        resolution=resolution,
        start=start,
        rows=profile.rows,
        traffic=dataclasses.replace(none, counts={**none.counts, **told}).encode(),
        changed_at=start + resolution * SECOND,
        layout=layout,
        profile=encode(profile, with_layout=False),
    )


def share(catalog: Catalog, first: int) -> None:
    """Give all models what one of them was taught."""

    def write(connection: Connection) -> None:
        all_of = targets.of_models(connection, list(range(1, 100_000)))
        learned = [each for each in all_of.values() if each.rule and each.model == first]
        for each in all_of.values():
            rule = next((one for one in learned if one.monitor == each.monitor), None)
            if rule is not None and rule.rule is not None and each.state is not None:
                about = json.loads(each.rule.split(b"\n")[0]) if each.rule else {}
                body = rule.rule.partition(b"\n")[2]
                head = json.dumps(about, separators=(",", ":")).encode()
                told = targets.Told(each.id, each.slot or 0, rule.state, head + b"\n" + body)
                targets.remember(connection, [told])

    catalog.write(write)
