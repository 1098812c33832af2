"""Sequential detectors: they take labels one by one, and say when errors have become more.

A method is a frozen dataclass in a file of its own, which holds its settings; `StreamDetector`
runs it.  The union in `union.py` is the registry: to ship a method, write its file and add its
name there.  Files of monitors and the law tests read it.
"""

from tidegauge.judge.streams.detector import StreamDetector
from tidegauge.judge.streams.state import Change
from tidegauge.judge.streams.union import (
    ADWIN,
    CUSUM,
    DDM,
    EDDM,
    FHDDM,
    GLR,
    HDDMA,
    HDDMW,
    KINDS,
    KSWIN,
    STEPD,
    STREAM_METHODS,
    PageHinkley,
    StreamMethod,
)

__all__ = [
    "ADWIN",
    "CUSUM",
    "DDM",
    "EDDM",
    "FHDDM",
    "GLR",
    "HDDMA",
    "HDDMW",
    "KINDS",
    "KSWIN",
    "STEPD",
    "STREAM_METHODS",
    "Change",
    "PageHinkley",
    "StreamDetector",
    "StreamMethod",
]
