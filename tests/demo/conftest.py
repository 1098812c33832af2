"""A real server; the demo must not know more of it than its address."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "web"))

from serving import Server


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path / "data", dev=True) as running:
        yield running
