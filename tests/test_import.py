"""Importing tidegauge costs a service nothing."""

import subprocess
import sys

import tidegauge

HEAVY = {"numpy", "pyarrow", "scipy", "pandas", "sklearn", "rich", "typer", "jinja2", "yaml"}


def modules_after(statement):
    script = f"import sys\n{statement}\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_tidegauge_loads_nothing_heavy():
    assert modules_after("import tidegauge").isdisjoint(HEAVY)


def test_the_client_is_made_without_what_it_will_send_with():
    loaded = modules_after("import tidegauge; tidegauge.Client(api_key='k')")
    assert loaded.isdisjoint(HEAVY | {"httpx", "asyncio", "pydantic", "orjson", "ssl"})


def test_comparing_loads_neither_scipys_statistics_nor_scikit_learn():
    data = "{'x': numpy.arange(50.0)}"
    loaded = modules_after(f"import numpy, tidegauge as tg; tg.compare({data}, {data})")
    assert "numpy" in loaded
    assert loaded.isdisjoint({"scipy.stats", "sklearn", "pandas", "jinja2", "rich"})


def test_every_public_name_is_there():
    assert all(getattr(tidegauge, name) is not None for name in tidegauge.__all__)
    assert set(tidegauge.__all__) == set(dir(tidegauge))
