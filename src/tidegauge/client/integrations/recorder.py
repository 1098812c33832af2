"""What a route says about the prediction that it makes, until the answer is out."""

import time
from typing import TYPE_CHECKING, Unpack

from tidegauge.client.fields import PredictionFields
from tidegauge.record.identity import new_id

if TYPE_CHECKING:
    from tidegauge.client.client import Client


class Recorder:
    """Collects the predictions of one request; they are logged with its duration and its end."""

    def __init__(self, client: "Client", model_id: str | None, model_version: str | None) -> None:
        self._client = client
        given = {"model_id": model_id, "model_version": model_version}
        self._shared = {name: each for name, each in given.items() if each is not None}
        self._records: list[PredictionFields] = []
        self._started = time.perf_counter()

    def log(self, /, **fields: Unpack[PredictionFields]) -> str:
        """Log a prediction of this request; the answer is its id, to be told to the caller."""
        found = fields.get("prediction_id")
        told = str(found) if found else new_id()
        self._records.append({**self._shared, **fields, "prediction_id": told})  # pyright: ignore[reportArgumentType]
        return told

    def end(self, status: str | None = None, error: BaseException | None = None) -> None:
        spent = (time.perf_counter() - self._started) * 1000
        for record in self._records:
            record.setdefault("prediction_latency_ms", spent)
            if error is not None:
                record.setdefault("status", "error")
                record.setdefault("error", type(error).__name__)
            elif status is not None:
                record.setdefault("status", status)
            self._client.log(**record)
        self._records = []
