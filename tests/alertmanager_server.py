"""Prometheus' Alertmanager, as a peer for tests: a process of our own on a free port."""

import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import httpx
import pytest

CONFIG = """
route: {receiver: nobody}
receivers: [{name: nobody}]
"""


def binary():
    return shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")


class Alertmanager:
    def __init__(self, config=CONFIG):
        self.directory = Path(tempfile.mkdtemp(prefix="tg-am-"))
        (self.directory / "config.yml").write_text(config)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        with (self.directory / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [
                    binary(),
                    f"--config.file={self.directory / 'config.yml'}",
                    f"--storage.path={self.directory / 'data'}",
                    f"--web.listen-address={address}",
                    "--cluster.listen-address=",
                    "--log.level=warn",
                ],
                stdout=log,
                stderr=log,
                cwd=self.directory,
            )
        self.http = httpx.Client(base_url=f"http://{address}", timeout=30, trust_env=False)
        self._wait()

    def post_alerts(self, labels):
        answer = self.http.post("/api/v2/alerts", json=[{"labels": each} for each in labels])
        answer.raise_for_status()

    def post_silence(self, matchers, start, end):
        """Its id, or None where it is refused.  A matcher is a name, an operator, a value."""
        told = [
            {
                "name": name,
                "value": value,
                "isRegex": "~" in operator,
                "isEqual": "!" not in operator,
            }
            for name, operator, value in matchers
        ]
        answer = self.http.post(
            "/api/v2/silences",
            json={
                "matchers": told,
                "startsAt": start.isoformat(),
                "endsAt": end.isoformat(),
                "createdBy": "a test",
                "comment": "none",
            },
        )
        if answer.status_code == 400:
            return None
        return answer.raise_for_status().json()["silenceID"]

    def alerts(self, *matchers):
        """Those that are matched; None where a matcher is refused."""
        answer = self.http.get("/api/v2/alerts", params={"filter": list(matchers)})
        return None if answer.status_code == 400 else answer.raise_for_status().json()

    def stop(self):
        self.http.close()
        self._server.terminate()
        self._server.wait(30)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _wait(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self._server.poll() is None:
            try:
                if self.http.get("/-/ready").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.02)
        raise RuntimeError((self.directory / "log").read_text())


@pytest.fixture(scope="session")
def alertmanager():
    if binary() is None:
        pytest.skip("Alertmanager is not installed; scripts/install-alertmanager does it")
    server = Alertmanager()
    yield server
    server.stop()
