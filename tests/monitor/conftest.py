"""A log, a catalog and a worker: what is judged was counted as ever."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "worker"))

from worker_case import Case


@pytest.fixture
def case(tmp_path):
    made = Case(tmp_path / "case")
    yield made
    made.close()
