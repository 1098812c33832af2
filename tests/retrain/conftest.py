import sys
from pathlib import Path

import pytest

from tidegauge.catalog import Catalog

sys.path.append(str(Path(__file__).parent))

from retrain_world import World


@pytest.fixture(params=["sqlite", "postgres"])
def both(request, tmp_path):
    """On both databases."""
    url = f"sqlite:///{tmp_path}/catalog.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").database()
    opened = Catalog.open(url)
    yield World(opened)
    opened.close()


@pytest.fixture
def world(tmp_path):
    opened = Catalog.open(f"sqlite:///{tmp_path}/catalog.db")
    yield World(opened)
    opened.close()
