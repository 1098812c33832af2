"""Marks, rulers and what pictures are drawn of."""

import json
import math
import re

import numpy as np
import pytest
from example import HOSTILE, amount, merchant, strip, unjudged
from hypothesis import assume, given
from hypothesis import strategies as st

import tidegauge as tg
from tidegauge.report.bars import lines
from tidegauge.report.drawn import ROWS, distributions, moved
from tidegauge.report.interval import ruler
from tidegauge.report.mark import BIN, HEIGHT, mark, outline
from tidegauge.report.result import Bars, Effect, Strip
from tidegauge.report.strip import said
from tidegauge.report.words import plain

shares = st.lists(st.floats(0, 1), min_size=1, max_size=60)
mixes = st.lists(st.tuples(st.text(max_size=4), st.floats(0, 1), st.floats(0, 1)), max_size=60)


def bars(mix, special=0):
    labels, before, after = ([one[at] for one in mix] for at in range(3))
    return Bars(labels=labels, reference=before, current=after, special=min(special, len(mix)))


@given(shares)
def test_an_outline_has_a_step_of_each_height(heights):
    top = max(heights)
    assume(top > 0)
    level, drawn = HEIGHT, []
    for kind, size in re.findall(r"([hv])(-?\d+)", outline(heights, top)):
        if kind == "v":
            level += int(size)
        else:
            drawn += [HEIGHT - level] * (int(size) // BIN)
    assert drawn == [round(HEIGHT * height / top) for height in heights]


@given(mixes, st.integers(0, 3))
def test_folding_values_loses_no_rows(mix, special):
    told = lines(bars(mix, special))
    assert len(told) <= 16 + special
    for side, at in (("reference", 1), ("current", 2)):
        whole = math.fsum(one[at] for one in mix)
        assert math.fsum(getattr(line, side) for line in told) == pytest.approx(whole)


@given(mixes, st.integers(0, 3))
def test_a_picture_of_values_is_drawn_of_the_lines_of_its_table(mix, special):
    found = bars(mix, special)
    of, sides = distributions(found)
    told = lines(found)
    assert of["picture"]["labels"] == [plain(line.label, 80) for line in told]
    assert of["picture"]["special"] == sum(line.is_group for line in told)
    assert of["picture"]["current"] == pytest.approx([line.current for line in told], rel=5e-3)
    assert sides == ("reference", "current")


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_drawn_is_named_by_what_prints(name):
    (of,) = moved([amount(name, 0.5)])
    assert of["columns"][0][0] == plain(name, 80)
    assert not re.search(r"[\u202e\x00-\x1f\ud800]", of["columns"][0][0])


def test_numbers_are_drawn_to_three_digits_of_what_was_found():
    picture = amount("a", 0.5, missing=(0.004, 0.121)).picture
    found = distributions(picture, days=True)[0]
    assert found["facet"] == "day"
    assert found["picture"]["edges"] == picture.edges
    for side in ("reference", "current", "below", "above", "missing"):
        assert found["picture"][side] == pytest.approx(list(getattr(picture, side)), rel=5e-3)
    assert len(json.dumps(found, separators=(",", ":"))) < 1200


def test_columns_over_time_are_the_first_that_have_a_strip():
    columns = [unjudged("none"), *(amount(f"a{n}", 0.5) for n in range(2 * ROWS))]
    (of,) = moved(columns)
    assert [name for name, _ in of["columns"]] == [f"a{n}" for n in range(ROWS)]
    assert len(of["starts"]) == len(of["columns"][0][1]) + 1
    assert of["starts"][of["current_from"]] == "2024-05-03"
    assert moved([unjudged("none")]) == []


def test_a_mark_stands_between_the_ends_of_its_axis():
    found = mark(amount("a", 0.5, missing=(0.0, 0.2)).picture)
    assert (found.first, found.last) == ("0", "600")
    assert found.width > 40 * BIN
    assert [line.label for line in found.outside] == ["below 0", "above 600", "missing"]
    named = mark(merchant("m").picture)
    assert (named.first, named.last) == ("groceries", "unseen")


def test_a_narrow_range_far_from_zero_keeps_its_places_apart():
    seconds = np.random.default_rng(0).normal(1.7e9, 3_000, 5_000)
    picture = tg.compare({"at": seconds}, {"at": seconds + 100})["at"].picture
    steps = np.diff(picture.edges)
    assert steps.min() > 0
    assert steps == pytest.approx(np.full(40, steps.mean()), rel=1e-2)


def test_an_effect_far_past_its_marks_keeps_both_in_sight():
    drawn = ruler(Effect(name="psi", value=12, lower=11, upper=13, warning=0.1, critical=0.25))
    assert drawn.is_cut
    assert 5 < drawn.warning < drawn.critical < 50


def test_an_interval_below_zero_begins_at_the_left_end():
    drawn = ruler(
        Effect(name="psi", value=0.01, lower=-0.02, upper=0.04, warning=0.1, critical=0.25)
    )
    assert drawn.lower == 0
    assert not drawn.is_cut


def test_a_span_without_rows_is_not_counted():
    found = Strip(
        starts=["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"],
        current_from=1,
        levels=[0.1, None, 1.5],
    )
    assert "1 of 1 current spans at or past the warning mark, first 2024-01-03" in said(found)
    assert said(strip(0.2)).endswith("the highest is 0.44 times the mark")
