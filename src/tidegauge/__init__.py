"""tidegauge tells, early and without crying wolf, that what a model sees has moved.

>>> import tidegauge as tg
>>> report = tg.compare({"age": range(100)}, {"age": range(500, 600)})
>>> report.drifted, report["age"].severity
(True, 'critical')
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidegauge.client import Client
    from tidegauge.client.server import Server
    from tidegauge.errors import AnswerError, InputError, TidegaugeError, UnreadableError
    from tidegauge.judge.streams import StreamDetector
    from tidegauge.profile.codec import decode, encode
    from tidegauge.profile.table import Profile
    from tidegauge.report.compare import compare
    from tidegauge.report.detector import Detector
    from tidegauge.report.report import Report
    from tidegauge.rows.infer import schema_of
    from tidegauge.schema import Schema

    __version__: str

_PLACES = {
    "AnswerError": "tidegauge.errors",
    "Client": "tidegauge.client",
    "Detector": "tidegauge.report.detector",
    "InputError": "tidegauge.errors",
    "Profile": "tidegauge.profile.table",
    "Report": "tidegauge.report.report",
    "Schema": "tidegauge.schema",
    "Server": "tidegauge.client.server",
    "StreamDetector": "tidegauge.judge.streams",
    "TidegaugeError": "tidegauge.errors",
    "UnreadableError": "tidegauge.errors",
    "compare": "tidegauge.report.compare",
    "decode": "tidegauge.profile.codec",
    "encode": "tidegauge.profile.codec",
    "schema_of": "tidegauge.rows.infer",
}

__all__ = [
    "AnswerError",
    "Client",
    "Detector",
    "InputError",
    "Profile",
    "Report",
    "Schema",
    "Server",
    "StreamDetector",
    "TidegaugeError",
    "UnreadableError",
    "__version__",
    "compare",
    "decode",
    "encode",
    "schema_of",
]


def __getattr__(name: str) -> object:
    # Names are loaded when they are first used: importing tidegauge costs a service nothing.
    if name == "__version__":
        return importlib.import_module("tidegauge.version").VERSION
    if name not in _PLACES:
        raise AttributeError(f"module 'tidegauge' has no attribute {name!r}")
    value = getattr(importlib.import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
