"""A real server in a process of its own, as users start it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

SOURCE = Path(__file__).parent


class Server:
    """`tidegauge web` on a free port; `with` stops it."""

    def __init__(self, data: Path, *options: str, environment=None, before=(), dev=False) -> None:
        self.data = data
        self._options = [*options, *(["--dev"] if dev else [])]
        self._environment = environment or {}
        self._before = list(before)
        self.process = None
        self.url = ""
        self.admin = ""

    def start(self, *, wait=True):
        command = [
            *self._before,
            *(sys.executable, "-m", "tidegauge.cli"),
            *("web", "--port", "0", "--data", str(self.data)),
            *self._options,
        ]
        self.log = (self.data.parent / f"{self.data.name}.log").open("ab")
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self._environment},
            start_new_session=True,
        )
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self):
        for line in self.process.stdout:
            if found := re.search(r"tg_\S+", line):
                self.admin = found[0]
            if found := re.search(r"http://\S+", line):
                self.url = found[0]
                break
        else:
            raise AssertionError(f"the server did not start: {self.said()[-2000:]}")
        for _ in range(1000):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/livez", timeout=5).status_code == 200:
                    return
            time.sleep(0.01)
        raise AssertionError(f"the server is not ready: {self.said()[-2000:]}")

    @property
    def port(self):
        return int(self.url.rpartition(":")[2])

    def said(self):
        return Path(self.log.name).read_text(encoding="utf-8")

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._closed()

    def stop(self, patience=30):
        self.process.terminate()
        code = self.process.wait(patience)
        self._closed()
        return code

    def _closed(self):
        self.process.stdout.close()
        self.log.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        else:
            self._closed()

    def client(self, key=None):
        headers = {"Authorization": f"Bearer {key or self.admin}"} if key or self.admin else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def raw(self, sent: bytes, patience=20.0):
        """What comes back for these bytes, until the server closes or is silent."""
        with socket.create_connection(("127.0.0.1", self.port), patience) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            got = b""
            with contextlib.suppress(TimeoutError, ConnectionError):
                while piece := connection.recv(65_536):
                    got += piece
            return got

    def batches(self):
        """What the log holds, read as the worker will read it, after the server has stopped."""
        from tidegauge.log import START, LogReader

        reader = LogReader(self.data / "log")
        with contextlib.closing(reader):
            return [batch for _position, batch in reader.read(START, most=1 << 40)]
