import pytest

from tidegauge.catalog import Catalog


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """The address of a new, empty database: every test here is a promise of both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/catalog.db"
    return request.getfixturevalue("postgres").database()


@pytest.fixture
def catalog(url):
    opened = Catalog.open(url)
    yield opened
    opened.close()
