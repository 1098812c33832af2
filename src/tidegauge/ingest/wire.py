"""How a request goes to the process that decodes, and the verdict comes back.

Lengths, a head in JSON, and the bodies as they are: nothing that could carry code (a pickle could).
"""

import socket
import struct
from collections.abc import Sequence
from typing import Final

import orjson

from tidegauge.ingest.problem import ProblemError
from tidegauge.ingest.request import Options, Request, Verdict
from tidegauge.log import Piece

_SIZES: Final = struct.Struct("<II")


def send(to: socket.socket, head: dict[str, object], bodies: Sequence[bytes]) -> None:
    packed = orjson.dumps(head | {"sizes": [len(each) for each in bodies]})
    to.sendall(_SIZES.pack(len(packed), sum(map(len, bodies))) + packed)
    for body in bodies:
        to.sendall(body)


def receive(of: socket.socket) -> tuple[dict[str, object], list[bytes]]:
    """Raises `EOFError` when the other side is gone."""
    head_size, size = _SIZES.unpack(_exactly(of, _SIZES.size))
    head = orjson.loads(_exactly(of, head_size))
    rest = memoryview(_exactly(of, size))
    bodies: list[bytes] = []
    for each in head["sizes"]:
        bodies.append(bytes(rest[:each]))
        rest = rest[each:]
    return head, bodies


def _exactly(of: socket.socket, size: int) -> bytearray:
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        got = of.recv_into(view)
        if not got:
            raise EOFError
        view = view[got:]
    return buffer


def request_head(request: Request) -> dict[str, object]:
    options = request.options
    return {
        "kind": request.kind,
        "media": request.media,
        "encoding": request.encoding,
        "now": request.now,
        "oldest": request.oldest,
        "receiver": request.receiver,
        "attributes": request.attributes,
        "options": {
            "batch_id": options.batch_id,
            "atomic": options.atomic,
            "generate_ids": options.generate_ids,
            "defaults": options.defaults,
        },
    }


def request_of(head: dict[str, object], body: bytes) -> Request:
    fields = {name: value for name, value in head.items() if name not in {"options", "sizes"}}
    return Request(**fields, body=body, options=Options(**head["options"]))  # pyright: ignore[reportArgumentType, reportCallIssue]


def verdict_parts(verdict: Verdict, request: Request) -> tuple[dict[str, object], list[bytes]]:
    """A piece that is the body as it was sent does not travel back."""
    bodies = [b"" if piece.body is request.body else piece.body for piece in verdict.pieces]
    pieces = [
        [piece.kind, piece.model, piece.rows, piece.encoding, piece.body is request.body]
        for piece in verdict.pieces
    ]
    head: dict[str, object] = {
        "pieces": pieces,
        "accepted": verdict.accepted,
        "duplicate": verdict.duplicate,
        "rejected": verdict.rejected,
        "errors": verdict.errors,
        "warnings": verdict.warnings,
        "batch_id": verdict.batch_id,
        "digest": verdict.digest.hex(),
        "ids": verdict.ids,
        "single": verdict.single,
    }
    return head, bodies


def verdict_of(head: dict[str, object], bodies: list[bytes], request: Request) -> Verdict:
    pieces = tuple(
        Piece(
            kind=kind,
            model=model,
            rows=rows,
            encoding=encoding,
            body=request.body if as_sent else body,
        )
        for (kind, model, rows, encoding, as_sent), body in zip(
            head["pieces"],  # pyright: ignore[reportArgumentType]
            bodies,
            strict=True,
        )
    )
    plain = ("accepted", "duplicate", "rejected", "batch_id", "single")
    lists = ("errors", "warnings", "ids")
    return Verdict(
        pieces=pieces,
        digest=bytes.fromhex(str(head["digest"])),
        **{name: head[name] for name in plain},  # pyright: ignore[reportArgumentType]
        **{name: tuple(head[name]) for name in lists},  # pyright: ignore[reportArgumentType]
    )


def problem_head(problem: ProblemError) -> dict[str, object]:
    return {
        "slug": problem.slug,
        "detail": problem.detail,
        "errors": list(problem.errors)[:100],
        "truncated": problem.truncated + max(0, len(problem.errors) - 100),
    }


def problem_of(head: dict[str, object]) -> ProblemError:
    fields = {name: head[name] for name in ("slug", "detail", "errors", "truncated")}
    return ProblemError(**fields)  # pyright: ignore[reportArgumentType]
