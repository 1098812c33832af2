"""PSI, KS and KL of many models from their profiles."""

import os
import time

import numpy as np

from tidegauge.drift import KL, KS, PSI
from tidegauge.drift.measure import Measured, scores
from tidegauge.profile.table import Profile

MODELS, COLUMNS = 1_000, 50


def main() -> float:
    """Seconds of one core."""
    rng = np.random.default_rng(0)
    pairs: list[tuple[Profile, Profile]] = []
    for _ in range(20):
        reference = Profile.of({f"x{i}": rng.normal(size=5_000) for i in range(COLUMNS)})
        current = {f"x{i}": rng.normal(size=2_000) for i in range(COLUMNS)}
        pairs.append((reference, Profile.of(current, reference.layout)))
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    kept: list[Measured] = []
    started = time.perf_counter()
    for _ in range(MODELS // len(pairs)):
        for reference, current in pairs:
            kept.extend(scores(reference, current, [PSI(), KS(), KL()]))
    seconds = time.perf_counter() - started
    os.sched_setaffinity(0, allowed)
    assert all(np.isfinite(measured.scores.value).all() for measured in kept)
    return seconds


if __name__ == "__main__":
    print(main())
