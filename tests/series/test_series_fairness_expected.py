"""Groups by what is expected of them, while their labels have not come."""

import pytest
import series_api
from series_api import Api
from worker_case import START
from worker_estimated import HOURS, Estimated


@pytest.fixture
def api(tmp_path, monkeypatch):
    monkeypatch.setattr(series_api, "Case", Estimated)
    made = Api(tmp_path / "case")
    yield made
    made.close()


def test_the_truth_that_is_expected_stands_in(api):
    case = api.case
    some = {"tags": lambda chance: {"group": chance.choice("ab")}}
    case.predict(0, **some)
    case.count()
    api.ask("PUT", "models/m/schema", json={"segments": ["tags.group"]})
    etag = api.key("read").get("models/m").headers["ETag"]
    told = {"positive_label": "yes", "positive_is_favourable": True}
    api.ask("PATCH", "models/m", json=told, headers={"If-Match": etag})
    for hour in range(1, 13):
        case.predict(hour, 100, **some)
    case.label()
    case.predict(13, 400, **some)
    case.estimate(START + 15 * HOURS)
    span = START + 13 * HOURS, START + 14 * HOURS
    (plain,) = api.between("models/m/fairness", *span)["attributes"]
    (found,) = api.between("models/m/fairness", *span, estimated=True)["attributes"]
    assert (plain["is_estimated"], plain["max_tpr_difference"]) == (False, None)
    assert (found["is_estimated"], found["verdict"]) == (True, "inconclusive")
    assert found["max_tpr_difference"] is not None
    case.label()
    case.estimate(START + 20 * HOURS)
    (later,) = api.between("models/m/fairness", *span)["attributes"]
    for one, other in zip(found["group_metrics"], later["group_metrics"], strict=True):
        assert one["positive_rate"] == other["positive_rate"]
        assert (one["labelled"], other["labelled"]) == (0, other["sample_count"])
        for rate in ("true_positive_rate", "false_positive_rate", "precision", "accuracy"):
            assert one[rate]["low"] <= other[rate]["value"] <= one[rate]["high"]
