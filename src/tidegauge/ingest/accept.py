"""From a body to what is kept of it: one pure function, the same for every format.

>>> body = b'{"model_id": "m", "prediction_id": "p", "features": {"age": 41}}'
>>> verdict = accept(Request(kind="predictions", media="application/json", body=body), {})
>>> verdict.accepted, verdict.pieces[0].model
(1, 'm')
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import orjson

from tidegauge.arrow import Table, pa
from tidegauge.ingest import arrow, document
from tidegauge.ingest.envelope import Envelope, counted, opened
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.ingest.receivers import RECEIVERS
from tidegauge.ingest.request import ARROW, NDJSON, Request, Verdict
from tidegauge.ingest.unpack import unpack
from tidegauge.log import Piece
from tidegauge.record import limits
from tidegauge.record.check import Checker, Record, Signal, Terms
from tidegauge.record.columns import place, to_records, to_stream
from tidegauge.record.fields import KINDS, Kind
from tidegauge.record.refusal import Problem
from tidegauge.record.values import Moment

Names = dict[str, set[str]]
"""The names of each model's features that were met so far."""


def accept(request: Request, names: Names) -> Verdict:
    """Judge a body; raise `ProblemError` if nothing of it can be kept."""
    kind = KINDS[request.kind]
    body = unpack(request.body, request.encoding)
    if request.media == ARROW:
        try:
            return _columns(request, kind, body, names)
        except (pa.ArrowException, UnicodeError, OverflowError):
            # What is valid by itself can still be absurd: a time zone that is no text.
            detail = "the columns hold what no Arrow library writes"
            raise ProblemError("malformed-arrow", detail) from None
    return _records(request, kind, body, names)


def _records(request: Request, kind: Kind, body: bytes, names: Names) -> Verdict:
    stored_as = kind.name
    if request.receiver:
        receiver = RECEIVERS[request.receiver]
        found = receiver.read(document.parse(body), request.attributes)
        envelope = Envelope(records=counted(found), options=request.options)
        stored_as = "halves" if receiver.in_halves else kind.name
    elif request.media == NDJSON:
        envelope = _lines(body, request)
    else:
        envelope = opened(document.parse(body), request.options, kind)
    options = envelope.options
    checker = Checker(kind, _terms(request, options.generate_ids, names))
    judged = _Judged(kind)
    kept: dict[str, list[bytes]] = {}
    ids: list[str] = []
    for index, record in enumerate(envelope.records):
        if isinstance(record, Problem):
            judged.refuse(index, [record])
            continue
        half = record.pop("half", None) if request.receiver and type(record) is dict else None
        given = {**options.defaults, **record} if type(record) is dict else record
        normal, problems = checker.check(given)
        if normal is None:
            judged.refuse(index, problems)
        elif judged.is_new(index, normal):
            packed = orjson.dumps(normal | {"half": half} if half else normal)
            if len(packed) > limits.RECORD:
                judged.refuse(index, [_TOO_LARGE])
                continue
            kept.setdefault(str(normal.get("model_id", "")), []).append(packed)
            if kind.key:
                ids.append(str(normal[kind.key]))
    pieces = [
        Piece(
            kind=stored_as,
            model=model,
            rows=len(records),
            encoding="json",
            body=b"[" + b",".join(records) + b"]",
        )
        for model, records in kept.items()
    ]
    return judged.verdict(
        request,
        pieces,
        sum(map(len, kept.values())),
        checker.signals,
        envelope=envelope,
        ids=tuple(ids) if options.generate_ids or envelope.single else (),
    )


