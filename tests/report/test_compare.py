"""`compare`: the answer as a whole."""

import json
import math

import numpy as np
import pandas as pd
import pytest

import tidegauge as tg
from tidegauge.report.demo import write_demo


@pytest.fixture(scope="module")
def weeks(tmp_path_factory):
    return write_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def report(weeks):
    return tg.compare(*weeks)


def test_the_planted_faults_are_found_and_nothing_else(report):
    faults = {"income", "plan", "employment_years", "age", "loan_purpose"}
    assert set(report.drifted_features) == faults


def test_a_changed_unit_is_recognised_in_half_of_the_rows(report):
    assert "divided by 1000" in report["income"].advice


def test_since_when_is_the_moment_at_which_the_fault_was_planted(report):
    assert report["income"].since == "2026-03-12T12:00:00Z"
    assert report["age"].since == "2026-03-09T00:00:00Z"


def test_a_strip_is_quiet_in_the_reference_and_loud_where_the_fault_is(report):
    strip = report["income"].strip
    before = [level for level in strip.levels[: strip.current_from] if level is not None]
    assert max(before) < 0.5
    assert strip.levels[-1] > 5
    assert len(strip.starts) == len(strip.levels) + 1


def test_a_new_value_is_named_in_the_words(report):
    assert "'family-plus'" in report["plan"].what


def test_times_and_ids_are_not_judged(report):
    assert {f.name for f in report.features}.isdisjoint({"timestamp", "application_id"})


def test_every_column_shows_every_methods_number(report):
    from tidegauge.drift import METHODS, MIX

    numeric = {m.method for m in report["age"].measurements}
    assert numeric == {method().kind for method in METHODS}
    named = {m.method for m in report["plan"].measurements}
    assert named == {method().kind for method in MIX}
    facets = {m.parameters["facet"] for m in report["loan_purpose"].measurements}
    assert facets == {"length", "words", "digits", "marks", "unknown"}


def test_json_holds_all_and_only_finite_numbers(report):
    found = json.loads(report.to_json())
    assert found["drifted_features"] == report.drifted_features
    assert {f["name"] for f in found["features"]} == {f.name for f in report.features}

    def numbers(value):
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            return [n for item in value for n in numbers(item)]
        return [value] if isinstance(value, float) else []

    assert all(math.isfinite(n) for n in numbers(found))


def test_a_table_has_a_row_for_each_column(report):
    frame = report.to_frame()
    assert frame["column"].tolist() == [f.name for f in report.features]
    assert frame["drifted"].sum() == 5


def test_the_report_prints_and_shows_itself(report):
    assert "income" in str(report)
    assert "5 of 9 columns drifted" in repr(report)
    assert "income" in report._repr_html_()
    assert "age" not in [f.name for f in report.plot("income").features]


def test_the_page_and_the_json_are_written(report, tmp_path):
    assert report.to_html(tmp_path / "a.html") == (tmp_path / "a.html").read_text()
    assert report.to_json(tmp_path / "a.json") == (tmp_path / "a.json").read_text()
    with pytest.raises(tg.InputError, match="cannot write"):
        report.to_html(tmp_path / "no" / "a.html")


def test_importance_weighs_the_share_that_drifted():
    rng = np.random.default_rng(0)
    before = {"a": rng.normal(size=2_000), "b": rng.normal(size=2_000)}
    after = {"a": rng.normal(size=2_000) + 1, "b": rng.normal(size=2_000)}
    assert tg.compare(before, after).drifted_share == 0.5
    weighed = tg.compare(before, after, importance={"a": 9.0, "b": 1.0})
    assert weighed.drifted_share == pytest.approx(0.9)


def test_columns_are_chosen_and_left_out():
    before = {"a": range(100), "b": range(100), "c": range(100)}
    assert [f.name for f in tg.compare(before, before, columns=["b"]).features] == ["b"]
    kept = tg.compare(before, before, ignore=["b"])
    assert {f.name for f in kept.features} == {"a", "c"}
    assert not tg.compare(before, {"a": range(100), "c": range(100)}, ignore=["b"]).findings


