"""Records of one kind and one model as the body of one request."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tidegauge.arrow import Table
from tidegauge.client.books import Loss
from tidegauge.record.columns import from_stream, to_stream, to_table
from tidegauge.record.fields import KINDS
from tidegauge.record.identity import new_id
from tidegauge.version import VERSION

_DROPS: Final = b"tidegauge.drops"


@dataclass(slots=True, kw_only=True)
class Batch:
    kind: str
    model_id: str
    rows: int
    size: int
    body: bytes | None
    """None where it is on disk."""
    place: int
    """In the order in which batches were made."""
    losses: tuple[Loss, ...] = ()
    prediction_ids: tuple[str | None, ...] = ()
    """Only where somebody wants to know."""
    # The server remembers the id: the same body comes under the same id, however often.
    id: str = field(default_factory=new_id)
    born: float = field(default_factory=time.time)
    path: Path | None = None
    attempts: int = 0


def made(
    kind: str,
    model_id: str,
    records: Sequence[dict[str, object]],
    compression: str | None,
    *,
    place: int,
    losses: Sequence[Loss] = (),
    with_ids: bool = False,
) -> Batch:
    table = _signed(to_table(records, KINDS[kind]), losses)
    body = to_stream(table, compression)
    ids = tuple(_id_of(record) for record in records) if with_ids else ()
    return Batch(
        kind=kind,
        model_id=model_id,
        rows=len(records),
        size=len(body),
        body=body,
        place=place,
        losses=tuple(losses),
        prediction_ids=ids,
    )


def _signed(table: Table, losses: Sequence[Loss]) -> Table:
    said = {b"tidegauge.client": VERSION.encode()}
    if losses:
        said[_DROPS] = json.dumps([loss.to_dict() for loss in losses]).encode()
    return table.replace_schema_metadata(said)


def _id_of(record: dict[str, object]) -> str | None:
    found = record.get("prediction_id")
    return found if isinstance(found, str) else None


def halves(batch: Batch, body: bytes, compression: str | None) -> list[Batch]:
    """Two batches of half the rows, under ids of their own."""
    table = from_stream(body)
    middle = batch.rows // 2
    found: list[Batch] = []
    for start, stop in ((0, middle), (middle, batch.rows)):
        first = start == 0
        half = _signed(table.slice(start, stop - start), batch.losses if first else ())
        body = to_stream(half, compression)
        found.append(
            Batch(
                kind=batch.kind,
                model_id=batch.model_id,
                rows=stop - start,
                size=len(body),
                body=body,
                place=batch.place,
                losses=batch.losses if first else (),
                prediction_ids=batch.prediction_ids[start:stop],
                born=batch.born,
            )
        )
    return found
