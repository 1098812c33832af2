"""Groups that are measured together come to what each comes to by itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.performance import Classes, Coded, Delays
from tidegauge.performance import grouped as module
from tidegauge.performance.grouped import classes_of, delays_of, slices

SCORES = [-3.0, 0.0, 1e-12, 0.1, 0.49, 0.5, 0.75, 1.0, 2.5, float("nan")]
NAMES = ["no", "yes", "maybe"]


def same(one, other):
    assert one.names == other.names
    np.testing.assert_allclose(one.counts, other.counts)
    assert one.squares == pytest.approx(other.squares)
    assert list(one.scores) == list(other.scores)
    for mine, theirs in zip(one.scores.values(), other.scores.values(), strict=True):
        assert mine.truths == theirs.truths
        assert mine.bins.tolist() == theirs.bins.tolist()
        for field in ("counts", "bands", "sums"):
            a, b = getattr(mine, field), getattr(theirs, field)
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@st.composite
def grouped(draw):
    sizes = draw(st.lists(st.integers(0, 8), min_size=1, max_size=6))
    count = sum(sizes)

    def rows(of):
        return draw(st.lists(of, min_size=count, max_size=count))

    codes = st.integers(-1, len(NAMES) - 1)
    true, chosen = (Coded(np.array(rows(codes), dtype=np.int64), NAMES) for _side in range(2))
    columns = ["prediction_score", "probabilities.yes", "probabilities.other"]
    scores = {name: np.array(rows(st.sampled_from(SCORES)), dtype=float) for name in columns}
    weights = np.array(rows(st.sampled_from([0.5, 1.0, 3.0])), dtype=float)
    cuts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return true, chosen, scores, draw(st.sampled_from([None, weights])), cuts


@pytest.mark.parametrize("cells", [module._CELLS, 0])
@given(rows=grouped())
@settings(deadline=None)
def test_classes_of_each_group(cells, rows):
    true, chosen, scores, weights, cuts = rows
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CELLS", cells)
        found = classes_of(true, chosen, scores, weights, cuts)
    assert len(found) == len(cuts) - 1
    for one, own in zip(found, slices(cuts), strict=True):
        alone = Classes.of(
            Coded(true.codes[own], NAMES),
            Coded(chosen.codes[own], NAMES),
            {name: each[own] for name, each in scores.items()},
            None if weights is None else weights[own],
        )
        same(one, alone)


@given(st.lists(st.lists(st.floats(-1e4, 1e9), max_size=8), min_size=1, max_size=6))
@settings(deadline=None)
def test_delays_of_each_group(groups):
    cuts = np.concatenate([[0], np.cumsum([len(own) for own in groups])]).astype(np.int64)
    found = delays_of(np.array([one for own in groups for one in own], dtype=float), cuts)
    for one, own in zip(found, groups, strict=True):
        alone = Delays.of(np.array(own, dtype=float))
        assert one.bins.tolist() == alone.bins.tolist()
        assert one.counts.tolist() == alone.counts.tolist()
        assert one.early == alone.early
