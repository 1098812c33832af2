"""The notices of random time-lines beside those of the real Alertmanager: the same alerts, the same
`group_wait`, `group_interval` and repeat, and the same is said of them in the same order.

They differ where we want it, and only there:

- Alertmanager tells an end, a return and a repeat when it next looks at the group, once in each
  `group_interval`; we tell them at once.  So ours are compared as such a look would find them.
- What ends and is back before the next look Alertmanager never knew of, and what is back and ends
  again is to it an end that it has told; we have told both.  So what ends stays away for longer
  than an interval here, and what is back stays as long.
- What begins and ends between two looks while others go on Alertmanager tells at the next as ended;
  ours lists what fires, has nothing new to say, and says nothing.  So what joins in later stays for
  longer than an interval here too.
- What is over before `group_wait` is over we forget, and it begins anew; Alertmanager keeps the
  empty group, and its intervals, until it next cleans up.  So such a model stays fine here.
- Alertmanager repeats what was sent longer ago than `repeat_interval` when it looks, and sending
  takes a while; ours is due when it is due.  So its interval is shorter, by less than a slot.
- What fires and ends while its receiver is down Alertmanager gives up; we tell it.
- Confirmation, cooldown, cap and flapping are ours alone, and out of play here.
"""

import os
import random

import pytest
from alert_timelines import (
    MARGIN_S,
    Played,
    a_deaf_line,
    a_line,
    notices_of,
    said_by_tidegauge,
)

from alertmanager_server import binary

TIMELINES = int(os.environ.get("TIDEGAUGE_TIMELINES", "30"))


@pytest.fixture(scope="module")
def played():
    if binary() is None:
        pytest.skip("Alertmanager is not installed; scripts/install-alertmanager does it")
    chance = random.Random(9)
    lines = [a_line(chance, f"t{n}-m{m}") for n in range(TIMELINES) for m in range(3)]
    deaf = [a_deaf_line(chance, f"t{n}-deaf") for n in range(TIMELINES)]
    for _try in range(3):
        made = Played(lines + deaf)
        if made.late_s < MARGIN_S:
            return made
    pytest.fail("the machine stood still in each of three plays")


def test_it_says_what_alertmanager_says(played):
    said = played.said()
    seen, joined = [], 0
    for line in played.lines:
        if line.ear == "deaf":
            continue
        theirs = [each for each in said[line.model] if each.look <= line.last_look]
        ours = [each for each in said_by_tidegauge(line) if each.look <= line.last_look]
        assert ours == theirs, line
        seen += [each.kind for each in ours]
        joined += bool(ours) and line.is_joined
    # It was about something.
    for kind in ("open", "update", "reminder", "resolved"):
        assert seen.count(kind) > TIMELINES / 2, kind
    assert joined > TIMELINES / 4


def test_what_fired_and_ended_in_an_outage_is_told_by_us_alone(played):
    said = played.said()
    deaf = [line for line in played.lines if line.ear == "deaf"]
    assert played.refused > len(deaf)
    for line in deaf:
        assert said[line.model] == []
        assert [notice.kind for _at, notice in notices_of(line)] == ["open", "resolved"]
