"""What other systems send of predictions, as records of ours: one file for each protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from tidegauge.ingest.receivers import kserve, mlflow
from tidegauge.record.check import Record


@dataclass(frozen=True, slots=True)
class Receiver:
    about: str
    read: "Reader"
    # The headers whose names start so carry what the body does not.
    headers: str = ""
    # Whether requests and answers come apart, to be joined by the worker.
    in_halves: bool = False


class Reader(Protocol):
    def __call__(self, parsed: object, attributes: Mapping[str, str]) -> list[Record]: ...


RECEIVERS: Final[Mapping[str, Receiver]] = {
    "kserve": Receiver(
        "The inference loggers of KServe and Seldon: CloudEvents with v1 or v2 bodies.",
        kserve.read,
        headers="ce-",
        in_halves=True,
    ),
    "mlflow": Receiver("MLflow scoring requests with their answers.", mlflow.read),
}