def test_profiles_made_before_give_the_same_verdicts_as_rows(weeks):
    reference = tg.decode(tg.encode(tg.Profile.of(weeks[0])))
    by_profile = tg.compare(reference, tg.Profile.of(weeks[1], reference.layout))
    assert by_profile.drifted_features == tg.compare(*weeks).drifted_features
    assert tg.compare(reference, weeks[1]).drifted_features == by_profile.drifted_features


def test_the_joint_distribution_sees_what_no_column_shows():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 3_000))
    independent = {"x": x, "y": y}
    tied = {"x": y, "y": 0.98 * y + 0.2 * x}
    report = tg.compare(independent, tied, joint=True)
    assert not report.drifted
    found = {m.method: m for m in report.dataset}
    assert found["domain_classifier"].value > 0.7
    assert found["domain_classifier"].p_value < 0.001
    assert found["mmd"].p_value < 0.01


def test_embeddings_are_measured_jointly_one_by_one():
    rng = np.random.default_rng(0)
    before = {"e": rng.normal(size=(1_000, 16))}
    after = {"e": rng.normal(size=(1_000, 16)) + 0.4}
    report = tg.compare(before, after, joint=True)
    assert report["e"].drifted
    methods = {m.method for m in report.dataset if m.parameters.get("column") == "e"}
    assert {"centroid", "mmd", "domain_classifier"} <= methods


def test_a_turned_embedding_is_told_by_its_facets():
    rng = np.random.default_rng(0)
    spread = np.array([5.0, 1.0, *([0.1] * 14)])
    before = rng.normal(size=(2_000, 16)) * spread
    after = rng.normal(size=(2_000, 16)) * spread[::-1]
    assert tg.compare({"e": before}, {"e": after}).drifted
    assert not tg.compare({"e": before[:1_000]}, {"e": before[1_000:]}).drifted


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: x * 1000, "multiplied by 1000"),
        (lambda x: x / 60, "divided by 60"),
        (lambda x: x * 1.8 + 32, "Fahrenheit"),
        (lambda x: -x, "negated"),
        (lambda x: x * 0 + 7, "Every value is the same"),
    ],
)
def test_common_causes_are_recognised(change, words):
    x = np.random.default_rng(0).normal(20, 5, 5_000)
    assert words in tg.compare({"x": x}, {"x": change(x)})["x"].advice


def test_another_spelling_of_a_known_value_is_recognised():
    before = {"country": ["DE", "FR", "IT"] * 500}
    after = {"country": ["DE", "fr ", "IT"] * 500}
    assert "'fr ' looks like 'FR'" in tg.compare(before, after)["country"].advice


def test_stages_and_rows_are_told_as_they_go():
    stages, rows = [], []

    def on_stage(name, count):
        stages.append((name, count))
        return rows.append

    tg.compare({"x": range(50)}, {"x": range(70)}, on_stage=on_stage)
    assert [count for _, count in stages] == [50, 70, None]
    assert rows == [50, 70]


def test_the_detector_judges_batches_and_windows():
    rng = np.random.default_rng(0)
    detector = tg.Detector(
        {"a": rng.normal(size=5_000), "b": rng.normal(size=5_000)}, window_size=400
    )
    assert not detector.detect_drift({"a": rng.normal(size=900), "b": rng.normal(size=900)})[
        "drift_detected"
    ]
    answers = [detector.add_sample([1 + rng.normal(), rng.normal()]) for _ in range(400)]
    assert answers[:-1] == [None] * 399
    assert answers[-1]["summary"]["drifted_feature_names"] == ["a"]
    assert 0.5 < answers[-1]["drift_score"] <= 1
    detector.update_reference({"a": 1 + rng.normal(size=5_000), "b": rng.normal(size=5_000)})
    later = {"a": 1 + rng.normal(size=900), "b": rng.normal(size=900)}
    assert not detector.detect_drift(later)["drift_detected"]


def test_a_row_of_the_wrong_length_is_told_what_was_expected():
    detector = tg.Detector({"a": [1.0, 2.0], "b": [1.0, 2.0]})
    with pytest.raises(tg.InputError, match="expected 2 features, got 1"):
        detector.add_sample([1.0])


def test_pandas_is_compared_with_polars(weeks):
    import polars as pl

    mixed = tg.compare(pd.read_parquet(weeks[0]), pl.read_parquet(weeks[1]))
    assert mixed.drifted_features == tg.compare(*weeks).drifted_features
