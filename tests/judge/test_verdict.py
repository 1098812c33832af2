"""The verdict on two samples: quiet where nothing moved, awake where something did."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import tidegauge as tg
from tidegauge.drift.pair import Mix, Ordered
from tidegauge.judge import effects
from tidegauge.judge.cells import category_cells, numeric_cells
from tidegauge.judge.evidence import adjusted, p_values
from tidegauge.profile import table
from tidegauge.rows import file

GOLDEN = json.loads((Path(__file__).parent / "adjusted.json").read_text())


def normal(rows, seed=0, shift=0.0):
    return {"x": np.random.default_rng(seed).normal(size=rows) + shift}


def verdict(reference, current):
    return tg.compare(reference, current).features[0]


def test_a_sample_has_not_drifted_from_itself():
    data = normal(5_000)
    found = verdict(data, data)
    assert not found.drifted
    assert found.p_value == 1.0


def test_a_million_healthy_rows_that_differ_significantly_do_not_drift():
    found = verdict(normal(1_000_000), normal(1_000_000, 1, shift=0.03))
    assert found.p_value < 1e-20
    assert not found.drifted


def test_fifty_rows_are_not_over_read():
    pairs = [(normal(50, 2 * seed), normal(50, 2 * seed + 1)) for seed in range(300)]
    # One in a hundred is allowed.
    assert sum(verdict(*pair).drifted for pair in pairs) <= 3


def test_a_shift_of_three_tenths_of_a_deviation_is_found_in_five_thousand_rows():
    found = verdict(normal(5_000), normal(5_000, 1, shift=0.3))
    assert found.severity == "warning"


def test_a_shift_of_a_whole_deviation_is_critical():
    assert verdict(normal(5_000), normal(5_000, 1, shift=1.0)).severity == "critical"


@pytest.mark.parametrize("far", [1e6, -1e6, np.inf])
def test_values_far_outside_the_reference_are_drift(far):
    current = np.random.default_rng(1).lognormal(size=5_000)
    current[:3_000] = far
    found = verdict({"x": np.random.default_rng(0).lognormal(size=5_000)}, {"x": current})
    assert found.severity == "critical"


def test_a_new_category_is_drift():
    before = {"x": ["a", "b"] * 1_000}
    assert verdict(before, {"x": ["a", "b"] * 900 + ["c"] * 200}).severity == "critical"


def test_a_vanished_category_is_drift():
    before = {"x": ["a", "b", "c", "c"] * 500}
    assert verdict(before, {"x": ["a", "b"] * 1_000}).severity == "critical"


def test_missing_values_are_drift_though_the_others_have_not_moved():
    before = normal(5_000)
    after = normal(5_000, 1)["x"]
    after[:500] = np.nan
    found = verdict(before, {"x": after})
    assert found.severity == "critical"
    assert "missing" in found.what


@pytest.mark.parametrize("values", [300, 3_000, 30_000])
def test_halves_of_a_long_tail_of_categories_have_not_drifted(values):
    rng = np.random.default_rng(values)
    shares = 1 / np.arange(1, values + 1)
    drawn = rng.choice(values, 20_000, p=shares / shares.sum()).astype(str)
    schema = {"x": "category"}
    report = tg.compare({"x": drawn[:10_000]}, {"x": drawn[10_000:]}, schema=schema)
    assert not report.drifted


def test_a_long_tail_whose_bins_come_from_some_of_its_rows_has_not_drifted(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    shares = 1 / np.arange(1, 3_001)
    drawn = rng.choice(3_000, 40_000, p=shares / shares.sum()).astype(str)
    numbers = rng.standard_cauchy(40_000)
    for name, half in (("before", slice(0, 20_000)), ("after", slice(20_000, None))):
        pq.write_table(
            pa.table({"x": drawn[half], "y": numbers[half]}), tmp_path / f"{name}.parquet"
        )
    monkeypatch.setattr(file, "SMALL", 0)
    monkeypatch.setattr(table, "_FIT", 2_000)
    paths = (tmp_path / "before.parquet", tmp_path / "after.parquet")
    report = tg.compare(*paths, schema={"x": "category"})
    assert not report.drifted
    assert not report.findings


def test_what_is_new_beyond_what_a_long_tail_brings_is_drift():
    rng = np.random.default_rng(0)
    shares = 1 / np.arange(1, 3_001)
    drawn = rng.choice(3_000, 20_000, p=shares / shares.sum()).astype(str).astype(object)
    drawn[10_000:12_000] = [f"new-{i}" for i in range(2_000)]
    schema = {"x": "category"}
    report = tg.compare({"x": drawn[:10_000]}, {"x": drawn[10_000:]}, schema=schema)
    assert report.drifted


def test_samples_of_very_different_size_of_one_source_have_not_drifted():
    for seed in range(20):
        assert not verdict(normal(200, seed), normal(200_000, seed + 100)).drifted
        assert not verdict(normal(200_000, seed), normal(200, seed + 100)).drifted


@settings(max_examples=100, deadline=None)
@given(
    arrays.arrays(np.int64, st.integers(20, 300), elements=st.integers(-1_000, 1_000)),
    st.integers(-20, 20),
    st.integers(-(10**6), 10**6),
)
def test_the_verdict_does_not_depend_on_unit_or_origin(values, power, origin):
    current = values // 2 + 300
    plain = verdict({"x": values.astype(float)}, {"x": current.astype(float)})
    # Powers of two and whole numbers: nothing is rounded.
    moved = verdict(*({"x": (side + origin) * 2.0**power} for side in (values, current)))
    assert moved.severity == plain.severity
    assert moved.p_value == pytest.approx(plain.p_value, rel=1e-6)


def test_adjusted_p_values_are_those_of_statsmodels():
    found = adjusted(np.array(GOLDEN["p"]))
    assert found == pytest.approx(GOLDEN["fdr_by"], rel=1e-9)


def test_p_values_without_an_answer_are_not_counted():
    p = np.array([0.001, np.nan, 0.01])
    assert adjusted(p)[[0, 2]] == pytest.approx(adjusted(p[[0, 2]]))
    assert np.isnan(adjusted(p)[1])


def pairs(rows, current, count, make):
    rng = np.random.default_rng(rows + current)
    reference = tg.Profile.of({f"x{i}": make(rng, rows) for i in range(count)})
    later = tg.Profile.of({f"x{i}": make(rng, current) for i in range(count)}, reference.layout)
    return reference, later


@pytest.mark.parametrize("rows", [(50, 50), (500, 500), (2_000, 100)])
@pytest.mark.parametrize(
    "make",
    [
        lambda rng, n: rng.normal(size=n),
        lambda rng, n: rng.poisson(2, n).astype(float),
        lambda rng, n: np.where(rng.random(n) < 0.7, 0.0, rng.lognormal(size=n)),
    ],
    ids=["normal", "counts", "mostly zero"],
)
def test_p_values_without_drift_are_as_frequent_as_they_say(rows, make):
    before, after = pairs(*rows, 1_500, make)
    p = p_values(numeric_cells(Ordered(before.numeric, after.numeric)))
    for level in (0.05, 0.01):
        # Three standard errors of a share of 1,500.
        assert (p <= level).mean() <= level + 3 * np.sqrt(level / 1_500)


@pytest.mark.parametrize("effect", ["psi", "jensen_shannon"])
def test_debiased_effects_without_drift_are_around_zero(effect):
    before, after = pairs(300, 300, 400, lambda rng, n: rng.normal(size=n))
    found = getattr(effects, effect)(numeric_cells(Ordered(before.numeric, after.numeric)))
    plain = found.value if effect == "psi" else found.value**2
    assert abs(plain.mean()) < 0.02


@pytest.mark.parametrize("effect", ["psi", "jensen_shannon"])
def test_intervals_are_those_of_the_bootstrap_where_something_moved(effect):
    rng = np.random.default_rng(0)
    before = tg.Profile.of({"x": rng.normal(size=3_000)})
    after = tg.Profile.of({"x": rng.normal(0.5, 1.2, 3_000)}, before.layout)
    mix = numeric_cells(Ordered(before.numeric, after.numeric))
    found = getattr(effects, effect)(mix)
    draws = 4_000
    p, q = (
        rng.multinomial(3_000, side[0] / side[0].sum(), draws)
        for side in (mix.reference, mix.current)
    )
    drawn = getattr(effects, effect)(
        Mix(p.astype(float), q.astype(float), np.repeat(mix.real, draws, axis=0))
    ).value
    width = (found.upper - found.lower)[0]
    expected = np.quantile(drawn, 0.975) - np.quantile(drawn, 0.025)
    # Ours is the wider: a cell without rows never varies in the bootstrap, and should.
    assert 0.9 * expected <= width <= 1.5 * expected


@pytest.mark.parametrize("effect", ["ks", "wasserstein"])
def test_intervals_over_order_are_those_of_the_bootstrap_where_something_moved(effect):
    rng = np.random.default_rng(0)
    reference, current = rng.normal(size=1_000), rng.normal(0.5, 1.2, 1_000)
    layout = tg.Profile.of({f"x{i}": reference for i in range(300)}).layout
    drawn = [
        tg.Profile.of({f"x{i}": rng.choice(side, 1_000) for i in range(300)}, layout).numeric
        for side in (reference, current)
    ]
    spread = getattr(effects, effect)(Ordered(*drawn)).value
    one = tg.Profile.of({"x": reference})
    found = getattr(effects, effect)(
        Ordered(one.numeric, tg.Profile.of({"x": current}, one.layout).numeric)
    )
    width = (found.upper - found.lower)[0]
    assert width == pytest.approx(np.quantile(spread, 0.975) - np.quantile(spread, 0.025), rel=0.3)


def test_rows_are_in_one_cell_each():
    rng = np.random.default_rng(0)
    columns = {"x": rng.poisson(1, 500).astype(float), "w": rng.choice(["a", "b", None], 500)}
    before = tg.Profile.of({k: v.tolist() for k, v in columns.items()})
    mixes = (
        numeric_cells(Ordered(before.numeric, before.numeric)),
        category_cells(before.categories, before.categories),
    )
    for mix in mixes:
        assert mix.reference.sum(axis=1).tolist() == [500.0]
        assert mix.current.sum(axis=1).tolist() == [500.0]
