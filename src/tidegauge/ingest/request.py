"""One body to be judged, and the verdict on it: what passes to the process that decodes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from tidegauge.ingest.problem import Fault
from tidegauge.log import Piece
from tidegauge.record import limits

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
ARROW: Final = "application/vnd.apache.arrow.stream"
MEDIA: Final = (JSON, NDJSON, ARROW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What can be said beside the records: in the query, or in a JSON body."""

    batch_id: str = ""
    atomic: bool = False
    generate_ids: bool = False
    # Fields that hold for every record which has none of its own: model_id, model_version.
    defaults: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    kind: str
    media: str
    body: bytes
    encoding: str = ""
    options: Options = field(default_factory=Options)
    now: int = 0  # microseconds since 1970
    oldest: int | None = None  # earlier is past retention
    # Another system's protocol, and what its headers said.
    receiver: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    pieces: tuple[Piece, ...]
    accepted: int
    duplicate: int = 0
    errors: tuple[Fault, ...] = ()
    rejected: int = 0
    warnings: tuple[dict[str, object], ...] = ()
    batch_id: str = ""
    digest: bytes = b""
    ids: tuple[str, ...] = ()
    single: bool = False

    def answer(self, ingested_at: str) -> bytes:
        said: dict[str, object] = {
            "status": "accepted" if not self.rejected else "partial",
            "accepted": self.accepted,
            "duplicate": self.duplicate,
            "rejected": self.rejected,
            "ingested_at": ingested_at,
        }
        if self.batch_id:
            said["batch_id"] = self.batch_id
        if self.single and self.ids:
            said["prediction_id"] = self.ids[0]
        elif self.ids:
            said["prediction_ids"] = self.ids
        if self.errors:
            said["errors"] = self.errors[: limits.ERRORS_TOLD]
        if len(self.errors) > limits.ERRORS_TOLD:
            said["errors_truncated"] = len(self.errors) - limits.ERRORS_TOLD
        if self.warnings:
            said["warnings"] = self.warnings
        return orjson.dumps(said)
