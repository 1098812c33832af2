"""A hundred faults of a kind that a person would call one: each is told within five minutes."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "bench"))

from injections import COUNT, LIMIT, measure


def test_a_hundred_faults_are_found_within_five_minutes():
    found = measure()
    assert len(found) == COUNT
    assert [each for each in found if each.is_early] == []
    assert [each for each in found if each.took is None or each.took > LIMIT] == []
    assert sum(each.is_right for each in found) >= COUNT * 0.95
