"""A year of checks, one a minute: 525,600 looks at a model that is as it was.

The worlds are restless: they swing by the hour and at weekends, wander, and come in clusters.
What is done is kept, so that a run that ends early is taken up again.

    python bench/year.py [checks] [a folder that keeps what is done] [a world's number]
"""

import json
import pickle
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from pathlib import Path

from budget import Production, World, start
from tidegauge.judge.budget import Rule, State, update

A_DAY = 1_440
YEAR = 365 * A_DAY
WORLDS = [
    World(
        rows=rows, features=features, a_day=A_DAY, swing=0.3, load=0.6, wander=0.05, cluster=cluster
    )
    for features, (rows, cluster) in product((5, 500), ((20, 1), (1_000_000, 3)))
]
_SEED = 1
_PIECE = 10_000
"""Checks after which it is written down how far it came."""


@dataclass
class Run:
    checks: int = 0
    alarms: int = 0
    seconds: float = 0.0
    """Of the rule alone."""
    state_bytes: int = 0
    most: float = -1e9

    def go(self, production: Production, rule: Rule, state: State, upto: int) -> State:
        while self.checks < upto:
            hour = production.hour_of_week
            counts = production.next()
            began = time.process_time()
            state, look = update(rule, state, counts, hour)
            self.seconds += time.process_time() - began
            self.checks += 1
            self.most = max(self.most, look.evidence)
            if look.is_alarm:
                # As the monitor does: the next change is found from here on.
                self.alarms += 1
                state = State.start(rule)
        self.state_bytes = len(state.encode(rule))
        return state


def year(number: int, checks: int, folder: Path) -> Run:
    done = kept(folder)[number]
    if done.checks >= checks:
        return done
    world = WORLDS[number]
    file = folder / f"year-{number}.pickle"
    if file.exists():
        production, rule, state, run = pickle.loads(file.read_bytes())  # noqa: S301 - it is our own
    else:
        (production, rule), run = start(world, _SEED), Run()
        state = State.start(rule)
    while run.checks < checks:
        state = run.go(production, rule, state, min(checks, run.checks + _PIECE))
        draft = file.with_suffix(".draft")
        draft.write_bytes(pickle.dumps((production, rule, state, run)))
        draft.replace(file)
        (folder / f"year-{number}.json").write_text(json.dumps(asdict(run)))
    return run


def measure(checks: int, folder: Path) -> list[Run]:
    with ProcessPoolExecutor(2) as pool:
        one = partial(year, checks=checks, folder=folder)
        return list(pool.map(one, range(len(WORLDS))))


def kept(folder: Path) -> list[Run]:
    """How far the runs of a folder have come."""
    files = [folder / f"year-{number}.json" for number in range(len(WORLDS))]
    return [Run(**json.loads(file.read_text())) if file.exists() else Run() for file in files]


def table(found: list[Run]) -> str:
    settings = WORLDS[0].settings
    lines = [
        f"A check a minute for a year, {YEAR:,} checks, of a model that swings by the hour and at",
        "weekends and wanders.  `allowed` is what the budget comes to in so many checks, the",
        f"evidence's limit {settings.limit:.1f}; the time is the rule's, on one core.",
        "",
        "| features | rows | checks | alarms | allowed | nearest | ms a check | KB of state |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for world, run in zip(WORLDS, found, strict=True):
        if not run.checks:
            continue
        allowed = settings.alpha * run.checks / settings.checks_a_month
        lines.append(
            f"| {world.features} | {world.rows:,} | {run.checks:,} | {run.alarms} | {allowed:.2f} "
            f"| {run.most:.1f} | {1e3 * run.seconds / max(run.checks, 1):.2f} "
            f"| {run.state_bytes / 1e3:,.0f} |"
        )
    return "\n".join(lines)


def main(checks: int, folder: Path, number: int | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if number is None:
        found = measure(checks, folder)
    else:
        year(number, checks, folder)
        found = kept(folder)
    print(table(found))
    if any(run.alarms for run in found):
        raise SystemExit("a quiet year had an alarm")


if __name__ == "__main__":
    given = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        main(
            int(given[0]) if given else YEAR,
            Path(given[1]) if len(given) > 1 else Path(name),
            int(given[2]) if len(given) > 2 else None,
        )
