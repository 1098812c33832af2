"""`tidegauge serve`: both processes under one, killed, started again, ended in order."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

import pytest
from worker_case import Case


class Serve:
    def __init__(self, data, *words):
        self.data = data
        self._said = (data.parent / "serve.log").open("w+")
        command = [sys.executable, "-m", "tidegauge.cli", "serve", "--data", str(data)]
        self.process = subprocess.Popen(
            [*command, "--port", "0", "--dev", *words],
            stdout=self._said,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )

    def said(self):
        with open(self._said.name, encoding="utf-8") as file:  # noqa: PTH123 - read while written
            return file.read()

    def until(self, look, what, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := look():
                return found
            time.sleep(0.05)
        raise AssertionError(f"not in {seconds} s: {what}\n{self.said()[-3000:]}")

    @property
    def url(self):
        return self.until(lambda: re.findall(r"http://[\d.]+:\d+", self.said()), "listening")[-1]

    def post(self, number):
        record = {"model_id": "m", "prediction_id": f"p{number}", "features": {"a": number}}
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.url}/api/v1/predictions",
            json.dumps(record).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - as above
                return answer.status == 200
        except OSError:
            return False

    def children(self):
        """By role."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        found = {}
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - a file of the kernel
            pids = file.read().split()
        for pid in pids:
            with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123
                words = file.read().split(b"\0")
                role = next((w for w in (b"web", b"worker") if w in words), b"")
                found[role.decode()] = int(pid)
        return found

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._said.close()


@pytest.fixture
def serve(tmp_path):
    running = Serve(tmp_path / "data")
    yield running
    running.end()


def test_what_is_posted_is_counted_through_kills_and_a_restart(serve):
    serve.until(lambda: serve.post(0), "the first post")
    for number, role in enumerate(("worker", "web"), 1):
        pid = serve.until(lambda role=role: serve.children().get(role), f"{role} runs")
        os.kill(pid, signal.SIGKILL)
        serve.until(lambda r=role, p=pid: serve.children().get(r) not in {None, p}, f"{role} again")
        serve.until(lambda n=number: serve.post(n), f"a post after {role} was killed")
    serve.process.send_signal(signal.SIGTERM)
    assert serve.process.wait(30) == 0
    assert "ended (-9); it starts again" in serve.said()
    case = Case(serve.data)
    try:
        case.count()
        rows = sum(rows for key, (rows, _t, _p) in case.windows("m").items() if key[2] == 60)
        assert rows == 3
    finally:
        case.close()


def test_what_cannot_start_says_so_once_and_ends(tmp_path):
    (tmp_path / "tidegauge.yaml").write_text("web: {prot: 1}")
    running = Serve(tmp_path / "data", "--config", str(tmp_path / "tidegauge.yaml"))
    try:
        assert running.process.wait(90) == 1
        assert "did you mean 'port'" in " ".join(running.said().split())
    finally:
        running.end()


def told(serve, *words):
    command = [sys.executable, "-m", "tidegauge.cli", *map(str, words), "--url", serve.url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_the_commands_show_and_export_what_a_server_knows(serve, tmp_path):
    said = serve.until(lambda: (found := told(serve, "models"))[0] == 0 and found[1], "an answer")
    assert said == "No models yet: they are known with their first prediction."
    for number in range(5):
        serve.until(lambda n=number: serve.post(n), "a post")
    code, said = serve.until(
        lambda: (found := told(serve, "models")) and "m learning 5" in found[1] and found, "counted"
    )
    assert code == 0
    assert "min ago" in said
    target = tmp_path / "rows.csv"
    assert told(serve, "export", "m", target)[0] == 0
    lines = target.read_text().splitlines()
    assert len(lines) == 6
    assert "features.a" in lines[0]
    code, said = told(serve, "export", "nobody", tmp_path / "none.csv")
    assert code == 1
    assert "404" in said
    assert not (tmp_path / "none.csv").exists()
