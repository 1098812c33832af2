import logging

import pytest
from moods import MoodServer

from tidegauge.client import Client


@pytest.fixture
def server():
    with MoodServer() as server:
        yield server


@pytest.fixture
def make():
    """Clients that are closed when the test is over, whatever became of it."""
    made = []

    def make_client(url, **options):
        client = Client(url, options.pop("api_key", "key"), **options)
        made.append(client)
        return client

    yield make_client
    for client in made:
        client.close(timeout=0)


@pytest.fixture
def words(caplog):
    """What the client said."""
    caplog.set_level(logging.DEBUG)
    return lambda: [record.getMessage() for record in caplog.records if record.name == "tidegauge"]
