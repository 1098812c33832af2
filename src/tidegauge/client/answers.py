"""A call of a model in the queue: what went in, what came out, and how both become records.

The rules, for one row or many: a float is a score, and so is what a model without classes says; a
text, a boolean, a whole number or one of the model's classes is a label.  A row of numbers from
`predict_proba` are the probabilities of the classes, with the most probable as the label and, of
two classes, the second's as the score; from `predict` they are outputs.  A dict is what its names
say, and outputs where they say nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidegauge.client import rows
from tidegauge.client.encode import named
from tidegauge.record.fields import PREDICTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    shared: dict[str, object]
    inputs: Any
    outputs: Any
    is_table: bool
    """Whether both have a row for each record; else the call is one record."""
    names: Sequence[str]
    classes: Sequence[object]
    is_probabilities: bool
    count: int
    weight: int
    at: int
    kind: str = "predictions"

    @property
    def model_id(self) -> object:
        return self.shared.get("model_id")

    def rows(self) -> list[dict[str, object]]:
        if not self.is_table:
            return [{**self.shared, **self._inputs_of_one(), **self._outputs(self.outputs)}]
        inputs = self._inputs_of_many()
        outputs = _rows_of(self.outputs)
        return [
            {**self.shared, "features": features, **self._outputs(output)}
            for features, output in zip(inputs, outputs, strict=True)
        ]

    def _inputs_of_one(self) -> dict[str, object]:
        if self.inputs is None:
            return {}
        found = named(self.inputs, "feature_{}")
        names = list(found)
        if self.names and len(self.names) == len(names) and not isinstance(self.inputs, dict):
            names = list(self.names)
        return {"features": dict(zip(names, found.values(), strict=True))}

    def _inputs_of_many(self) -> list[dict[str, object]]:
        if isinstance(self.inputs, list):
            found = [named(row, "feature_{}") for row in self.inputs]  # pyright: ignore[reportUnknownVariableType]
            return [self._renamed(row) for row in found]
        columns = rows.columns_of(self.inputs)
        names = [name for name, _ in columns]
        if len(self.names) == len(names) and names == [f"feature_{i}" for i in range(len(names))]:
            names = list(self.names)
        return [
            dict(zip(names, cells, strict=True))
            for cells in zip(*(values for _, values in columns), strict=True)
        ]

    def _renamed(self, row: dict[object, object]) -> dict[str, object]:
        names = [str(name) for name in row]
        if len(self.names) == len(names) and names == [f"feature_{i}" for i in range(len(names))]:
            names = list(self.names)
        return dict(zip(names, row.values(), strict=True))

    def _outputs(self, output: Any) -> dict[str, object]:  # noqa: ANN401
        if output is None:
            return {}
        if isinstance(output, Mapping):
            told = {str(name): item for name, item in output.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            return told if told.keys() <= PREDICTIONS.names else {"outputs": told}
        if isinstance(output, str | bytes) or not hasattr(output, "__len__"):
            return self._scalar(output)
        values: list[Any] = list(rows.values_of(output))
        if len(values) == 1:
            return self._outputs(values[0])
        if self.is_probabilities and (not self.classes or len(self.classes) == len(values)):
            return self._probabilities(values)
        return {"outputs": {str(place): value for place, value in enumerate(values)}}

    def _scalar(self, output: Any) -> dict[str, object]:  # noqa: ANN401
        plain = output.item() if hasattr(output, "item") else output
        if isinstance(plain, float) and plain not in self.classes:
            return {"prediction_score": plain}
        return {"prediction_label": plain}

    def _probabilities(self, values: list[Any]) -> dict[str, object]:
        classes = self.classes or range(len(values))
        best = max(range(len(values)), key=values.__getitem__)
        return {
            "probabilities": dict(zip(map(str, classes), values, strict=True)),
            "prediction_label": classes[best],
            "prediction_score": values[1] if len(values) == 2 else values[best],
        }


def _rows_of(outputs: Any) -> Sequence[object]:  # noqa: ANN401
    if rows.is_of(type(outputs), "pandas", "DataFrame") or rows.is_of(
        type(outputs), "polars", "DataFrame"
    ):
        columns = rows.columns_of(outputs)
        names = [name for name, _ in columns]
        cells = zip(*(values for _, values in columns), strict=True)
        return [dict(zip(names, row, strict=True)) for row in cells]
    return rows.values_of(outputs)
