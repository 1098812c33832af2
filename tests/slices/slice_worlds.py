"""Rows with many columns, in which one slice may be otherwise."""

import numpy as np

from tidegauge.slices import of_codes, of_numbers

REGIONS = ("eu", "us", "asia", "africa")
PLANS = ("free", "pro", "team")


class World:
    def __init__(self, seed, rows=8_000):
        self.draws = np.random.default_rng(seed)
        self.rows = rows
        self.region = self.draws.integers(0, 4, rows)
        self.plan = self.draws.integers(0, 3, rows)
        self.device = self.draws.integers(-1, 6, rows)
        self.numbers = self.draws.normal(0, 1, (4, rows))
        self.numbers[3, self.draws.random(rows) < 0.1] = np.nan
        self.age = self.draws.integers(18, 80, rows).astype(float)
        self.is_now = np.arange(rows) >= rows // 2

    def columns(self):
        found = [
            of_codes("region", self.region, REGIONS),
            of_codes("plan", self.plan, PLANS),
            of_codes("device", self.device, [f"d{n}" for n in range(6)]),
            of_numbers("age", self.age),
            *(of_numbers(f"x{n}", values) for n, values in enumerate(self.numbers)),
        ]
        return [each for each in found if each is not None]

    def wrong(self, inside=None, usual=0.1, then=0.5):
        """Of rows that are now inside, so many more are wrong."""
        rate = np.full(self.rows, usual)
        if inside is not None:
            rate[inside & self.is_now] = then
        return self.draws.random(self.rows) < rate
