"""Senders whose clocks are wrong: what they send counts when it came, and each is told of."""

import random

import pytest
from worker_case import MINUTES, START, prediction

from tidegauge.log import Clock
from tidegauge.window import DAY, HOUR, SECOND

HOURS = HOUR * SECOND
CASES = [(-HOURS, "behind", "1 h 0 min"), (90 * MINUTES, "ahead", "1 h 30 min")]


def minutes_of(case):
    return {start: rows for (_v, _s, _r, start), (rows, _t, _p) in case.windows("m", [60]).items()}


@pytest.mark.parametrize(("off", "side", "size"), CASES)
def test_rows_of_a_wrong_clock_count_by_receipt_and_the_sender_is_told(case, off, side, size):
    chance = random.Random(1)
    case.pin("m", [prediction(chance, n) for n in range(200)])
    for minute in range(5):
        at = START + minute * MINUTES
        right = [prediction(chance, f"r{minute}-{n}", at=at) for n in range(10)]
        wrong = [prediction(chance, f"w{minute}-{n}", at=at + off) for n in range(7)]
        case.send(right, at + SECOND, as_arrow=minute % 2 == 0)
        case.send(wrong, at + 2 * SECOND, as_arrow=minute % 2 == 0, clock=Clock("pod-7/12", off))
    case.count()
    assert minutes_of(case) == {START + n * MINUTES: 17 for n in range(5)}
    assert case.signals("m") == {("skewed", "pod-7/12"): 35}
    (told,) = case.details("m", "skewed")
    assert f"{size} {side}" in told


def test_what_was_sent_is_kept_as_it_was_and_counts_the_same_again(case):
    chance = random.Random(2)
    first = [prediction(chance, n) for n in range(200)]
    case.pin("m", first)
    case.send([prediction(chance, "w", at=START - HOURS)], START, clock=Clock("pod", -HOURS))
    case.send([prediction(chance, "r", at=START)], START)
    case.count()
    before = minutes_of(case)
    case.write_parts()
    (wrong,) = [row for row in case.rows("m") if row["prediction_id"] == "m-w"]
    assert wrong["sender_ahead"] == -HOURS
    assert wrong["timestamp"].timestamp() * SECOND == (START - HOURS)
    # Another reference: all rows are read and counted again.
    case.pin("m", [prediction(chance, n) for n in range(300)])
    case.send([prediction(chance, "r2", at=START)], START)
    case.count()
    assert minutes_of(case) == {start: rows + 1 for start, rows in before.items()} == {START: 3}


def test_a_retry_by_another_clock_is_the_same_prediction(case):
    chance = random.Random(3)
    record = prediction(chance, 1, at=START - SECOND)
    case.pin("m", [prediction(chance, n) for n in range(50)])
    case.send([record], START)
    case.send([record], START + MINUTES, clock=Clock("pod", -DAY * SECOND))
    case.count()
    assert case.signals("m") == {("duplicate", ""): 1, ("skewed", "pod"): 1}
