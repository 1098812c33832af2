"""Log predictions from any program, without slowing it and without ever failing it.

>>> client = Client("http://localhost:8712", api_key="key", strict=True)
>>> client.log(model_id="fraud", prediction_id="p1", features={"amount": 12.5})
'p1'
>>> client.log_actual(model_id="fraud", prediction_id="p1", actual_label=False)
>>> client.stats().calls
2
>>> client.close(timeout=0)
False
"""

import logging
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Final, Self, TypeVar, Unpack

from tidegauge.client.books import Stats
from tidegauge.client.buffer import model_of
from tidegauge.client.door import Door, Frame
from tidegauge.client.fields import (
    ExplanationFields,
    FeedbackFields,
    KindName,
    LabelFields,
    MetricFields,
    PredictionFields,
)
from tidegauge.client.settings import Options, Settings, settings_of
from tidegauge.client.short import ShortForms
from tidegauge.client.unfit import UnfitError
from tidegauge.client.worker import Worker
from tidegauge.errors import InputError
from tidegauge.record.fields import PREDICTIONS
from tidegauge.record.identity import new_id

T = TypeVar("T")

_IDS: Final = frozenset(PREDICTIONS.fields["prediction_id"].aliases)
# `flush(timeout=None)` waits for so long: without an end a server that is gone would hold it.
_MINUTE: Final = 60.0
_POLL: Final = 0.002


