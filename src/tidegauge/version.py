"""The version of this package, from what is installed."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("tidegauge")
except PackageNotFoundError:
    VERSION = "0+source"