def _lines(body: bytes, request: Request) -> Envelope:
    """A record a line; a line that is no JSON is refused by itself."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    if not lines:
        raise ProblemError("empty-batch", "no line holds a record")
    if len(lines) > limits.RECORDS:
        raise _too_many()
    together = document.parse_lines(lines)
    if together is not None:
        return Envelope(records=together, options=request.options)  # pyright: ignore[reportArgumentType]
    records: list[Record | Problem] = []
    for line in lines:
        try:
            records.append(document.parse(line))  # pyright: ignore[reportArgumentType]
        except ProblemError as error:
            if error.slug == "too-deep":
                raise
            records.append(Problem("", "bad-format", error.detail))
    return Envelope(records=records, options=request.options)


def _columns(request: Request, kind: Kind, body: bytes, names: Names) -> Verdict:
    whole = arrow.read(body)
    if not whole.num_rows:
        raise ProblemError("empty-batch", "the stream holds no rows")
    options = request.options
    table = _with_defaults(whole, request)
    table, unknown = arrow.known_columns(table, kind, generate_ids=options.generate_ids)
    checker = Checker(kind, _terms(request, options.generate_ids, names))
    judged = _Judged(kind)
    found = arrow.suspects(table, kind, request.now, request.oldest)
    # All rows share the names of the columns: new ones are met with the first.
    found[0] |= not _are_met(table, names)
    refused: list[int] = []
    places = np.flatnonzero(found)
    suspicious = to_records(table.take(places)) if len(places) else []
    for index, record in zip(places.tolist(), suspicious, strict=True):
        moment = record.get("timestamp")
        if isinstance(moment, int):
            record["timestamp"] = Moment(moment)
        normal, problems = checker.check(record)
        if normal is None:
            judged.refuse(index, problems)
            refused.append(index)
    refused += _doubles(table, kind, judged, refused)
    if "timestamp" not in table.column_names:
        checker.signals[_NO_TIME] = table.num_rows
    for name in unknown:
        checker.meet_unknown(name)
    is_as_sent = table is whole and not refused
    if refused:
        keep = np.ones(table.num_rows, bool)
        keep[refused] = False
        table = table.filter(pa.array(keep))
    pieces = [
        Piece(kind=kind.name, model=model, rows=rows.num_rows, encoding="arrow", body=stream)
        for model, rows, stream in _by_model(table, body if is_as_sent else None)
    ]
    drops = (whole.schema.metadata or {}).get(b"tidegauge.drops")
    if drops:
        pieces += _drops(drops)
    ids = tuple(table[kind.key].to_pylist()) if options.generate_ids and kind.key else ()
    return judged.verdict(request, pieces, table.num_rows, checker.signals, envelope=None, ids=ids)


def _are_met(table: Table, names: Names) -> bool:
    columns = (place(column) for column in table.column_names)
    features = {name for field, _variant, name in columns if field == "features"}
    return all(features <= names.get(model or "", set()) for model in _models(table))


_NO_TIME: Final = Signal("no-timestamp", "without a timestamp the time of receipt counts")


_TOO_LARGE: Final = Problem("", "record-too-large", f"is over {limits.RECORD // limits.MIB} MiB")


def _with_defaults(table: Table, request: Request) -> Table:
    for name, value in request.options.defaults.items():
        if name not in table.column_names:
            table = table.append_column(name, pa.array([value] * table.num_rows, pa.string()))
    return table


def _by_model(table: Table, as_sent: bytes | None) -> Iterable[tuple[str, Table, bytes]]:
    if not table.num_rows:
        return
    models = _models(table)
    if len(models) == 1:
        yield models[0] or "", table, as_sent or to_stream(table.replace_schema_metadata(None))
        return
    for model in models:
        of = table["model_id"]
        rows = table.filter(of.is_null() if model is None else pa.compute.equal(of, model))
        yield model or "", rows, to_stream(rows.replace_schema_metadata(None))


def _models(table: Table) -> list[str | None]:
    return table["model_id"].unique().to_pylist() if "model_id" in table.column_names else [None]


def _doubles(table: Table, kind: Kind, judged: "_Judged", refused: Sequence[int]) -> list[int]:
    """The rows whose key an earlier row of the batch has."""
    if kind.key is None:
        return []
    keys = table[kind.key]
    if pa.compute.count_distinct(keys).as_py() == table.num_rows:
        return []
    again: list[int] = []
    skipped = set(refused)
    for index, record in enumerate(to_records(table)):
        if index not in skipped and not judged.is_new(index, record):
            again.append(index)
    return again


def _drops(told: bytes) -> list[Piece]:
    """What the client could not keep: told with its next batch, and kept as it was said."""
    try:
        drops = orjson.loads(told)
    except orjson.JSONDecodeError:
        return []
    if not isinstance(drops, list) or len(drops) > limits.RECORDS or not drops:
        return []
    body = orjson.dumps(drops)
    return [Piece(kind="drops", model="", rows=len(drops), encoding="json", body=body)]


def _terms(request: Request, generate: bool, names: Names) -> Terms:  # noqa: FBT001
    return Terms(now=request.now, oldest=request.oldest, generate_ids=generate, names=names)


def _too_many() -> ProblemError:
    detail = f"over {limits.RECORDS} records; send them in several batches"
    return ProblemError("too-many-records", detail)


def _said(record: Record) -> Record:
    """A record without what says nothing: a null and an absence are the same."""
    said: Record = {}
    for name, value in record.items():
        if isinstance(value, dict):
            value = {key: item for key, item in value.items() if item is not None}  # noqa: PLW2901
        if value != {}:
            said[name] = value
    return said


class _Judged:
    """What was found about the records of one batch."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._met: dict[tuple[object, object], Record] = {}
        self.errors: list[Fault] = []
        self.rejected = 0
        self.duplicate = 0

    def refuse(self, index: int, problems: Iterable[Problem]) -> None:
        self.rejected += 1
        for each in problems:
            fault: Fault = {"pointer": each.pointer, "code": each.code, "detail": each.detail}
            self.errors.append({"index": index, **fault})

    def is_new(self, index: int, record: Record) -> bool:
        """Whether no earlier record has its key; the same again is a duplicate, not a fault."""
        if self._kind.key is None:
            return True
        key = (record.get("model_id"), record[self._kind.key])
        earlier = self._met.setdefault(key, record)
        if earlier is record:
            return True
        if _said(earlier) == _said(record):
            self.duplicate += 1
        else:
            detail = "an earlier record of the batch has this id and other content"
            problem = Problem("/" + self._kind.key, "prediction-id-conflict", detail)
            self.refuse(index, [problem])
        return False

    def verdict(
        self,
        request: Request,
        pieces: Sequence[Piece],
        accepted: int,
        signals: Counter[Signal],
        *,
        envelope: Envelope | None,
        ids: tuple[str, ...] = (),
    ) -> Verdict:
        options = envelope.options if envelope else request.options
        self.errors.sort(key=lambda fault: fault["index"])  # pyright: ignore[reportArgumentType, reportCallIssue]
        if self.rejected and (options.atomic or not accepted + self.duplicate):
            why = "nothing was kept, as atomic=true asks" if accepted else "nothing could be kept"
            detail = f"{self.rejected} records are refused: {why}"
            raise ProblemError("invalid-request", detail, self.errors)
        return Verdict(
            pieces=tuple(pieces),
            accepted=accepted,
            duplicate=self.duplicate,
            rejected=self.rejected,
            errors=tuple(self.errors),
            warnings=tuple(
                {"code": signal.code, "detail": signal.detail, "count": count}
                for signal, count in signals.items()
            ),
            batch_id=options.batch_id,
            digest=hashlib.sha256(request.body).digest()[:16] if options.batch_id else b"",
            ids=ids,
            single=envelope.single if envelope else False,
        )
