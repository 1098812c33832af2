"""A model that logs its own predictions: scikit-learn, XGBoost, LightGBM, or anything callable.

What `watch` returns behaves as the model does.  Its `predict`, `predict_proba` and call are timed,
and each row that goes in becomes a record; the answer is handed on as it is, and so is an error,
after it was counted.  In the caller's thread the rows are copied, no more.
"""

import functools
import inspect
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tidegauge.client import rows
from tidegauge.client.answers import Call
from tidegauge.client.snapshot import copied, weight

if TYPE_CHECKING:
    from tidegauge.client.client import Client

T = TypeVar("T")
_METHODS: Final = ("predict", "predict_proba")
_NAMES: Final = ("feature_names_in_", "feature_name_", "feature_names", "feature_name")


def watch(  # noqa: PLR0913 - each is an option
    client: "Client",
    model: T,
    *,
    model_id: str,
    model_version: str | None = None,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[object] | None = None,
    methods: Sequence[str] = _METHODS,
    tags: dict[str, str] | None = None,
) -> T:
    """The model, with each of its predictions logged.

    `methods` says which of its methods are watched: a program that calls both `predict` and
    `predict_proba` for the same rows names one of them.
    """
    given = {"model_id": model_id, "model_version": model_version, "tags": tags}
    shared: dict[str, object] = {name: each for name, each in given.items() if each is not None}
    log = CallLog(client, model, shared, feature_names, class_names)
    if inspect.isroutine(model):
        return log.around(model, is_probabilities=False)  # pyright: ignore[reportReturnType]
    return Watched(model, log, methods)  # pyright: ignore[reportReturnType]


class Watched:
    """Stands for a model: all that is not watched is the model's own."""

    __slots__ = ("_tidegauge_log", "_tidegauge_methods", "_tidegauge_model")

    def __init__(self, model: Any, log: "CallLog", methods: Sequence[str]) -> None:  # noqa: ANN401
        object.__setattr__(self, "_tidegauge_model", model)
        object.__setattr__(self, "_tidegauge_log", log)
        object.__setattr__(self, "_tidegauge_methods", frozenset(methods))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        found = getattr(self._tidegauge_model, name)
        if name in self._tidegauge_methods and callable(found):
            return self._tidegauge_log.around(found, is_probabilities=name == "predict_proba")
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        call = self._tidegauge_log.around(self._tidegauge_model, is_probabilities=False)
        return call(*args, **kwargs)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._tidegauge_model, name, value)

    def __dir__(self) -> list[str]:
        return dir(self._tidegauge_model)

    def __repr__(self) -> str:
        return repr(self._tidegauge_model)

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy on disk, or in another process, is the model alone.
        return _itself, (self._tidegauge_model,)

    @property
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]
        return type(self._tidegauge_model)


def _itself(model: T) -> T:
    return model


