"""Other names for `log` and `log_batch`, as people know them from other tools."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Unpack

from tidegauge.client.fields import KindName, PredictionFields


class ShortForms(ABC):
    @abstractmethod
    def _log(self, fields: dict[str, object]) -> str: ...

    @abstractmethod
    def log_batch(
        self,
        data: object,
        *,
        kind: KindName = "predictions",
        columns: Mapping[str, str | None] | None = None,
        feature_columns: Iterable[str] = (),
        wait: float = 0.0,
        **shared: Unpack[PredictionFields],
    ) -> int: ...

    def log_prediction(
        self,
        prediction_id: str | None = None,
        input_features: object = None,
        prediction: object = None,
        confidence: float | None = None,
        inference_time: float | None = None,
        ground_truth: object = None,
        **fields: object,
    ) -> str:
        """`log`, with the model of the client; `inference_time` is in seconds."""
        given: dict[str, object] = {
            "prediction_id": prediction_id,
            "features": input_features,
            "prediction": prediction,
            "confidence": confidence,
            "inference_time": inference_time,
            "actual_label": ground_truth,
        }
        return self._log({**fields, **_present(given)})

    def track_prediction(
        self,
        model_name: str,
        model_version: str,
        features: object,
        prediction: object,
        actual: object = None,
        confidence: float | None = None,
        **fields: object,
    ) -> str:
        given: dict[str, object] = {
            "model_id": model_name,
            "model_version": model_version,
            "features": features,
            "prediction": prediction,
            "actual_label": actual,
            "confidence": confidence,
        }
        return self._log({**fields, **_present(given)})

    def log_dataframe(
        self,
        df: object,
        schema: Mapping[str, str | None] | None = None,
        **shared: Unpack[PredictionFields],
    ) -> int:
        return self.log_batch(df, columns=schema, **shared)


def _present(fields: dict[str, object]) -> dict[str, object]:
    return {name: item for name, item in fields.items() if item is not None}
