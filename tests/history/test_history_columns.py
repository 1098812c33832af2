"""What becomes of a file's columns, and the errors that say the way out."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tidegauge.errors import InputError
from tidegauge.history.columns import Plan
from tidegauge.history.send import checked
from tidegauge.record.fields import LABELS, PREDICTIONS

AT = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)


def plan(columns, kind=PREDICTIONS, **mapping):
    return Plan.of(columns, kind, mapping, "m")


def test_known_names_are_fields_and_others_are_features():
    found = plan(
        ["id", "y_pred_proba", "age", "tags.region", "features.plan", "when"], when="timestamp"
    )
    assert dict(found.targets) == {
        "id": "prediction_id",
        "y_pred_proba": "prediction_score",
        "age": "features.age",
        "tags.region": "tags.region",
        "features.plan": "features.plan",
        "when": "timestamp",
    }


def test_labels_have_no_features():
    assert dict(plan(["id", "y_true", "age"], LABELS).targets) == {
        "id": "prediction_id",
        "y_true": "actual_label",
    }


@pytest.mark.parametrize(
    ("columns", "mapping", "said"),
    [
        (["when"], {"whn": "timestamp"}, "did you mean 'when'"),
        (["when"], {"when": "timestmp"}, "did you mean 'timestamp'"),
        (["id", "request_id"], {}, "--map COLUMN=-"),
    ],
)
def test_a_wrong_mapping_says_the_way_out(columns, mapping, said):
    with pytest.raises(InputError, match=said):
        plan(columns, **mapping)


def test_a_time_is_needed():
    with pytest.raises(InputError, match="--map COLUMN=timestamp"):
        checked(plan(["age"]))
    with pytest.raises(InputError, match="--map COLUMN=prediction_id"):
        checked(plan(["y_true"], LABELS))


SECONDS = int(AT.timestamp())


@pytest.mark.parametrize(
    "times",
    [
        pa.array([AT]),
        pa.array([AT.replace(tzinfo=None)]),
        pa.array(["2026-11-01T12:30:00Z"]),
        pa.array(["2026-11-01 12:30:00"]),
        pa.array([SECONDS]),
        pa.array([SECONDS * 1000]),
        pa.array([SECONDS * 1_000_000]),
        pa.array([SECONDS * 1_000_000_000]),
        pa.array([float(SECONDS)]),
    ],
)
def test_times_in_any_form_are_moments(times):
    table = plan(["timestamp"]).table(pa.table({"timestamp": times}), 0, "d")
    assert table["timestamp"].to_pylist() == [AT]
    assert table["prediction_id"].to_pylist() == ["d-0"]
    assert table["model_id"].to_pylist() == ["m"]


def test_what_is_no_time_is_refused():
    with pytest.raises(InputError, match="ISO 8601"):
        plan(["timestamp"]).table(pa.table({"timestamp": ["soon"]}), 0, "d")
