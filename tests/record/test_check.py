"""What of a record is kept, and why one is refused."""

import pytest

from tidegauge.record.check import DAY, Checker, Signal, Terms
from tidegauge.record.fields import FEEDBACK, KINDS, LABELS, METRICS, PREDICTIONS

NOW = 1_800_000_000_000_000
GOOD = {"model_id": "fraud", "prediction_id": "p1"}


def check(record, kind=PREDICTIONS, **terms):
    return Checker(kind, Terms(now=NOW, **terms)).check(record)


def codes(record, kind=PREDICTIONS, **terms):
    _kept, problems = check(record, kind, **terms)
    return [(problem.pointer, problem.code) for problem in problems]


def signals(record, kind=PREDICTIONS, **terms):
    checker = Checker(kind, Terms(now=NOW, **terms))
    checker.check(record)
    return {signal.code for signal in checker.signals} - {"no-timestamp"}


def test_a_whole_record_is_kept_as_it_is():
    record = {
        **GOOD,
        "model_version": "2.1.0",
        "timestamp": "2026-11-21T12:00:00.5+01:00",
        "features": {"age": 41, "plan": "gold", "vip": True, "income": None},
        "prediction_label": "fraud",
        "prediction_score": 0.87,
        "probabilities": {"fraud": 0.87, "ok": 0.13},
        "tags": {"region": "eu"},
        "embeddings": {"title": [0.1, 0.2]},
        "weight": 10.0,
    }
    kept, problems = check(record)
    assert problems == []
    assert kept == {**record, "timestamp": 1_795_258_800_500_000}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"model_id": None}, ("/model_id", "required")),
        ({"model_id": ""}, ("/model_id", "too-short")),
        ({"model_id": "a" * 129}, ("/model_id", "too-long")),
        ({"model_id": "../x"}, ("/model_id", "bad-format")),
        ({"model_id": ".."}, ("/model_id", "bad-format")),
        ({"model_id": "a/b"}, ("/model_id", "bad-format")),
        ({"model_id": " a"}, ("/model_id", "bad-format")),
        ({"model_id": "\U0001f600"}, ("/model_id", "bad-format")),
        ({"model_id": 7}, ("/model_id", "wrong-type")),
        ({"prediction_id": None}, ("/prediction_id", "required")),
        ({"prediction_id": ""}, ("/prediction_id", "too-short")),
        ({"prediction_id": "x" * 129}, ("/prediction_id", "too-long")),
        ({"prediction_id": "é" * 65}, ("/prediction_id", "too-long")),
        ({"prediction_id": 12}, ("/prediction_id", "wrong-type")),
        ({"prediction_id": "a\0b"}, ("/prediction_id", "bad-unicode")),
        ({"prediction_id": "\ud800"}, ("/prediction_id", "bad-unicode")),
        ({"timestamp": "2026-01-01T00:00:00"}, ("/timestamp", "timestamp-no-offset")),
        ({"timestamp": "01/02/2026"}, ("/timestamp", "bad-format")),
        ({"timestamp": "2026-02-30T00:00:00Z"}, ("/timestamp", "bad-format")),
        ({"timestamp": 1_700_000_000}, ("/timestamp", "bad-format")),
        ({"timestamp": 1.5}, ("/timestamp", "bad-format")),
        ({"timestamp": True}, ("/timestamp", "wrong-type")),
        ({"features": [1, 2]}, ("/features", "wrong-type")),
        ({"features": {"": 1}}, ("/features/", "too-short")),
        ({"features": {"x" * 257: 1}}, ("/features/" + "x" * 257, "too-long")),
        ({"features": {"a\nb": 1}}, ("/features/a\nb", "bad-unicode")),
        ({"features": {"a\u202eb": 1}}, ("/features/a\u202eb", "bad-unicode")),
        ({"features": {"a": {}}}, ("/features/a", "wrong-type")),
        ({"features": {"a": [1.0] * 5}}, ("/features/a", "wrong-type")),
        ({"features": {"a/b~c": []}}, ("/features/a~1b~0c", "wrong-type")),
        ({"features": {"a": "x" * 65_537}}, ("/features/a", "too-long")),
        ({"features": {"a": "\0"}}, ("/features/a", "bad-unicode")),
        ({"features": dict.fromkeys(map(str, range(10_001)))}, ("/features", "too-many-features")),
        ({"prediction_score": "0.9"}, ("/prediction_score", "wrong-type")),
        ({"prediction_score": True}, ("/prediction_score", "wrong-type")),
        ({"prediction_score": float("nan")}, ("/prediction_score", "not-finite")),
        ({"probabilities": {"a": 0.5, "b": 0.4}}, ("/probabilities", "out-of-range")),
        ({"probabilities": {"a": 1.2}}, ("/probabilities/a", "out-of-range")),
        ({"tags": {str(n): "x" for n in range(65)}}, ("/tags", "too-many")),
        ({"tags": {"k" * 129: "x"}}, ("/tags/" + "k" * 129, "too-long")),
        ({"tags": {"k": "x" * 1025}}, ("/tags/k", "too-long")),
        ({"tags": {"k": {"deep": 1}}}, ("/tags/k", "wrong-type")),
        ({"prediction_latency_ms": -1}, ("/prediction_latency_ms", "out-of-range")),
        ({"input_validation_passed": 1}, ("/input_validation_passed", "wrong-type")),
        ({"prediction_labels": "a"}, ("/prediction_labels", "wrong-type")),
        ({"embeddings": {"e": [1, "x"]}}, ("/embeddings/e", "wrong-type")),
        ({"embeddings": {"e": [float("inf")]}}, ("/embeddings/e", "not-finite")),
        ({"weight": 0.5}, ("/weight", "out-of-range")),
        (
            {"features": {"a": 1}, "shap_values": {"b": 1.0}},
            ("/shap_values/b", "unknown-feature"),
        ),
        ({"shap_values": {"a": float("nan")}}, ("/shap_values/a", "not-finite")),
    ],
)
def test_a_fault_is_told_with_its_place_and_code(changed, expected):
    assert codes({**GOOD, **changed}) == [expected]


