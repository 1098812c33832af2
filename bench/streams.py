"""The sequential detectors on streams of errors whose rate changes at a known label.

A stream has 10,000 labels before its change and as many after as may pass until it is found: 1,000,
or 2,000 where the change comes slowly.  Each detector has seen 2,000 labels before, on which it
may alarm for nothing.  The last row alarms at every label: a score that it reaches is no score.
Most assume that labels are independent, so a second table says what happens where errors come
in runs.  Labels come in batches of 1,000.

    python bench/streams.py [streams of each kind]
"""

import statistics
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from river import drift
from river.drift import binary

from tidegauge.arrays import Floats
from tidegauge.judge.streams import GLR, STREAM_METHODS, StreamDetector, StreamMethod

PAST = 2_000
BEFORE = 10_000
SOON = 1_000
SLOW = 2_000


@dataclass(frozen=True)
class Kind:
    before: float
    """The rate of errors, or the mean loss."""
    after: float
    shape: str = "at once"
    is_loss: bool = False
    sticky: float = 0.0
    """The share of labels that are as the one before: errors come in runs."""


KINDS = {
    "2 to 5 %": Kind(0.02, 0.05),
    "5 to 10 %": Kind(0.05, 0.10),
    "10 to 13 %": Kind(0.10, 0.13),
    "10 to 20 %": Kind(0.10, 0.20),
    "20 to 30 %": Kind(0.20, 0.30),
    "20 to 50 %": Kind(0.20, 0.50),
    "40 to 55 %": Kind(0.40, 0.55),
    "5 to 15 %, slowly": Kind(0.05, 0.15, "slowly"),
    "20 to 35 %, slowly": Kind(0.20, 0.35, "slowly"),
    "10 to 30 %, now and then": Kind(0.10, 0.30, "now and then"),
    "losses, mean 0.2 to 0.3": Kind(0.2, 0.3, is_loss=True),
}
RUNS = {
    "10 to 20 %, one in five as the one before": Kind(0.10, 0.20, sticky=0.2),
    "10 to 20 %, one in two as the one before": Kind(0.10, 0.20, sticky=0.5),
}


@dataclass(frozen=True)
class Stream:
    past: Floats
    labels: Floats


