import sys
from pathlib import Path

import pytest
from serving import Server

# The API over a catalog that a worker has filled.
for folder in ("worker", "series"):
    sys.path.append(str(Path(__file__).parent.parent / folder))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One for all tests that leave it as it was."""
    with Server(tmp_path_factory.mktemp("web") / "data") as running:
        yield running
