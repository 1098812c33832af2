import shutil
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


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A catalog that has been made: that takes longer than most of what is done with it."""
    file = tmp_path_factory.mktemp("made") / "catalog.db"
    Catalog.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def world(made, tmp_path):
    shutil.copy(made, tmp_path / "catalog.db")
    opened = Catalog.open(f"sqlite:///{tmp_path}/catalog.db")
    yield World(opened)
    opened.close()
