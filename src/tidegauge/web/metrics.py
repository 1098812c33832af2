"""What tidegauge says of itself at /metrics, in Prometheus's words."""

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegauge.log import Health

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
MEDIA: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    def __init__(self, health: Callable[[], Health], deaths: Callable[[], int]) -> None:
        self._registry = registry = CollectorRegistry()
        self.records = Counter(
            "tidegauge_ingest_records",
            "Records that were answered, by what became of them.",
            ["kind", "outcome"],
            registry=registry,
        )
        self.refused = Counter(
            "tidegauge_ingest_refused",
            "Requests that were refused as a whole, by reason.",
            ["reason"],
            registry=registry,
        )
        self.bytes = Counter(
            "tidegauge_ingest_bytes", "Bytes of the bodies taken.", registry=registry
        )
        self.seconds = Histogram(
            "tidegauge_ingest_answer_seconds",
            "From the whole head of a request to its answer.",
            ["kind"],
            buckets=_SECONDS,
            registry=registry,
        )
        registry.register(_LogGauges(health, deaths))

    def text(self) -> bytes:
        return generate_latest(self._registry)


class _LogGauges(Collector):
    """Read when they are asked for."""

    def __init__(self, health: Callable[[], Health], deaths: Callable[[], int]) -> None:
        self._health = health
        self._deaths = deaths

    def collect(self) -> Iterator[Metric]:
        health = self._health()
        rows = [
            ("tidegauge_log_bytes", "What the log takes on the disk.", health.bytes),
            ("tidegauge_log_segments", "Its files.", health.segments),
            ("tidegauge_log_lag_bytes", "What no worker has consumed yet.", health.unread_bytes),
            ("tidegauge_log_damaged_frames", "Batches that could not be read.", health.damaged),
            ("tidegauge_log_files_aside", "Damaged files that were kept.", health.aside),
            ("tidegauge_log_up", "1 while appends are taken.", int(health.state == "ok")),
            ("tidegauge_decoder_deaths", "Bodies that killed a decoder.", self._deaths()),
        ]
        for name, about, value in rows:
            yield GaugeMetricFamily(name, about, value)
