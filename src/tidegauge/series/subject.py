"""A model as it is looked at: its series, and what its rows are compared with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from hashlib import blake2b

from sqlalchemy import Connection

from tidegauge.catalog import baselines, layouts, models, series
from tidegauge.catalog.baselines import Baseline
from tidegauge.catalog.models import Model
from tidegauge.catalog.series import Series
from tidegauge.errors import InputError
from tidegauge.profile.codec import Tallies, decode, decode_tallies
from tidegauge.profile.layout import Layout
from tidegauge.profile.table import Profile
from tidegauge.schema import near
from tidegauge.series.memory import Memory


@dataclass(frozen=True)
class Known:
    """Layouts and references by their numbers: they are never changed.  For hundreds of models, at
    some 200 KB each."""

    baselines: Memory[int, Baseline] = field(default_factory=lambda: Memory(2_000))
    layouts: Memory[int, Layout] = field(default_factory=lambda: Memory(200))
    references: Memory[int, Profile] = field(default_factory=lambda: Memory(200))
    tallies: Memory[bytes, Tallies] = field(default_factory=lambda: Memory(2_000))
    """Of windows, by a digest of their bytes: who looks at one feature looks at the next."""

    def unpack(self, profile: bytes) -> Tallies:
        digest = blake2b(profile, digest_size=16).digest()
        return self.tallies.get(digest, lambda: decode_tallies(profile))

    def latest(self, connection: Connection, models: Sequence[int]) -> dict[int, Baseline]:
        """The baseline of each model that has one."""
        numbers = baselines.ids(connection, models)
        missing = [m for m, number in numbers.items() if not self.baselines.has(number)]
        fresh = baselines.latest(connection, missing)
        return {
            model: self.baselines.get(number, lambda model=model: fresh[model])
            for model, number in numbers.items()
        }

    def layout(self, connection: Connection, number: int) -> Layout:
        return self.layouts.get(
            number, lambda: decode(layouts.get(connection, [number])[number].body).layout
        )

    def reference(self, connection: Connection, baseline: Baseline) -> Profile:
        return self.references.get(
            baseline.id,
            lambda: decode(baseline.profile, self.layout(connection, baseline.layout)),
        )


@dataclass(frozen=True, kw_only=True)
class Subject:
    model: Model
    series: Sequence[Series]
    baseline: Baseline | None
    load: Callable[[], Profile | None]
    """Reads the reference: many do well without it."""

    @cached_property
    def reference(self) -> Profile | None:
        """The baseline's profile."""
        return self.load()

    @property
    def is_learning(self) -> bool:
        """There is no reference for good yet."""
        return self.baseline is None or self.baseline.source == "provisional"

    @property
    def versions(self) -> list[str]:
        return sorted({each.version for each in self.series})

    @property
    def segments(self) -> list[str]:
        return sorted({each.segment for each in self.series if each.segment})

    def numbers(self, version: str | None = None, segment: str = "") -> list[int]:
        """The series of one version or all, and of one segment."""
        if version is not None and version not in self.versions:
            raise InputError(f"no version {version!r}{near(version, self.versions)}")
        if segment and segment not in self.segments:
            raise InputError(f"no segment {segment!r}{near(segment, self.segments)}")
        return [
            each.id
            for each in self.series
            if each.segment == segment and version in (None, each.version)
        ]

    def column(self, name: str) -> str:
        """A column by its name, or by the name that a feature has for its sender."""
        known = self.reference.layout.schema.names if self.reference else []
        for wanted in (name, f"features.{name}"):
            if wanted in known:
                return wanted
        plain = [*known, *(each.removeprefix("features.") for each in known)]
        raise InputError(f"no column {name!r} in the reference{near(name, plain)}")


def find(connection: Connection, known: Known, tenant: str, name: str) -> Subject | None:
    model = models.by_name(connection, tenant, name)
    return None if model is None else of(connection, known, model)


def of(connection: Connection, known: Known, model: Model) -> Subject:
    """With its reference at hand: the connection may be gone when that is asked for."""
    (found,) = of_many(connection, known, [model])
    _ = found.reference
    return found


def of_many(connection: Connection, known: Known, models: Sequence[Model]) -> list[Subject]:
    """Their references are read when they are asked for, through this connection."""
    ids = [model.id for model in models]
    own = series.of_models(connection, ids)
    current = known.latest(connection, ids)

    def load(baseline: Baseline | None) -> Profile | None:
        return known.reference(connection, baseline) if baseline else None

    return [
        Subject(
            model=model,
            series=own.get(model.id, []),
            baseline=current.get(model.id),
            load=partial(load, current.get(model.id)),
        )
        for model in models
    ]
