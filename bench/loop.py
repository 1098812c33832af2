"""The loop on drifting streams: what retraining by drift recovers, beside none and a calendar.

Streams are river's own generators, in which the concept changes at times that nobody tells. Rows
come at an even pace for 44 days, their labels six hours later. Each hour the labels that are ripe
are fed to the product's detector; three hours of an alarm within a day ask for a job, and what the
product holds against a job (a thousand labels, six hours since the last, ten in 30 days) holds here
too. A job takes an hour, learns from what the product gives it, and is proved by the product's own
gate; the usual way, each week the last two weeks and no proof, stands beside it. Accuracy is of all
rows after the first two weeks, which the first model is trained on; jobs and those kept are of all
seeds, in the order of the columns, and wrongly kept is what did worse on the day that followed.

    python bench/loop.py [seeds]
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise

import numpy as np
from river.datasets import synth
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from tidegauge.catalog.outcomes import Count
from tidegauge.judge.streams import GLR, StreamDetector
from tidegauge.performance import Classes, Coded
from tidegauge.retrain.gate import Gate, blocks, proven
from tidegauge.retrain.labels import split
from tidegauge.retrain.sustained import sustained

HOUR = 3_600_000_000
DAYS, AN_HOUR = 44, 60
FIRST = 14 * 24
"""Hours that the first model learns from."""
LATE, TAKES, COOLDOWN = 6, 1, 6
LABELS = 1_000
PER_MONTH = 10
CHANGES = (20 * 24, 31 * 24)
"""The hours at which the concept changes."""


@dataclass
class World:
    x: np.ndarray
    y: np.ndarray

    def rows(self, start: int, stop: int) -> slice:
        return slice(start * AN_HOUR, stop * AN_HOUR)


def streams() -> dict[str, Callable[[int, int], Iterator[tuple[dict, object]]]]:
    """By name: a generator of the concept with this number."""
    return {
        "SEA": lambda concept, seed: synth.SEA(variant=concept % 4, seed=seed, noise=0.05),
        "Agrawal": lambda concept, seed: synth.Agrawal(
            classification_function=(0, 2, 4)[concept % 3], seed=seed
        ),
        "Sine": lambda concept, seed: synth.Sine(
            classification_function=concept % 4, seed=seed, has_noise=True
        ),
        "STAGGER": lambda concept, seed: synth.STAGGER(
            classification_function=concept % 3, seed=seed
        ),
        "Mixed": lambda concept, seed: synth.Mixed(classification_function=concept % 2, seed=seed),
        "no change": lambda _concept, seed: synth.SEA(variant=0, seed=seed, noise=0.05),
    }


def world(name: str, seed: int) -> World:
    borders = (0, *CHANGES, DAYS * 24)
    xs, ys = [], []
    for concept, (start, stop) in enumerate(pairwise(borders)):
        made = streams()[name](concept, 100 * seed + concept)
        for x, y in islice(iter(made), (stop - start) * AN_HOUR):
            xs.append([float(value) for value in x.values()])
            ys.append(int(y))
    return World(np.array(xs), np.array(ys))


@dataclass
class Run:
    asked: list[int] = field(default_factory=list)
    """The hours at which there was a job."""
    promoted: int = 0
    wrong: int = 0
    """Promoted, and worse on the day that followed."""
    right: list[np.ndarray] = field(default_factory=list)

    @property
    def jobs(self) -> int:
        return len(self.asked)


def fitted(some: World, start: int, stop: int) -> HistGradientBoostingClassifier:
    own = some.rows(start, stop)
    return HistGradientBoostingClassifier(max_iter=60, random_state=0).fit(some.x[own], some.y[own])


def trained(some: World, start: int, cut: int, since: int | None) -> object:
    """As the built-in trainer: on all rows or those since the drift, whichever does better."""
    if since is None or cut - since < 9:
        return fitted(some, start, cut)
    newest = max((cut - since) // 5, 1)
    last = some.rows(cut - newest, cut)
    scores = {
        begin: fitted(some, begin, cut - newest).score(some.x[last], some.y[last])
        for begin in (start, since)
    }
    return fitted(some, max(scores, key=scores.__getitem__), cut)


def measured(model: object, some: World, start: int, stop: int) -> tuple[list, int]:
    own = some.rows(start, stop)
    names = ("0", "1")
    said, true = (each.astype(np.int64) for each in (model.predict(some.x[own]), some.y[own]))
    cuts = blocks(len(true))
    return [
        {"": Classes.of(Coded(true[a:b], names), Coded(said[a:b], names), {})}
        for a, b in pairwise(cuts)
    ], len(true)


def proved(champion: object, candidate: object, some: World, start: int, stop: int) -> bool:
    (first, n), (second, _n) = (measured(each, some, start, stop) for each in (champion, candidate))
    return proven(Gate(), 0.1, "accuracy", None, first, second, n).verdict == "better"


def run(some: World, policy: str) -> Run:
    done = Run()
    champion = fitted(some, 0, FIRST)
    detector = StreamDetector(GLR())
    detections: list[int] = []
    alarm_since: int | None = None
    pending: tuple[int, int, int, int, int | None] | None = None
    ended, used, learned = -COOLDOWN, 0, FIRST
    correct = np.zeros(len(some.y), dtype=bool)
    for hour in range(FIRST, DAYS * 24):
        own = some.rows(hour, hour + 1)
        correct[own] = champion.predict(some.x[own]) == some.y[own]
        now = hour + 1
        ripe = now - LATE
        if pending is not None and now >= pending[0]:
            _at, begin, cut, stop, since = pending
            pending, ended = None, now
            if policy == "blind":
                candidate, is_kept = fitted(some, stop - FIRST, stop), True
            else:
                candidate = trained(some, begin, cut, since)
                is_kept = proved(champion, candidate, some, cut, stop)
            if is_kept:
                learned = stop
                done.promoted += 1
                after = some.rows(now, min(now + 24, DAYS * 24))
                scores = [
                    each.score(some.x[after], some.y[after]) for each in (champion, candidate)
                ]
                done.wrong += scores[1] < scores[0]
                champion, detector, alarm_since = candidate, StreamDetector(GLR()), None
        if ripe > FIRST:
            wrong = ~correct[some.rows(ripe - 1, ripe)]
            alarms = detector.alarms_of(wrong.astype(float))
            if alarms:
                _place, change = alarms[-1]
                alarm_since = ripe - 1 - (change.since // AN_HOUR if change else 0)
            if alarm_since is not None:
                detections.append(now)
        asked = since = None
        if policy == "drift":
            fresh = [each * HOUR for each in detections if each > max(used, now - 25)]
            asked = sustained(fresh, 3, 86_400, 1_800)
            since = alarm_since
        elif policy in ("weekly", "blind"):
            asked = [now * HOUR] if now % (7 * 24) == 0 else []
        is_due = (
            now - ended >= COOLDOWN
            and (ripe - learned) * AN_HOUR >= LABELS
            and sum(each > now - 30 * 24 for each in done.asked) < PER_MONTH
        )
        if asked and pending is None and is_due:
            counts = [Count(1, at * HOUR, AN_HOUR) for at in range(max(ripe, 0))]
            parts = split(counts, ripe * HOUR, None if since is None else since * HOUR)
            done.asked.append(now)
            used = now
            pending = now + TAKES, parts.start // HOUR, parts.cut // HOUR, ripe, since
    done.right.append(correct[some.rows(FIRST, DAYS * 24)])
    return done


POLICIES = {
    "none": "none",
    "blind": "each week, unproved",
    "weekly": "each week, proved",
    "drift": "by drift, proved",
}


def text(seeds: int) -> str:
    lines = [
        f"| stream | {' | '.join(POLICIES.values())} | jobs | kept | wrongly |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in streams():
        runs = {each: [run(world(name, seed), each) for seed in range(seeds)] for each in POLICIES}
        right = {
            each: f"{np.mean([one.right[0].mean() for one in some]):.3f}"
            for each, some in runs.items()
        }
        best = max(right.values())
        told = [f"**{each}**" if each == best else each for each in right.values()]
        counts = [
            ", ".join(str(sum(getattr(one, what) for one in runs[each])) for each in POLICIES)
            for what in ("jobs", "promoted", "wrong")
        ]
        lines.append(f"| {name} | {' | '.join([*told, *counts])} |")
        print(lines[-1], flush=True)
    return (
        "## The loop on drifting streams\n\n" + " ".join(__doc__.splitlines()[2:-2]) + "\n\n"
        f"{seeds} seeds each.\n\n" + "\n".join(lines)
    )


if __name__ == "__main__":
    with threadpool_limits(1):
        print(text(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
