import pytest
from serving import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One for all tests that leave it as it was."""
    with Server(tmp_path_factory.mktemp("web") / "data") as running:
        yield running
