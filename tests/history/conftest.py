"""A real server, and a worker's view of what it accepted."""

import sys
from pathlib import Path

import pytest

for folder in ("web", "worker"):
    sys.path.append(str(Path(__file__).parents[1] / folder))

from serving import Server  # noqa: E402


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with Server(tmp_path / "data", dev=True) as running:
        yield running
