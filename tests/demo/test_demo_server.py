"""The demo against a real server: what it sends is counted in the log."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter

import httpx
import pytest
from demo_case import BY_NAME
from serving import Server as WebServer

from tidegauge.client import Client
from tidegauge.demo import models, told
from tidegauge.demo.back_fill import KINDS, back_fill
from tidegauge.demo.live import Live
from tidegauge.demo.season import DAYS, MINUTES
from tidegauge.demo.server import KeyRefusedError, NoServerError, Server
from tidegauge.demo.stream import Stream

NOW = time.time_ns() // 1000


def logged(server):
    """Rows by kind and model, after the server has stopped."""
    server.stop()
    rows = Counter()
    for batch in server.batches():
        for piece in batch.pieces:
            rows[piece.kind, piece.model] += piece.rows
    return rows


def demo(url, *words):
    command = [sys.executable, "-m", "tidegauge.cli", "demo", "--url", url, *words]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "100"}
    )
    return done.returncode, done.stdout + done.stderr


class Whole(WebServer):
    """`tidegauge serve`: web and worker."""

    def start(self, *, wait=True):
        assert wait
        command = [sys.executable, "-m", "tidegauge.cli", "serve", "--dev", "--port", "0"]
        self.log = (self.data.parent / "serve.log").open("ab")
        self.process = subprocess.Popen(
            [*command, "--data", str(self.data)],
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        self.wait_until_ready()
        return self


@pytest.mark.parametrize("name", ["page-personalisation", "recommender", "product-images"])
def test_a_back_fill_is_in_the_log_once_however_often_it_is_run(server, name):
    (model,) = (each for each in models(1, NOW) if each.model_id == name)
    stream = Stream(model, NOW - 3 * DAYS, NOW, 100)
    told_rows = Counter()
    with contextlib.closing(Server(server.url)) as to:
        for _again in range(2):
            for kind in KINDS:
                found = back_fill(to, stream, kind, stream.start, NOW)
                assert found.rejected == 0
                told_rows[kind] = found.accepted
    rows = stream.rows(0, NOW).num_rows
    labels, feedback = stream.labels(0, NOW).num_rows, stream.feedback(0, NOW).num_rows
    assert told_rows == {"predictions": rows, "labels": labels, "feedback": feedback}
    expected = {("history", name): rows, ("labels", name): labels, ("feedback", name): feedback}
    assert logged(server) == Counter(expected)


def test_live_traffic_goes_through_the_client(server):
    # Five minutes ago, so that labels of what was live have come by now.
    since = NOW - 8 * MINUTES
    on_air = [Stream(model, since, 1 << 62) for model in models(1, since)]
    past = [Stream(each.model, since - DAYS, since, 100) for each in on_air]
    delivered = []
    client = Client(server.url, "none", strict=True, on_delivery=delivered.append)
    live = Live(client, on_air, past)
    live.send(since + 4 * MINUTES)
    live.send(since + 4 * MINUTES + 400_000)
    live.send(NOW)
    sent = live.take()
    assert client.close(timeout=60)
    stats = client.stats()
    assert (stats.rejected, stats.duplicate, sum(stats.dropped.values())) == (0, 0, 0)
    assert not told.trouble(stats)
    assert "are with the server for good" in told.total(stats)
    rows = logged(server)
    for stream in on_air:
        name = stream.model.model_id
        count = stream.rows(since, NOW).num_rows
        assert sent.calls[name] == rows["predictions", name] == count > 0
    for kind in ("labels", "feedback"):
        want = sum(getattr(each, kind)(since, NOW).num_rows for each in (*on_air, *past))
        assert sum(count for (found, _model), count in rows.items() if found == kind) == want
        assert getattr(sent, kind) == want > 0


def test_faults_are_announced_when_they_begin():
    on_air = [Stream(model, NOW, 1 << 62) for model in models(1, NOW)]
    with Client("http://127.0.0.1:9", "none") as client:
        live = Live(client, on_air, [])
        assert live.started(NOW, NOW + MINUTES) == []
        (fault,) = live.started(NOW + MINUTES, NOW + 4 * MINUTES)
    assert fault.model_id == "recommender"


def test_two_days_of_six_models_are_in_the_log(server):
    code, said = demo(server.url, "--days", "2", "--back-fill-only")
    assert code == 0, said
    assert "Traceback" not in said
    for name in BY_NAME:
        assert name in said
    assert "you should find" in said
    # No worker runs here, and it is said what that means.
    assert "still counts" in said
    rows = logged(server)
    for kind, stored in (("predictions", "history"), ("labels", "labels"), ("feedback",) * 2):
        sent = int(re.search(rf"([\d,]+) {kind}", said)[1].replace(",", ""))
        assert sent == sum(count for (found, _model), count in rows.items() if found == stored) > 0
    assert {model for _kind, model in rows} == set(BY_NAME)


def test_what_the_demo_says_to_try_works(tmp_path):
    with Whole(tmp_path / "data") as server:
        code, said = demo(server.url, "--days", "0.5", "--back-fill-only")
        assert code == 0, said
        with contextlib.closing(Server(server.url)) as counted:
            assert counted.wait_until_counted(BY_NAME, still=60)
        with server.client() as http:
            there = {each["model_id"]: each for each in http.get("/api/v1/models").json()["models"]}
            assert set(there) == set(BY_NAME)
            sent = int(re.search(r"([\d,]+) predictions", said)[1].replace(",", ""))
            assert sum(each["rows"] for each in there.values()) == sent
            assert there["card-fraud"]["segments"] == ["tags.channel"]
            references = http.get("/api/v1/models/card-fraud/references").json()
            assert "first week" in {each["name"] for each in references}
            lines = re.findall(r"curl -s '(\S+)'", said)
            assert len(lines) == 5
            for line in lines:
                assert http.get(line).status_code == 200, line
        block = said.partition("In Python\n")[2].partition("\n\n")[0]
        code = "\n".join(line[2:] for line in block.splitlines())
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def took_some(server):
    """Has it taken a record?"""
    told = re.findall(
        r'^tidegauge_ingest_records_total{.*outcome="accepted".*} (\S+)$',
        httpx.get(f"{server.url}/metrics").text,
        re.MULTILINE,
    )
    return sum(map(float, told)) > 0


def wait_until(is_so, patience=60):
    end = time.monotonic() + patience
    while not is_so() and time.monotonic() < end:
        time.sleep(0.1)


def interrupted(*words, until=lambda: True):
    """The demo, ended with Ctrl-C when it is live and something is so; what it said."""
    command = [sys.executable, "-m", "tidegauge.cli", "demo", *words]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # Where the tests run in the background, a shell has told them to ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        wait_until(until)
        process.send_signal(signal.SIGINT)
        said += process.stdout.read()
        # Ctrl-C is how it is meant to end.
        assert process.wait() == 130, (process.returncode, said)
    assert "Traceback" not in said
    return said


def test_a_demo_that_is_interrupted_says_what_it_sent_and_ends(server):
    said = interrupted("--url", server.url, "--live-only", until=lambda: took_some(server))
    assert "for good" in said
    assert sum(logged(server).values()) > 0


def test_a_demo_with_a_server_of_its_own_ends_it_too(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    words = ("--url", url, "--serve", str(tmp_path / "run"), "--days", "0.5")
    said = interrupted(*words)
    assert str(tmp_path / "run") in said.replace("\n", "")
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    # It can be run twice.
    interrupted(*words)
    with Whole(tmp_path / "run") as server, server.client() as http:
        there = {
            each["model_id"]: each["rows"] for each in http.get("/api/v1/models").json()["models"]
        }
    assert there.keys() == set(BY_NAME)
    assert min(there.values()) > 0


def test_a_server_that_is_not_there_is_named_with_the_way_out():
    match = r"127\.0\.0\.1:9.*tidegauge serve --dev"
    with (
        contextlib.closing(Server("http://127.0.0.1:9")) as to,
        pytest.raises(NoServerError, match=match),
    ):
        to.wait_until_ready(0)


def test_a_key_that_is_refused_is_said_so(tmp_path):
    with WebServer(tmp_path / "data") as strict:
        code, said = demo(strict.url, "--api-key", "tg_wrong", "--days", "1")
        assert code == 3, said
        assert "Traceback" not in said
        assert "--api-key" in said
        ingest = httpx.post(
            f"{strict.url}/api/v1/keys",
            json={"name": "sender", "role": "ingest"},
            headers={"Authorization": f"Bearer {strict.admin}"},
        )
        key = ingest.json()["token"]
        # It may send, and not make models: the rows make them.
        (model,) = (each for each in models(1, NOW) if each.model_id == "product-images")
        stream = Stream(model, NOW - DAYS, NOW, 100)
        with contextlib.closing(Server(strict.url, key)) as to:
            to.introduce(model)
            assert back_fill(to, stream, "predictions", NOW - DAYS, NOW).accepted
            assert "403" in to.refer(model.model_id, NOW - DAYS, NOW)
        with (
            contextlib.closing(Server(strict.url, "tg_wrong")) as other,
            pytest.raises(KeyRefusedError),
        ):
            other.introduce(model)


def test_an_address_that_is_none_is_said_at_once():
    code, said = demo("not an address")
    assert code == 1
    assert "Traceback" not in said
    assert "url" in said


def test_a_server_that_goes_away_is_said_and_not_thrown(server):
    with contextlib.closing(Server(server.url)) as to:
        to.wait_until_ready(5)
        server.stop()
        with pytest.raises(NoServerError, match="run this again"):
            to.introduce(BY_NAME["card-fraud"])


def test_what_the_client_could_not_send_is_told():
    with Client("http://127.0.0.1:9", "none", timeout=0.1) as client:
        for number in range(600):
            client.log(model_id="m", prediction_id=str(number))
        assert "600 wait for the server" in told.trouble(client.stats())
        client.close(timeout=0)
    assert "600 dropped" in told.trouble(client.stats())
    assert "600 are not" in told.total(client.stats())


def test_times_are_told_in_words():
    assert told.ago(0, 26 * 3600 * 1_000_000) == "26 h ago"
    assert told.ago(3 * MINUTES, 0) == "in 3 min"
