import pytest
from crash_server import CrashServer


@pytest.fixture
def web(tmp_path):
    """Makes servers on one data directory; none outlives the test."""
    made = []

    def make(*options, **more):
        made.append(CrashServer(tmp_path / "data", *options, **more))
        return made[-1]

    yield make
    for server in made:
        server.end()
