"""A reference of a file that a stranger sent, made in a process that may die of it; and rows of
such a file.

`python -m tidegauge.series.apart FILE`, with what is wanted of it as JSON on standard input.  It
answers with a line of JSON, and the profile or the rows behind it.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tidegauge import performance
from tidegauge.arrow import Table
from tidegauge.confine import limit_memory
from tidegauge.errors import InputError
from tidegauge.profile.codec import decode, encode
from tidegauge.record.columns import from_stream, to_stream
from tidegauge.schema import Column, Schema
from tidegauge.series.measured import Truth
from tidegauge.series.reference import Made, of_file, rows_of_file

_ROOM: Final = 4 << 30
"""Bytes: what 200,000 rows of some thousand columns take, and more than enough to read them."""
_PATIENCE: Final = 600.0
_FATAL: Final = "the file could not be read within the memory and time that one may take"


def made_apart(path: Path, schema: Schema | None, at: int, task: str | None = None) -> Made:
    told, body = _asked(path, schema, at=at, task=task)
    size = told["size"]
    truth = Truth(told["labelled"], performance.decode(body[size:])) if told["labelled"] else None
    return Made(decode(body[:size]), told["first_at"], told["last_at"], truth=truth)


def rows_apart(path: Path, schema: Schema | None, most: int) -> Table:
    """Some of its rows, evenly over all of them, as they would be logged."""
    _told, body = _asked(path, schema, most=most)
    return from_stream(body)


def _asked(
    path: Path, schema: Schema | None, **more: int | str | None
) -> tuple[Mapping[str, Any], bytes]:
    columns = [asdict(column) for column in schema] if schema is not None else None
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "tidegauge.series.apart", str(path)],
            input=json.dumps({"columns": columns, **more}).encode(),
            stdout=subprocess.PIPE,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InputError(_FATAL) from None
    head, _, body = done.stdout.partition(b"\n")
    if done.returncode or not head:
        raise InputError(_FATAL)
    told = json.loads(head)
    if "refused" in told:
        raise InputError(told["refused"])
    return told, body


def _main() -> None:
    path = Path(sys.argv[1])
    wanted = json.loads(sys.stdin.buffer.read())
    columns = wanted["columns"]
    schema = Schema(tuple(Column(**each) for each in columns)) if columns is not None else None
    limit_memory(_ROOM)
    head: dict[str, Any] = {}
    body = b""
    try:
        if "most" in wanted:
            body = to_stream(rows_of_file(path, schema, wanted["most"]))
        else:
            made = of_file(path, schema, wanted["at"], wanted["task"])
            body, truth = encode(made.profile), made.truth
            head = {"first_at": made.first_at, "last_at": made.last_at, "size": len(body)}
            head["labelled"] = truth.labelled if truth else 0
            body += performance.encode(truth.measured) if truth else b""
    except InputError as error:
        # It is the sender's file, not one of ours.
        head = {"refused": str(error).replace(path.name, "the file")}
    except MemoryError:
        head = {"refused": _FATAL}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + body)


if __name__ == "__main__":
    _main()
