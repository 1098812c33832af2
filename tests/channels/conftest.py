import pytest
import trustme
from channel_server import serving


@pytest.fixture
def server():
    with serving() as made:
        yield made


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture
def hurried(monkeypatch):
    """Who waits for an answer gives up soon."""
    for module in ("post", "email", "apprise"):
        monkeypatch.setattr(f"tidegauge.alert.channels.{module}.IN_ALL", 0.3)
