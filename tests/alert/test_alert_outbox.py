"""What a process finds that has to go on with a channel that did not work."""

import pytest

from tidegauge.alert.outbox import Line
from tidegauge.catalog.notices import Attempt, Waiting

SECOND = 1_000_000
ENDED = 1_700_000_000 * SECOND


@pytest.mark.parametrize(
    ("tries", "pause", "probe"),
    [
        # Our own patience, and a little less, as the end of the try is noted later than it was.
        (3, 120, 30),
        (4, 299.4, 30),
        (5, 481, 30),
        (9, 720, 30),
        # What the channel has asked for.
        (3, 3600, 3600),
        (3, 60, 60),
        (3, 2, 30),
        (5, 60, 60),
    ],
)
def test_a_broken_channel_is_probed_when_it_would_have_been(tries, pause, probe):
    due = ENDED + round(pause * SECOND)
    row = Waiting("n", "i", "open", "retry_wait", ENDED, due, tries, None)
    tried = Attempt(
        notice="n", number=tries, at=ENDED, ended_at=ENDED, outcome="status", answer="503"
    )
    line = Line.found([row], {"n": [tried]})
    assert line.is_broken
    assert line.probe_at == ENDED + probe * SECOND


def test_the_last_of_several_tries_says_when():
    rows = [Waiting(n, n, "open", "retry_wait", ENDED, ENDED, 3, None) for n in ("a", "b")]
    tried = {
        name: [Attempt(notice=name, number=3, at=at, ended_at=at, outcome="status", answer="503")]
        for name, at in (("a", ENDED + SECOND), ("b", ENDED))
    }
    assert Line.found(rows, tried).probe_at == ENDED + 31 * SECOND


def test_what_has_not_failed_is_no_reason_to_wait():
    assert Line.found([], {}) == Line()
