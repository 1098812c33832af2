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


@pytest.fixture
def connection(catalog):
    """Of one transaction, for what is about a noun and not about transactions."""
    with catalog._engines.writer.connect() as one, one.begin():
        yield one


@pytest.fixture
def model(connection):
    """The number of a model that is there."""
    from tidegauge.catalog import models

    return models.ensure(connection, "default", ["fraud"], 1)["fraud"].id
