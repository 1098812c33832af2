"""Quiet months by the hundred: how many have a false alarm, and how many that may be in truth.

Each month is a model of its own, with a past of its own; the same number gives the same month.
It fails where a world has more false months than the budget explains.

    python bench/quiet.py [months a world] [a file that keeps what is done] [processes]
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from scipy.stats import beta, binom

from budget import SETTINGS, WORLDS, Month, month

NIGHT = 300
_UNLIKELY = 0.01


class Named(NamedTuple):
    world: str
    seed: int


def measure(months: int, file: Path | None = None, processes: int = 2) -> dict[str, list[Month]]:
    """Of each world; with a file, what it holds is not done again."""
    done = dict(_kept(file)) if file else {}
    wanted = [Named(world, seed) for seed in range(months) for world in WORLDS]
    missing = [one for one in wanted if one not in done]
    with ProcessPoolExecutor(processes) as pool:
        for one, found in zip(missing, pool.map(_month, missing), strict=True):
            done[one] = found
            if file:
                with file.open("a") as kept:
                    kept.write(json.dumps([*one, *found]) + "\n")
    return _by_world(done)


def _month(one: Named) -> Month:
    return month(WORLDS[one.world], one.seed)


def _kept(file: Path) -> Iterable[tuple[Named, Month]]:
    for line in file.read_text().splitlines() if file.exists() else ():
        world, seed, is_alarmed, most = json.loads(line)
        yield Named(world, seed), Month(is_alarmed, most)


def _by_world(done: dict[Named, Month]) -> dict[str, list[Month]]:
    found: dict[str, list[Month]] = defaultdict(list)
    for one, each in sorted(done.items()):
        found[one.world].append(each)
    return {world: found[world] for world in WORLDS}


def upper(false: int, months: int) -> float:
    """The share of months that is exceeded by 5 % chance at most (Clopper and Pearson, 1934)."""
    return 1.0 if false == months else float(beta.ppf(0.95, false + 1, months - false))


def is_beyond(months: Sequence[Month]) -> bool:
    """Are there more than one in a hundred explains?"""
    false = sum(each.is_alarmed for each in months)
    return bool(binom.sf(false - 1, len(months), SETTINGS.alpha) < _UNLIKELY)


def table(found: dict[str, list[Month]]) -> str:
    every = [each for some in found.values() for each in some]
    false = sum(each.is_alarmed for each in every)
    lines = [
        f"Quiet months of {SETTINGS.checks_a_month:,} checks; one in a hundred may have an alarm.",
        "`upper` is the most that their share can well be (95 %), `nearest` the log evidence that",
        f"came nearest to the limit of {SETTINGS.limit:.1f}.  In all {false} of {len(every):,}",
        f"months had one: at most {upper(false, len(every)):.2%}.",
        "",
        "| world | months | with a false alarm | upper | nearest |",
        "|---|---|---|---|---|",
    ]
    for world, some in found.items():
        false = sum(each.is_alarmed for each in some)
        lines.append(
            f"| {world} | {len(some)} | {false} | {upper(false, len(some)):.1%} "
            f"| {max(each.most for each in some):.1f} |"
        )
    lines += [
        "",
        "Not among these worlds, and not held to this budget: what comes and goes within less than",
        "five minutes, or on one night of several: the rule learns what strays within an hour from",
        "two days of windows of five minutes.",
    ]
    return "\n".join(lines)


def main(months: int, file: Path | None, processes: int) -> None:
    found = measure(months, file, processes)
    print(table(found))
    beyond = [world for world, some in found.items() if is_beyond(some)]
    if beyond:
        raise SystemExit(f"more false months than the budget explains: {', '.join(beyond)}")


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        int(given[0]) if given else NIGHT,
        Path(given[1]) if len(given) > 1 else None,
        int(given[2]) if len(given) > 2 else 2,
    )
