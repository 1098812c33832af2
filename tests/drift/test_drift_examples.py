"""The examples in the methods' own pages."""

import doctest
import importlib
import pkgutil

import pytest

import tidegauge.drift

MODULES = [
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(tidegauge.drift.__path__, "tidegauge.drift.")
]
WITH_EXAMPLES = [module for module in MODULES if ">>>" in (module.__doc__ or "")]


@pytest.mark.parametrize("module", WITH_EXAMPLES, ids=lambda module: module.__name__)
def test_an_example_says_what_happens(module):
    found = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert found.attempted > 0
    assert found.failed == 0


def test_every_method_says_what_it_is_for():
    for method in (*tidegauge.drift.METHODS, *tidegauge.drift.ROWS):
        page = importlib.import_module(method.__module__).__doc__
        assert "choose" in page.lower(), method.__module__
