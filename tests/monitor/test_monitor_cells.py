"""The few cells that the decision rule counts."""

import numpy as np
import pytest

from tidegauge.monitor.cells import Watched
from tidegauge.profile.codec import decode_tallies, encode
from tidegauge.profile.table import Profile


@pytest.fixture
def profile():
    rng = np.random.default_rng(1)
    rows = {"x": rng.normal(size=1_000), "plan": rng.choice(["a", "b"], 1_000).tolist()}
    return Profile.of(rows)


def counted(profile):
    return Watched.of(profile.layout).counts(decode_tallies(encode(profile)))


def test_every_row_is_in_one_cell_of_each_column(profile):
    assert counted(profile).sum(axis=1).tolist() == [1_000, 1_000]


def test_rows_that_stand_for_many_are_worth_no_more_than_they_are(profile):
    assert np.array_equal(counted(profile.times(100)), counted(profile))


def test_rows_of_different_weights_are_worth_less_than_their_number(profile):
    mixed = profile.merge(profile.times(9))
    worth = (10 * 1_000) ** 2 / (82 * 1_000)
    assert counted(mixed).sum(axis=1) == pytest.approx([worth, worth])
    assert worth < 2_000