@pytest.mark.parametrize("record", [None, [], "x", 3, True])
def test_a_record_is_an_object(record):
    assert codes(record) == [("", "wrong-type")]


def test_the_value_is_never_repeated():
    secret = "jane@example.org"  # noqa: S105 - an address
    record = {"model_id": secret, "prediction_id": [secret], "features": {"a": [secret]}}
    _kept, problems = check(record)
    assert problems
    assert not any(secret in problem.detail + problem.pointer for problem in problems)


def test_texts_that_look_like_numbers_stay_texts():
    features = {"a": "1,5", "b": "1e3", "c": " 7 ", "d": "½", "e": "٣"}
    kept, _problems = check({**GOOD, "features": features})
    assert kept["features"] == features


class TestTime:
    def test_a_day_ahead_is_kept_and_told(self):
        ahead = "2027-01-15T09:00:00Z"
        assert signals({**GOOD, "timestamp": ahead}) == {"skewed"}

    def test_more_than_a_day_ahead_is_refused(self):
        ahead = "2027-01-16T09:00:00Z"
        assert codes({**GOOD, "timestamp": ahead}) == [("/timestamp", "timestamp-in-future")]

    def test_past_retention_is_refused_with_the_cutoff(self):
        _kept, (problem,) = check(
            {**GOOD, "timestamp": "2026-01-01T00:00:00Z"}, oldest=NOW - 90 * DAY
        )
        assert problem.code == "timestamp-too-old"
        assert "2026-10-17" in problem.detail

    def test_none_is_told(self):
        checker = Checker(PREDICTIONS, Terms(now=NOW))
        checker.check(GOOD)
        assert {signal.code for signal in checker.signals} == {"no-timestamp"}


