"""The tests of the promises see the bugs that they are there for."""

from functools import partial

import crash_checks as checks
import pytest

# What to break, the check that sees it, and in which words.
CASES = [
    (
        "answer-before-the-append-is-durable",
        checks.what_is_acknowledged_is_durable,
        "1 batches were acknowledged and are lost",
    ),
    (
        "batch-ids-in-memory-only",
        checks.batch_ids_outlive_restarts,
        "2 batches are in the log twice",
    ),
    (
        "exit-on-signal",
        checks.what_was_received_is_answered,
        "the server left without an answer",
    ),
    ("reject-the-whole-batch", checks.one_bad_record_sinks_no_other, "one of them is bad"),
    (
        "check-the-length-after-decompressing",
        checks.a_bomb_is_refused_before_it_is_unpacked,
        r"the decoder took \d+ MiB",
    ),
    ("unbounded-queue", checks.what_is_too_much_is_refused, "0 of 16 posts"),
]


@pytest.mark.parametrize("check", [case[1] for case in CASES], ids=lambda check: check.__name__)
def test_the_promise_holds(check, web):
    check(web)


@pytest.mark.parametrize(("sabotage", "check", "seen"), CASES, ids=[case[0] for case in CASES])
def test_a_sabotage_is_seen(sabotage, check, seen, web):
    with pytest.raises(AssertionError, match=seen):
        check(partial(web, sabotage=sabotage))
