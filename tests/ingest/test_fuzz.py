"""The short form of `fuzz.py`: nothing but a verdict or a refusal comes of any body."""

import os

import fuzz

TIMES = int(os.environ.get("TIDEGAUGE_FUZZ", "1"))


def test_changed_json_is_judged_or_refused():
    told = fuzz.fuzz_json(10_000 * TIMES, seed=1)
    assert told.judged + sum(told.refused.values()) == 10_000 * TIMES
    assert told.judged
    assert {"malformed-json", "invalid-request"} <= told.refused.keys()


def test_changed_arrow_is_judged_or_refused():
    told = fuzz.fuzz_arrow(2_000 * TIMES, seed=1)
    assert told.judged + sum(told.refused.values()) == 2_000 * TIMES
    assert told.judged
    assert "malformed-arrow" in told.refused