class TestNames:
    def test_names_of_others_are_understood(self):
        kept, problems = check(
            {
                "model_name": "fraud",
                "request_id": "p1",
                "input_features": {"a": 1},
                "y_pred": "ok",
                "inference_time": 0.25,
            }
        )
        assert problems == []
        assert kept == {
            **GOOD,
            "features": {"a": 1},
            "prediction_label": "ok",
            "prediction_latency_ms": 250.0,
        }

    def test_a_regression_answers_with_a_score(self):
        kept, _problems = check({**GOOD, "prediction": 12.5})
        assert kept["prediction_score"] == 12.5

    def test_both_names_with_other_values_are_refused(self):
        record = {**GOOD, "request_id": "p2"}
        assert codes(record) == [("/request_id", "bad-format")]
        (problem,) = check(record)[1]
        assert "'prediction_id'" in problem.detail

    def test_both_names_with_the_same_value_are_fine(self):
        assert check({**GOOD, "request_id": "p1"})[1] == []

    def test_milliseconds_are_no_guess_where_the_name_says_so(self):
        kept, _problems = check({**GOOD, "timestamp_ms": 1_799_999_999_000})
        assert kept["timestamp"] == 1_799_999_999_000_000

    def test_an_unknown_field_is_told_with_the_nearest_name(self):
        checker = Checker(PREDICTIONS, Terms(now=NOW))
        checker.check({**GOOD, "featuers": {}})
        detail = 'unknown field "featuers", did you mean "features"?'
        assert Signal("unknown-field", detail) in checker.signals

    def test_twins_are_told(self):
        assert signals({**GOOD, "features": {"caf\u00e9": 1, "cafe\u0301": 2}}) == {"similar-name"}

    def test_a_model_has_a_limit_of_names(self):
        checker = Checker(PREDICTIONS, Terms(now=NOW))
        for start in range(0, 10_000, 1000):
            names = {f"f{n}": 1 for n in range(start, start + 1000)}
            assert checker.check({**GOOD, "features": names})[1] == []
        _kept, (problem,) = checker.check({**GOOD, "features": {"one more": 1}})
        assert problem.code == "too-many-features"
        assert checker.check({**GOOD, "model_id": "other", "features": {"one more": 1}})[1] == []


class TestOtherKinds:
    def test_an_id_is_made_on_request(self):
        kept, problems = check({"model_id": "m"}, generate_ids=True)
        assert problems == []
        assert len(kept["prediction_id"]) == 36

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({}, ("/actual_label", "required")),
            ({"actual_label": None}, ("/actual_label", "required")),
            ({"actual_label": ""}, ("/actual_label", "too-short")),
            ({"actual_label": float("nan")}, ("/actual_label", "not-finite")),
            ({"actual_score": "1"}, ("/actual_score", "wrong-type")),
        ],
    )
    def test_a_label_says_something(self, changed, expected):
        assert codes({**GOOD, **changed}, LABELS) == [expected]

    def test_a_label_is_withdrawn_on_purpose_only(self):
        assert codes({**GOOD, "actual_label": None, "retract": True}, LABELS) == []

    def test_feedback_stays_in_its_ranges(self):
        record = {**GOOD, "user_satisfaction_rating": 6, "engagement_score": 1.5}
        assert codes(record, FEEDBACK) == [
            ("/user_satisfaction_rating", "out-of-range"),
            ("/engagement_score", "out-of-range"),
        ]

    def test_a_metric_needs_no_model(self):
        assert codes({"metric_name": "cache", "value": 0.5}, METRICS) == []
        assert codes({"metric_name": "cache"}, METRICS) == [("/value", "required")]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_no_alias_hides_a_field(kind):
    assert not kind.aliases.keys() & kind.fields.keys()
    assert all(field.about for field in kind.fields.values())
