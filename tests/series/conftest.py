"""A log, a catalog, a store and a worker, with the API on them."""

import sys
from pathlib import Path

import pytest

for folder in ("worker", "web"):
    sys.path.append(str(Path(__file__).parent.parent / folder))

from series_api import Api  # noqa: E402 - it stands on those of other folders


@pytest.fixture
def api(tmp_path):
    made = Api(tmp_path / "case")
    yield made
    made.close()
