"""A server that tests kill, stop and start again, on the same data."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from serving import Server

from tidegauge.log import START, LogReader

SABOTAGED = Path(__file__).parent / "sabotaged_web.py"
# Of a mebibyte, so that a test fills several, and they are recycled.
SMALL_SEGMENTS = {"TIDEGAUGE_LOG_SEGMENT_MIB": "1"}


class CrashServer(Server):
    """While it is down its address is "": no sender then meets a stranger on its old port."""

    def __init__(
        self, data, *options, failpoint="", sabotage="", points=None, environment=None, **more
    ):
        given = {**SMALL_SEGMENTS, **(environment or {})}
        if failpoint:
            given |= {"TIDEGAUGE_TEST": "1", "TIDEGAUGE_FAILPOINT": failpoint}
        if sabotage:
            given["TIDEGAUGE_SABOTAGE"] = sabotage
        if points:
            given["TIDEGAUGE_POINTS"] = str(points)
        if sabotage or points:
            more["before"] = [sys.executable, str(SABOTAGED)]
        super().__init__(data, *options, environment=given, **more)

    def kill(self):
        self.url = ""
        super().kill()

    def died(self):
        """After it has ended by itself."""
        self.url = ""
        code = self.process.wait(30)
        self._closed()
        return code

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        elif self.process is not None:
            self._closed()

    def without_failpoint(self):
        """The same server, the next time that it starts."""
        self._environment.pop("TIDEGAUGE_FAILPOINT", None)
        return self

    def is_running(self):
        return self.process.poll() is None

    def send_signal(self, number):
        os.kill(self.process.pid, number)

    def wait_until_stopped(self):
        """Until a failpoint has stopped it, as SIGSTOP does."""
        wait_until(lambda: _state(self.process.pid) == "T", "the server is stopped")

    def go_on(self):
        self.send_signal(signal.SIGCONT)

    def children(self):
        """Of all its threads: each keeps its own."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(each) for task in tasks for each in task.read_text().split()]

    def peak_mib(self, pid):
        """The most memory that a process has held so far."""
        for line in _read(f"/proc/{pid}/status").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
        raise AssertionError(f"process {pid} is gone")

    def said_events(self):
        return [json.loads(line)["message"] for line in self.said().splitlines() if line[:1] == "{"]


class Worker:
    """Consumes the log as the worker does: what is read is kept, and only then released."""

    def __init__(self, data):
        self._directory = data / "log"
        self._position = START
        self.batches = []

    def consume(self):
        if not self._directory.exists():
            return
        with contextlib.closing(LogReader(self._directory)) as reader:
            for position, batch in reader.read(self._position, most=1 << 40):
                self.batches.append(batch)
                self._position = position
            if self._position != START:
                reader.release(self._position)


def wait_until(is_so, what, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"in {seconds:g} s it did not come to pass that {what}"
        time.sleep(0.005)


def run_second_server(data):
    """Another process on the same data; its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "tidegauge.cli", "web", "--port", "0", "--data", str(data)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def _state(pid):
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()[0]


def _read(path):
    return Path(path).read_text(encoding="ascii")