class Client(ShortForms):
    """Logs predictions and what becomes known of them later.

    Every `log...` returns at once: one background thread sends, from the first record on.  A wrong
    argument, a full queue or a server that is gone never raises: it is counted in `stats()`, and
    said once a minute to the logger `tidegauge`.  `strict=True` raises for wrong arguments.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        strict: bool = False,
        **options: Unpack[Options],
    ) -> None:
        try:
            settings = settings_of(url, api_key, strict=strict, **options)
        except Exception as error:
            if strict:
                raise
            # Nothing of the value: it may be the key.
            words = str(error) if isinstance(error, InputError) else type(error).__name__
            logging.getLogger("tidegauge").warning("logging is off: %s", words)
            settings = Settings(url="http://localhost", api_key="none")
            self._worker = Worker(settings)
            self._worker.buffer.close()
        else:
            self._worker = Worker(settings)
        self._settings = settings
        self._books = self._worker.books
        self.door = Door(self._worker, min(settings.batch_rows, settings.max_records))
        self._put = self._put_strictly if settings.strict else self._worker.buffer.put

    def log(self, /, **fields: Unpack[PredictionFields]) -> str:
        """Log one prediction; the answer is its id, which is made if none is given."""
        return self._log(fields)  # pyright: ignore[reportArgumentType]

    def _log(self, fields: dict[str, object]) -> str:
        number = self._books.calls.one()
        found = fields.get("prediction_id")
        if type(found) is not str or not found:
            found = _identified(fields)
        self._put("predictions", fields, number)
        return found

    def log_actual(self, /, **fields: Unpack[LabelFields]) -> None:
        """Log the truth about a prediction; the latest counts, and `retract=True` withdraws it."""
        self._put("labels", fields, self._books.calls.one())  # pyright: ignore[reportArgumentType]

    def log_feedback(self, /, **fields: Unpack[FeedbackFields]) -> None:
        """Log what the person did who was served the prediction."""
        self._put("feedback", fields, self._books.calls.one())  # pyright: ignore[reportArgumentType]

    def log_explanation(self, /, **fields: Unpack[ExplanationFields]) -> None:
        """Log why the model answered as it did."""
        self._put("explanations", fields, self._books.calls.one())  # pyright: ignore[reportArgumentType]

    def log_metric(
        self,
        metric_name: str,
        value: float,
        metadata: Mapping[str, object] | None = None,
        /,
        **fields: Unpack[MetricFields],
    ) -> None:
        """Log a number of your own."""
        record: dict[str, object] = {**fields, "metric_name": metric_name, "value": value}
        if metadata is not None:
            record["tags"] = metadata
        self._put("metrics", record, self._books.calls.one())

    def log_batch(
        self,
        data: object,
        *,
        kind: KindName = "predictions",
        columns: Mapping[str, str | None] | None = None,
        feature_columns: Iterable[str] = (),
        wait: float = 0.0,
        **shared: Unpack[PredictionFields],
    ) -> int:
        """Log the rows of a frame; the answer is how many are in the queue.

        `data` is a DataFrame of pandas or polars, an Arrow table, a numpy array, a dict of columns
        or a list of dicts.  A column is the field of its name, or `tags.region` for the tag
        `region`; any other is a feature.  `columns` renames (None: leave it out), `feature_columns`
        are features whatever their names.  What does not fit into the queue is dropped, unless
        `wait` gives the seconds to wait for room.
        """
        frame = Frame(
            data=data,
            kind=kind,
            shared=shared,  # pyright: ignore[reportArgumentType]
            renamed=dict(columns or {}),
            features=frozenset(feature_columns),
        )
        try:
            return frame.put(self.door, wait)
        except UnfitError as unfit:
            if self._settings.strict:
                raise InputError(f"log_batch: {unfit.detail}") from None
            return 0

    def watch(self, model: T, *, model_id: str, **more: Any) -> T:  # noqa: ANN401 - see `watch`
        """The model, with each of its predictions logged.  See `tidegauge.client.watch.watch`."""
        from tidegauge.client.watch import watch  # noqa: PLC0415 - not everybody has models

        return watch(self, model, model_id=model_id, **more)

    def watched(self, *, model_id: str, **more: Any) -> Callable[[T], T]:  # noqa: ANN401
        """`watch` as a decorator of a function, sync or async."""
        return lambda function: self.watch(function, model_id=model_id, **more)

    def flush(self, timeout: float | None = 5.0) -> bool:
        """Send what was logged before; True if all of it has come to its end.  None is a minute."""
        if self._worker.is_own_thread():
            return False
        is_done = self._worker.flush()
        until = time.monotonic() + (_MINUTE if timeout is None else timeout)
        while not is_done():
            if time.monotonic() >= until:
                return False
            time.sleep(_POLL)
        return True

    async def aflush(self, timeout: float | None = 5.0) -> bool:  # noqa: ASYNC109 - as `flush`
        import asyncio  # noqa: PLC0415 - there already where this is called, and 20 ms elsewhere

        is_done = self._worker.flush()
        until = time.monotonic() + (_MINUTE if timeout is None else timeout)
        while not is_done():
            if time.monotonic() >= until:
                return False
            await asyncio.sleep(_POLL)
        return True

    def close(self, timeout: float = 5.0) -> bool:
        """Send what was logged, then end; True if all of it has come to its end in time."""
        self._worker.leave(time.monotonic() + max(timeout, 0.0))
        return not self._worker.abandoned and self._worker.is_empty()

    async def aclose(self, timeout: float = 5.0) -> bool:  # noqa: ASYNC109 - as `close`
        await self.aflush(timeout)
        return self.close(0.1)

    def stats(self) -> Stats:
        """The books: what became of every record."""
        return self._books.stats()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        worker = getattr(self, "_worker", None)
        if worker is not None:
            worker.let_go()

    def __repr__(self) -> str:
        return f"Client({self._settings.url!r})"

    def _put_strictly(self, kind: str, fields: dict[str, object], number: int) -> bool:
        try:
            self._worker.check(kind, fields)
        except UnfitError as unfit:
            self._books.drop(model_of(fields), unfit.reason, time.time_ns() // 1000)
            raise InputError(f"{kind}: {unfit.detail}") from None
        return self._worker.buffer.put(kind, fields, number)


def _identified(fields: dict[str, object]) -> str:
    """The id of a record whose id is not a text: told, translated or made."""
    found = fields.get("prediction_id")
    kind = type(found)
    if found is None or (kind is str and not found):
        for alias in _IDS.intersection(fields):
            told = fields[alias]
            return told if type(told) is str else ""
        made = fields["prediction_id"] = new_id()
        return made
    try:
        uuid: Any = sys.modules.get("uuid")
        if kind is int or (uuid is not None and kind is uuid.UUID):
            text = fields["prediction_id"] = str(found)
            return text
        numpy: Any = sys.modules.get("numpy")
        if numpy is not None and issubclass(kind, numpy.integer | numpy.str_):
            text = fields["prediction_id"] = str(found.item())  # pyright: ignore[reportAttributeAccessIssue]
            return text
    except ValueError:
        # An integer of more digits than Python writes: the worker refuses it.
        pass
    return ""
