"""All models at a glance: who needs somebody first, and how good each was day by day."""

import pytest
from series_api import DAYS, HOURS, history
from series_truth import join, label
from worker_case import START

from tidegauge.catalog import models
from tidegauge.series.fleet import courses
from tidegauge.series.reach import Reach

GRAVE = [("calm", None), ("minor", "low"), ("grave", "critical"), ("bad", "medium")]


@pytest.fixture
def fleet(api):
    for name, severity in GRAVE:
        api.ask("POST", "models", status=201, json={"model_id": name, "owner": "us"})
        if severity:
            told = {"model_id": name, "severity": severity, "title": f"{name} is {severity}"}
            api.ask("POST", "alerts", status=201, json=told)
    return api


class TestStandings:
    def test_those_that_need_somebody_come_first(self, fleet):
        found = fleet.get("fleet")
        assert [each["model_id"] for each in found["models"]] == ["grave", "bad", "minor", "calm"]
        assert [each["status"] for each in found["models"]] == [
            *("critical", "warning", "warning"),
            "unknown",
        ]
        assert found["statuses"] == {"critical": 1, "warning": 2, "unknown": 1}
        assert found["summary"] == "3 of 4 models need you."
        worst = found["models"][0]["worst"]
        assert (worst["title"], worst["severity"]) == ("grave: grave is critical", "critical")
        assert found["models"][3]["worst"] is None

    def test_what_is_resolved_needs_nobody(self, fleet):
        for each in fleet.get("incidents")["incidents"]:
            fleet.ask("POST", f"incidents/{each['incident_id']}/resolve", json={"reason": "done"})
        assert fleet.get("fleet")["summary"] == "No prediction has come yet."

    def test_a_model_that_is_archived_is_left_out(self, fleet):
        fleet.ask("DELETE", "models/grave", status=204)
        names = [each["model_id"] for each in fleet.get("fleet")["models"]]
        assert "grave" not in names

    def test_nothing_of_another_tenant(self, fleet):
        found = fleet.get("fleet", tenant="other")
        assert (found["models"], found["summary"]) == ([], "No model has been seen yet.")
        assert fleet.get("fleet/performance", tenant="other", model="grave") == []

    def test_the_same_status_stands_on_the_models_own_page(self, fleet):
        history(fleet, hours=2, model="grave")
        assert fleet.get("models/grave/status")["overall_status"] in {"critical", "unknown"}


class TestCourses:
    def test_days_are_as_the_model_s_own_performance_has_them(self, api):
        sent = history(api, hours=30)
        later = START + 36 * HOURS
        told = [
            {"prediction_id": each["prediction_id"], "actual_label": "yes", "timestamp": later}
            for each in sent[::2]
        ]
        label(api, told, later)
        join(api, later)
        with api.case.catalog.read() as connection:
            reach = Reach.read(connection, api.application.kept.windows_for)
            every = models.listed(connection, "default", limit=10)
            (course,) = courses(connection, reach, every, later)
        own = api.between("models/m/performance", START, START + 2 * DAYS, step=86_400)
        values = [
            each["metrics"]["accuracy"]["value"] for each in own["data_points"] if each["labelled"]
        ]
        assert course.metric == "accuracy"
        assert [each for each in course.values if each is not None] == pytest.approx(values)
        assert course.coverage == pytest.approx(own["total"]["coverage"])
        assert len(course.values) == 14

    def test_without_labels_there_is_none(self, api):
        history(api, hours=2)
        (course,) = api.get("fleet/performance", model="m")
        assert course["metric"] is None
        assert set(course["values"]) == {None}
        assert course["coverage"] is None