class CallLog:
    """Logs calls of one model."""

    def __init__(
        self,
        client: "Client",
        model: Any,  # noqa: ANN401
        shared: dict[str, object],
        names: Sequence[str] | None,
        classes: Sequence[object] | None,
    ) -> None:
        self._client = client
        self._model = model
        self._shared = shared
        self._names = names
        self._classes = classes

    def around(self, function: Callable[..., Any], *, is_probabilities: bool) -> Callable[..., Any]:
        inputs_of = _inputs_of(function)

        def ended(started: float, given: Any, answer: Any) -> None:  # noqa: ANN401
            spent = (time.perf_counter() - started) * 1000
            try:
                self._put(inputs_of(*given), answer, spent, is_probabilities=is_probabilities)
            except Exception as error:  # noqa: BLE001 - the model's caller has its answer
                model_id = self._shared.get("model_id")
                if self._client.door.count(model_id, 1):
                    self._client.door.drop(model_id, 1, error)

        def failed(started: float, error: BaseException) -> None:
            spent = (time.perf_counter() - started) * 1000
            # The words of an error may hold what is personal; its class does not.
            failure = {"status": "error", "error": type(error).__name__}
            self._client.log(**self._shared, **failure, prediction_latency_ms=spent)  # pyright: ignore[reportArgumentType]

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def waited(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
                started = time.perf_counter()
                try:
                    answer = await function(*args, **kwargs)
                except Exception as error:
                    failed(started, error)
                    raise
                ended(started, (args, kwargs), answer)
                return answer

            return waited

        @functools.wraps(function, updated=())
        def called(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            started = time.perf_counter()
            try:
                answer = function(*args, **kwargs)
            except Exception as error:
                failed(started, error)
                raise
            ended(started, (args, kwargs), answer)
            return answer

        return called

    def _put(self, inputs: Any, answer: Any, spent: float, *, is_probabilities: bool) -> None:  # noqa: ANN401
        count = _table_rows(inputs, answer)
        total = 1 if count is None else count
        door = self._client.door
        size = door.rows
        shared = {**self._shared, "prediction_latency_ms": spent}
        names, classes = self._feature_names(), self._class_names()
        for start in range(0, total, size):
            many = min(size, total - start)
            if not door.count(shared.get("model_id"), many):
                continue
            own, told, size_of = inputs, answer, 0
            try:
                if count is None:
                    own, told = copied(inputs), copied(answer)
                    size_of = weight({"inputs": own})
                else:
                    own, told = (
                        rows.sliced(each, start, start + many) for each in (inputs, answer)
                    )
                    size_of = rows.weight_of(own, many)
            except Exception as error:  # noqa: BLE001 - the model's caller has its answer
                door.drop(shared.get("model_id"), many, error)
                continue
            door.put(
                Call(
                    shared=shared,
                    inputs=own,
                    outputs=told,
                    is_table=count is not None,
                    names=names,
                    classes=classes,
                    is_probabilities=is_probabilities,
                    count=many,
                    weight=size_of,
                    at=time.time_ns(),
                )
            )

    def _feature_names(self) -> Sequence[str]:
        if self._names is None:
            self._names = []
            for name in _NAMES:
                found: Any = getattr(self._model, name, None)
                if callable(found):
                    found = found()
                if found is not None and len(found):
                    self._names = [str(each) for each in found]
                    break
        return self._names

    def _class_names(self) -> Sequence[object]:
        if self._classes is None:
            found: Any = getattr(self._model, "classes_", None)
            plain = found.tolist() if hasattr(found, "tolist") else found
            self._classes = plain if isinstance(plain, list) else []
        return self._classes


def _table_rows(inputs: Any, answer: Any) -> int | None:  # noqa: ANN401
    """How many rows went in, or None if it was one, not in a table."""
    kind = type(inputs)
    if kind is list:
        is_table = bool(inputs) and type(inputs[0]) in {list, tuple, dict}
    elif rows.is_numpy(kind):
        is_table = inputs.ndim == 2
    else:
        is_table = (
            rows.is_of(kind, "pandas", "DataFrame")
            or rows.is_of(kind, "polars", "DataFrame")
            or rows.is_of(kind, "pyarrow", "Table")
        )
    if not is_table or not hasattr(answer, "__len__") or len(answer) != len(inputs):
        return None
    return len(inputs)


def _inputs_of(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """What a call was about: its only argument, or its arguments by name."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return lambda args, _kwargs: args[0] if args else None

    def inputs(args: Any, kwargs: Any) -> Any:  # noqa: ANN401
        if len(args) == 1 and not kwargs and not isinstance(args[0], int | float | str):
            return args[0]
        if len(signature.parameters) == 1 and len(kwargs) == 1 and not args:
            only = next(iter(kwargs.values()))
            if not isinstance(only, int | float | str):
                return only
        if args and not isinstance(args[0], int | float | str | None):
            return args[0]
        bound = signature.bind(*args, **kwargs).arguments
        return {
            name: each for name, each in bound.items() if isinstance(each, int | float | str | None)
        }

    return inputs
