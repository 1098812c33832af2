"""Cases of the worker's tests, for what is backed up."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "worker"))

from worker_case import Case


@pytest.fixture
def case(tmp_path):
    made = Case(tmp_path / "case")
    yield made
    made.close()
