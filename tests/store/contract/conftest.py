"""The stores that the contract holds for: add one here, and the suite runs on it."""

import pytest

from tidegauge.store import LocalStore


def local(tmp_path):
    return LocalStore(tmp_path / "store")


@pytest.fixture(params=[local])
def open_store(request, tmp_path):
    """Opens the same store each time it is called."""
    return lambda: request.param(tmp_path)
