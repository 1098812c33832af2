"""The sequential detectors: a new one is a file, and a name here."""

from typing import get_args

from tidegauge.judge.streams.adwin import ADWIN
from tidegauge.judge.streams.cusum import CUSUM
from tidegauge.judge.streams.ddm import DDM
from tidegauge.judge.streams.eddm import EDDM
from tidegauge.judge.streams.fhddm import FHDDM
from tidegauge.judge.streams.glr import GLR
from tidegauge.judge.streams.hddm_a import HDDMA
from tidegauge.judge.streams.hddm_w import HDDMW
from tidegauge.judge.streams.kswin import KSWIN
from tidegauge.judge.streams.page_hinkley import PageHinkley
from tidegauge.judge.streams.stepd import STEPD

StreamMethod = (
    GLR | ADWIN | PageHinkley | CUSUM | HDDMA | HDDMW | FHDDM | DDM | EDDM | STEPD | KSWIN
)

STREAM_METHODS: tuple[type[StreamMethod], ...] = get_args(StreamMethod)
KINDS: dict[str, type[StreamMethod]] = {method().kind: method for method in STREAM_METHODS}
