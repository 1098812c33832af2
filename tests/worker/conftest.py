"""A log, a catalog, a store and a worker for each test."""

import pytest
from worker_case import Case


@pytest.fixture
def case(tmp_path):
    made = Case(tmp_path / "case")
    yield made
    made.close()
