"""What is counted of calls whatever the model is: how many, how long they took, how they ended.

It needs no reference, and adds up like all profiles.  A row of a weighted sample counts as often
as it stands for.
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np

from tidegauge.arrays import Counts
from tidegauge.errors import UnreadableError
from tidegauge.profile.timing import BINS, Timing

TIMINGS: Final = (
    "prediction_latency_ms",
    "feature_extraction_time_ms",
    "model_inference_time_ms",
)
COUNTS: Final = (
    "records",  # as logged
    "predictions",  # that they stand for
    "with_status",
    "errors",
    "with_cache",
    "cache_hits",
    "with_validation",
    "invalid",
    "late",
    "skewed",
)
VERSION: Final = 1
_HEAD: Final = struct.Struct("<B10q")
_TIMING: Final = struct.Struct("<H16s")


@dataclass(frozen=True)
class Traffic:
    counts: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    timings: tuple[Timing, ...] = field(default_factory=lambda: (Timing(),) * len(TIMINGS))

    def merge(self, other: Self) -> Self:
        return replace(
            self,
            counts={name: self.counts[name] + other.counts[name] for name in COUNTS},
            timings=tuple(a.merge(b) for a, b in zip(self.timings, other.timings, strict=True)),
        )

    @property
    def latency(self) -> Timing:
        return self.timings[0]

    def share(self, of: str, among: str) -> float | None:
        """Such as errors among what had a status; None where none had."""
        return self.counts[of] / self.counts[among] if self.counts[among] else None

    def encode(self) -> bytes:
        parts = [_HEAD.pack(VERSION, *(self.counts[name] for name in COUNTS))]
        for timing in self.timings:
            places = np.flatnonzero(timing.counts)
            parts += [
                _TIMING.pack(len(places), timing.total.to_bytes(16, "little", signed=True)),
                places.astype("<u2").tobytes(),
                timing.counts[places].astype("<i8").tobytes(),
            ]
        return zlib.compress(b"".join(parts), 1)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        try:
            body = zlib.decompress(data)
            version, *counts = _HEAD.unpack_from(body)
            if version != VERSION:
                raise UnreadableError(f"traffic of version {version}; this reads {VERSION}")
            at = _HEAD.size
            timings: list[Timing] = []
            for _ in TIMINGS:
                size, total = _TIMING.unpack_from(body, at)
                at += _TIMING.size
                places = np.frombuffer(body, "<u2", size, at)
                at += 2 * size
                if not size:
                    timings.append(Timing())
                    continue
                found: Counts = np.zeros(BINS, dtype=np.int64)
                found[places] = np.frombuffer(body, "<i8", size, at)
                at += 8 * size
                timings.append(Timing(found, int.from_bytes(total, "little", signed=True)))
        except (zlib.error, struct.error, ValueError, IndexError) as error:
            raise UnreadableError(f"these bytes are no traffic counts: {error}") from error
        return cls(dict(zip(COUNTS, counts, strict=True)), tuple(timings))