def stream(name: str, kind: Kind, seed: int) -> Stream:
    random = np.random.default_rng([zlib.crc32(name.encode()), seed])
    after = SLOW if kind.shape == "slowly" else SOON
    age = np.arange(after)
    share = np.ones(after)
    if kind.shape == "slowly":
        share = np.minimum(1.0, (age + 1) / SOON)
    elif kind.shape == "now and then":
        share = (age // 250 % 2 == 0).astype(np.float64)
    quiet = np.full(PAST + BEFORE, kind.before)
    rate = np.concatenate([quiet, kind.before + (kind.after - kind.before) * share])
    if kind.is_loss:
        values = random.beta(2 * rate, 2 * (1 - rate))
    else:
        values = (random.random(len(rate)) < rate).astype(np.float64)
        for at in np.flatnonzero(random.random(len(rate)) < kind.sticky)[1:]:
            values[at] = values[at - 1]
    return Stream(values[:PAST], values[PAST:])


@dataclass
class Score:
    streams: int = 0
    labels: int = 0
    seconds: float = 0.0
    false: int = 0
    quiet: int = 0
    """Labels before a change."""
    delays: list[int] = field(default_factory=list[int])

    def add(self, alarms: list[int], labels: int, seconds: float) -> None:
        self.streams += 1
        self.labels += labels
        self.seconds += seconds
        self.quiet += BEFORE
        self.false += sum(at < BEFORE for at in alarms)
        found = [at - BEFORE + 1 for at in alarms if at >= BEFORE]
        self.delays += found[:1]

    def row(self, name: str) -> str:
        hits = len(self.delays)
        missed = self.streams - hits
        f1 = 2 * hits / (2 * hits + self.false + missed)
        delay = f"{statistics.mean(self.delays):.0f}" if hits else "-"
        speed = f"{self.labels / self.seconds / 1e3:,.0f}" if self.seconds else "-"
        return (
            f"| {name} | {f1:.3f} | {1e3 * self.false / self.quiet:.3f} "
            f"| {missed / self.streams:.3f} | {delay} | {speed} |"
        )


def contenders() -> Iterator[tuple[str, StreamMethod]]:
    for method in STREAM_METHODS:
        yield f"{method.title} (`{method().kind}`)", method()
        if method is GLR:
            yield "the same, one false alarm in 100 streams ever", GLR(ever=0.01)
            yield "the same, labels taken as independent", GLR(together=1)


def judged(
    method: StreamMethod, kinds: dict[str, Kind], count: int
) -> tuple[Score, dict[str, Score]]:
    whole, each = Score(), {name: Score() for name in kinds}
    for name, kind in kinds.items():
        for seed in range(count):
            made = stream(name, kind, seed)
            detector = StreamDetector(method, past=made.past)
            began = time.perf_counter()
            alarms = in_batches(detector, made.labels, 1_000)
            seconds = time.perf_counter() - began
            for score in (whole, each[name]):
                score.add(alarms, len(made.labels), seconds)
    return whole, each


def in_batches(detector: StreamDetector, labels: Floats, size: int) -> list[int]:
    found: list[int] = []
    for start in range(0, len(labels), size):
        found += [start + at for at in detector.update_many(labels[start : start + size])]
    return found


def always(kinds: dict[str, Kind], count: int) -> Score:
    score = Score()
    for kind in kinds.values():
        labels = BEFORE + (SLOW if kind.shape == "slowly" else SOON)
        for _ in range(count):
            score.add(list(range(labels)), labels, 0.0)
    return score


def table(first: str, scores: Iterable[tuple[str, Score]]) -> list[str]:
    return [
        f"| {first} | F1 | false alarms / 1,000 | missed | mean delay | 1,000 labels/s |",
        "|---|---|---|---|---|---|",
        *(score.row(name) for name, score in scores),
        "",
    ]


def all_of(kinds: dict[str, Kind], count: int) -> Iterator[tuple[str, Score]]:
    for name, method in contenders():
        yield name, judged(method, kinds, count)[0]
    yield "alarms at every label", always(kinds, count)


def speeds() -> Iterator[str]:
    """Of a long quiet stream, one label in ten an error; the best of five stretches."""
    labels = np.random.default_rng(0).random(500_000) < 0.1
    values = labels.astype(np.float64)

    def one_by_one(update: Callable[[float], object]) -> Callable[[Floats], None]:
        def take(part: Floats) -> None:
            for x in part.tolist():
                update(x)

        return take

    ours = {size: StreamDetector(past=values[:PAST]) for size in (10_000, 1_000, 1)}
    takers: dict[str, Callable[[Floats], object]] = {
        "`glr`, in batches of 10,000": lambda part: in_batches(ours[10_000], part, 10_000),
        "`glr`, in batches of 1,000": lambda part: in_batches(ours[1_000], part, 1_000),
        "`glr`, one label after another": one_by_one(ours[1].update),
        "river's ADWIN": one_by_one(drift.ADWIN().update),
        "river's Page-Hinkley": one_by_one(drift.PageHinkley().update),
        "river's HDDM_A": one_by_one(binary.HDDMA().update),
        "river's DDM": one_by_one(binary.DDM().update),
    }
    yield "| a long stream | 1,000 labels/s |"
    yield "|---|---|"
    for name, take in takers.items():
        best = 0.0
        for part in np.split(values, 5):
            began = time.process_time()
            take(part)
            best = max(best, len(part) / (time.process_time() - began))
        yield f"| {name} | {best / 1e3:,.0f} |"
    yield ""


def text(count: int) -> str:
    lines = [
        f"{count * len(KINDS)} streams of independent labels, {count} of each kind: 2,000 labels",
        "to learn from, 10,000 before the change, and 1,000 after it to find it in, 2,000 where it",
        "comes slowly.",
        "",
        *table("detector", all_of(KINDS, count)),
        f"{count * len(RUNS)} streams where errors come in runs.",
        "",
        *table("detector", all_of(RUNS, count)),
        "The likelihood ratio by kind of stream.",
        "",
        *table("stream", judged(GLR(), KINDS | RUNS, count)[1].items()),
        "500,000 labels without a change, one in ten an error, on one core.",
        "",
        *speeds(),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(text(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
