"""The models as the worker knows them: how their rows are counted, and under which numbers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from tidegauge.catalog import Catalog, baselines, models, parts, series, tails
from tidegauge.catalog.baselines import Baseline
from tidegauge.catalog.models import Model
from tidegauge.profile.layout import Layout
from tidegauge.worker.layouts import Layouts
from tidegauge.worker.signals import Signals
from tidegauge.worker.windows import Fitted

OTHER: Final = "(other)"
MOST_VALUES: Final = 200
"""Versions of a model, and values of a segment's column, that are watched by themselves."""
_LONGEST: Final = 256
"""Letters of a segment: a longer text is no group of rows, and no key of a database."""

Pair = tuple[str, str]
"""Version and segment."""


@dataclass
class Subject:
    model: Model
    fitted: Fitted | None = None
    source: str | None = None
    """Of the baseline: None before there is any."""
    series: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    rows: int = 0
    """Counted since its first one."""
    first_at: int | None = None
    last_at: int | None = None

    fitted_rows: int = 0
    """Of the baseline."""

    @property
    def id(self) -> int:
        return self.model.id

    def fit(self, baseline: Baseline, layout: Layout) -> None:
        self.fitted = Fitted(baseline.layout, layout)
        self.source = baseline.source
        self.fitted_rows = baseline.rows

    def meet(self, rows: int, first_at: int, last_at: int) -> None:
        self.rows += rows
        self.first_at = first_at if self.first_at is None else min(self.first_at, first_at)
        self.last_at = last_at if self.last_at is None else max(self.last_at, last_at)


class Subjects:
    def __init__(self, catalog: Catalog, layouts: Layouts) -> None:
        self._catalog = catalog
        self._layouts = layouts
        self._known: dict[tuple[str, str], Subject] = {}

    def of(self, wanted: Iterable[tuple[str, str]], at: int) -> Mapping[tuple[str, str], Subject]:
        """Of tenants and names; those that nobody has seen before are registered."""
        wanted = set(wanted)
        missing = wanted - self._known.keys()
        if missing:
            self._meet(missing, at)
        return {key: self._known[key] for key in wanted}

    def _meet(self, missing: Iterable[tuple[str, str]], at: int) -> None:
        names: dict[str, list[str]] = {}
        for tenant, name in missing:
            names.setdefault(tenant, []).append(name)

        def ensure(connection: Connection) -> list[Model]:
            return [
                model
                for tenant, some in names.items()
                for model in models.ensure(connection, tenant, some, at).values()
            ]

        for model in self._catalog.write(ensure, patience=None):
            self._known[model.tenant, model.name] = self._loaded(model)

    def _loaded(self, model: Model) -> Subject:
        def read(connection: Connection) -> Subject:
            subject = Subject(model)
            subject.series = {
                (each.version, each.segment): each.id for each in series.of(connection, model.id)
            }
            current = baselines.latest(connection, [model.id]).get(model.id)
            if current is not None:
                subject.fit(current, self._layouts.get(connection, current.layout))
            for part in parts.live(connection, model.id, "predictions"):
                subject.meet(part.rows, part.first_at, part.last_at)
            for tail in tails.of(connection, model.id):
                if tail.kind == "predictions":
                    subject.meet(tail.rows, tail.since, tail.since)
            return subject

        return self._catalog.look(read, patience=None)

    def series_of(
        self, subject: Subject, wanted: Iterable[tuple[str, str]], signals: Signals, at: int
    ) -> Mapping[tuple[str, str], int]:
        """The series of versions and segments; beyond a few hundred values the rest is one."""
        chosen = settled(subject.series, wanted)
        for pair, to in chosen.items():
            if to != pair:
                column = pair[1].partition("=")[0]
                signals.add(subject.id, "too-many-values", 1, at, subject=column or "model_version")
        missing = {pair for pair in chosen.values() if pair not in subject.series}
        if missing:
            keys = [(subject.id, version, segment) for version, segment in missing]
            made = self._catalog.write(lambda c: series.ensure(c, keys), patience=None)
            subject.series |= {
                (version, segment): id_ for (_m, version, segment), id_ in made.items()
            }
        return {pair: subject.series[to] for pair, to in chosen.items()}

    def renew(self, model: Model) -> tuple[Subject, Subject] | None:
        """Read again what somebody changed: what was known, and what is."""
        key = model.tenant, model.name
        before = self._known.get(key)
        if before is None or before.model.revision == model.revision:
            return None
        self._known[key] = after = self._loaded(model)
        return before, after

    def forget(self, subject: Subject) -> None:
        del self._known[subject.model.tenant, subject.model.name]

    def __iter__(self) -> Iterator[Subject]:
        return iter(list(self._known.values()))


def settled(known: Iterable[Pair], wanted: Iterable[Pair]) -> dict[Pair, Pair]:
    """Which versions and segments rows of some are counted as, where some are known."""
    chosen: dict[Pair, Pair] = {}
    values: dict[str, set[str]] = defaultdict(set)
    for version, segment in known:
        values["model_version"].add(version)
        values[segment.partition("=")[0]].add(segment)
    for pair in sorted(wanted):
        version, segment = pair
        column = segment.partition("=")[0]
        if not _has_room(values["model_version"], version):
            version = OTHER
        if len(segment) > _LONGEST or not _has_room(values[column], segment):
            segment = f"{column}={OTHER}"
        values["model_version"].add(version)
        values[column].add(segment)
        chosen[pair] = version, segment
    return chosen


def numbered(connection: Connection, model: int, wanted: Iterable[Pair]) -> dict[Pair, int]:
    """The series of versions and segments; those that are new are made."""
    known = {(each.version, each.segment): each.id for each in series.of(connection, model)}
    chosen = settled(known, wanted)
    missing = {*chosen.values()} - known.keys()
    made = series.ensure(connection, [(model, *pair) for pair in missing])
    known |= {(version, segment): number for (_m, version, segment), number in made.items()}
    return {pair: known[to] for pair, to in chosen.items()}


def _has_room(known: set[str], value: str) -> bool:
    return value in known or len(known) < MOST_VALUES
