"""Why a whole request is refused, in the form of RFC 9457.

Every code has a line here, and a page under /problems/<slug>.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tidegauge.errors import TidegaugeError
from tidegauge.record import limits

Fault = dict[str, object]
"""One entry of `errors`: index, pointer, code, detail."""


@dataclass(frozen=True, slots=True)
class Slug:
    status: int
    title: str
    # What to do about it, for the page.
    help: str


SLUGS: Final[dict[str, Slug]] = {
    "bad-request": Slug(
        400, "Bad request", "The request is not valid HTTP. Look at what sends it."
    ),
    "malformed-json": Slug(
        400, "Malformed JSON", "Mend the document at the line and column that is told."
    ),
    "malformed-arrow": Slug(
        400, "Malformed Arrow", "Send an Arrow IPC stream as your Arrow library writes it."
    ),
    "malformed-encoding": Slug(
        400,
        "Malformed encoding",
        "The body is not what Content-Encoding says. Compress it again, or send it plain.",
    ),
    "unauthenticated": Slug(
        401,
        "Not authenticated",
        "Send 'Authorization: Bearer <key>'. 'tidegauge keys create' makes a key.",
    ),
    "key-expired": Slug(401, "Key expired", "Make a new key: tidegauge keys create."),
    "key-revoked": Slug(401, "Key revoked", "Make a new key: tidegauge keys create."),
    "forbidden-role": Slug(403, "Not allowed", "Use a key with the role that is named."),
    "forbidden-origin": Slug(
        403, "Not from that page", "Open the page from the server's own address."
    ),
    "not-found": Slug(
        404, "Not found", "Look at the address; the API is described at /api/v1/openapi.json."
    ),
    "method-not-allowed": Slug(
        405, "Method not allowed", "Use one of the methods in the Allow header."
    ),
    "not-acceptable": Slug(406, "Not acceptable", "Ask for a type that the address offers."),
    "request-timeout": Slug(
        408, "Request timed out", "The request came too slowly. Send it again."
    ),
    "state-conflict": Slug(409, "Conflict", "What is asked does not fit the present state."),
    "insufficient-data": Slug(
        409, "Not enough labels", "Wait for more, or ask as an administrator with 'force'."
    ),
    "cooldown": Slug(
        409, "Too soon", "Wait as long as is told, or ask as an administrator with 'force'."
    ),
    "stale-attempt": Slug(
        409, "Not yours any more", "Stop: another attempt has the job, or it is over."
    ),
    "batch-id-conflict": Slug(
        409, "Batch id already used", "Send other data under a batch id of its own."
    ),
    "stale": Slug(
        412,
        "Changed meanwhile",
        "Somebody else changed it. Read it again, and send the change with its new ETag.",
    ),
    "precondition-required": Slug(
        428, "If-Match is missing", "Send the ETag of what you saw as If-Match."
    ),
    "too-large": Slug(
        413, "Too large", "Send less at once: 16 MiB in a request, compressed or not."
    ),
    "too-many-records": Slug(413, "Too many records", "Send at most 10,000 records at once."),
    "decompressed-too-large": Slug(
        413, "Too large when unpacked", "Send at most 64 MiB, as it is when unpacked."
    ),
    "uri-too-long": Slug(414, "Address too long", "Keep the address under 16 KiB."),
    "unsupported-media-type": Slug(
        415, "Type not supported", "Send one of the types that are listed."
    ),
    "unsupported-encoding": Slug(
        415, "Encoding not supported", "Send gzip, zstd or no encoding, one at most."
    ),
    "invalid-request": Slug(422, "Invalid request", "Mend what 'errors' names."),
    "empty-batch": Slug(422, "Empty batch", "Send at least one record."),
    "too-deep": Slug(422, "Nested too deeply", "Keep documents within 32 levels."),
    "bad-unicode": Slug(422, "Not valid text", "Send UTF-8."),
    "unsupported-type": Slug(
        422, "Column type not supported", "Convert the column to one of the types that are listed."
    ),
    "unsafe-url": Slug(
        422,
        "Address out of reach",
        "Write a public https address, or ask the operator to allow this one: alerts.reach.",
    ),
    "idempotency-key-reused": Slug(
        422, "Key used for another request", "Send another Idempotency-Key."
    ),
    "unknown-field": Slug(422, "Unknown field", "Remove it, or use the name that is proposed."),
    "rate-limited": Slug(
        429, "Too many requests", "Wait as long as Retry-After says, and send again."
    ),
    "quota-exceeded": Slug(429, "Quota exceeded", "Ask an administrator for more room."),
    "header-too-large": Slug(431, "Headers too large", "Keep headers under 64 KiB and 1,000."),
    "internal": Slug(
        500, "Internal error", "Our mistake. The request id leads to it in the server's log."
    ),
    "unavailable": Slug(503, "Unavailable", "Send again after the time in Retry-After."),
    "insufficient-storage": Slug(
        507, "No room", "The server's disk is full. Nothing was accepted; send again later."
    ),
}


@dataclass
class ProblemError(TidegaugeError):
    """The whole request is refused: what was wrong, where, and which limit."""

    slug: str
    detail: str
    errors: Sequence[Fault] = ()
    truncated: int = 0
    retry_after: int | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def status(self) -> int:
        return SLUGS[self.slug].status

    def body(self, instance: str, request_id: str) -> dict[str, object]:
        kept: dict[str, object] = {
            "type": f"/problems/{self.slug}",
            "title": SLUGS[self.slug].title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "request_id": request_id,
        }
        if self.errors:
            kept["errors"] = list(self.errors[: limits.ERRORS_TOLD])
        truncated = self.truncated + max(0, len(self.errors) - limits.ERRORS_TOLD)
        if truncated:
            kept["errors_truncated"] = truncated
        if self.retry_after is not None:
            kept["retry_after_s"] = self.retry_after
        return kept
