import math
import re

from hypothesis import assume, given
from hypothesis import strategies as st

from tidegauge.report.interval import ruler
from tidegauge.report.result import Effect, Strip
from tidegauge.report.strip import heat
from tidegauge.report.svg import BIN, HEIGHT, axis, labels, outline, ticks

numbers = st.floats(allow_nan=False, allow_infinity=False)
shares = st.lists(st.floats(0, 1), min_size=1, max_size=60)


@given(numbers, numbers, st.integers(2, 9))
def test_marks_lie_on_their_axis_and_are_not_too_many(one, other, most):
    low, high = sorted((one, other))
    marks = axis(low, high, most)
    assert 1 <= len(marks) <= most
    assert all(-0.01 <= mark.at <= 100.01 for mark in marks)


@given(numbers, numbers)
def test_no_two_marks_of_an_axis_read_the_same(one, other):
    found = [mark.label for mark in axis(*sorted((one, other)))]
    assert len(set(found)) == len(found)


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**6))
def test_a_label_reads_as_the_place_it_marks(low, span):
    places = ticks(low, low + span, 6)
    units = {"k": 1e3, "M": 1e6}
    for place, label in zip(places, labels(places), strict=True):
        number = float(label.rstrip("kM").replace(",", "")) * units.get(label[-1], 1)
        assert math.isclose(number, place, rel_tol=1e-9, abs_tol=1e-9)


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


def test_a_span_without_rows_is_a_gap_and_no_level():
    drawn = heat(
        Strip(
            starts=["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"],
            current_from=1,
            levels=[0.1, None, 1.5],
        )
    )
    assert drawn.gaps
    assert set(drawn.cells) == {"calm", "over"}
    assert "1 of 1 current spans at or past the warning mark, first 2024-01-03" in drawn.says
