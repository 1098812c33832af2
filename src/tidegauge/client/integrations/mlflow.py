"""Models of MLflow: one that was loaded is watched like any other, and one that is saved can carry
its watching along.

```
model = client.watch(mlflow.pyfunc.load_model(uri), model_id="fraud")
mlflow.pyfunc.save_model("model", python_model=monitored(MyModel(), model_id="fraud"))
```

A saved model makes its client where it is served, from TIDEGAUGE_URL and TIDEGAUGE_API_KEY.
"""

import importlib.util
from typing import Any

from tidegauge.client.client import Client
from tidegauge.client.snapshot import static


class Monitored:
    """A `PythonModel` around a `PythonModel`: the same answers, and each is logged."""

    def __init__(self, model: Any, model_id: str, more: dict[str, Any]) -> None:  # noqa: ANN401
        self.model = model
        self.model_id = model_id
        self.more = more
        self.client: Client | None = None
        self._predict: Any = None

    def load_context(self, context: Any) -> None:  # noqa: ANN401
        if static(type(self.model), "load_context") is not None:
            self.model.load_context(context)

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:  # noqa: ANN401
        if self._predict is None:
            self.client = Client()
            self._predict = self.client.watched(model_id=self.model_id, **self.more)(_answer)
        return self._predict(model_input, self.model, context, params)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_predict": None, "client": None}


def _answer(model_input: Any, model: Any, context: Any, params: Any) -> Any:  # noqa: ANN401
    if params is None:
        return model.predict(context, model_input)
    return model.predict(context, model_input, params=params)


def monitored(model: Any, *, model_id: str, **more: Any) -> Any:  # noqa: ANN401 - MLflow's own type
    """The model, for `save_model` or `log_model`.  `more` is what `Client.watch` takes."""
    if importlib.util.find_spec("mlflow") is None:
        return Monitored(model, model_id, more)
    pyfunc: Any = importlib.import_module("mlflow.pyfunc")
    kind: Any = type("Monitored", (Monitored, pyfunc.PythonModel), {"__module__": __name__})
    return kind(model, model_id, more)
