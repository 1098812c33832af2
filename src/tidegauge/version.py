"""The version of this package, from what is installed."""

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("tidegauge")
    except PackageNotFoundError:
        return "0+source"


VERSION = _installed()
