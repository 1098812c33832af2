"""`tidegauge.Server`: who trains a model, and a job that a program asks for."""

import random

import pytest
from series_api import HOURS, history
from series_truth import join, label
from worker_case import START

import tidegauge as tg


@pytest.fixture
def server(api):
    chance = random.Random(2)
    sent = history(api, hours=12)
    told = [
        {"prediction_id": each["prediction_id"], "actual_label": chance.choice(["yes", "no"])}
        for each in sent
    ]
    label(api, told, START + 13 * HOURS)
    join(api, START + 13 * HOURS)
    api.ask("PUT", "retraining/config", json={"min_samples_for_retraining": 100})
    token = api.key("admin").headers["Authorization"].removeprefix("Bearer ")
    with tg.Server(api.url, token) as made:
        yield made


def test_it_says_who_trains_and_asks_for_a_job(api, server):
    made = server.register_retraining_callback("m", "python:scikit", parameters={"depth": 3})
    again = server.register_retraining_callback("m", "command:train", priority="high")
    assert made["name"] == again["name"] == "train m"
    assert again["document"]["target"] == {"kind": "command", "name": "train"}
    job = server.schedule_manual_retraining("m", {"learning_rate": 0.001})
    shown = server.retraining_job(job)
    assert (shown["state"], shown["parameters"]) == ("queued", {"learning_rate": 0.001})
    assert shown["target"] == "command:train"
    with pytest.raises(tg.AnswerError, match="in progress"):
        server.schedule_manual_retraining("m", force=True)
    assert [each["job_id"] for each in api.get("retraining/jobs")["jobs"]] == [job]


def test_a_pattern_has_a_name_of_its_own(server):
    names = {
        server.register_retraining_callback(model, "command:train")["name"]
        for model in ("fraud-*", "fraud-?", "fraud")
    }
    assert len(names) == 3


@pytest.mark.parametrize("target", ["train", "rocket:train", ""])
def test_a_target_that_is_none(server, target):
    with pytest.raises(tg.InputError, match="command:NAME, python:NAME, webhook:CHANNEL"):
        server.register_retraining_callback("m", target)


def test_what_the_server_refuses(server):
    with pytest.raises(tg.InputError, match="there is no channel"):
        server.register_retraining_callback("m", "webhook:nowhere")
    with pytest.raises(tg.InputError, match="no policy is of the model"):
        server.schedule_manual_retraining("m")
