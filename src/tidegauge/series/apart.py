"""A reference of a file that a stranger sent, made in a process that may die of it.

`python -m tidegauge.series.apart FILE AT`, with what is known of the columns as JSON on standard
input.  It answers with a line of JSON, and the profile behind it.
"""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tidegauge.confine import limit_memory
from tidegauge.errors import InputError
from tidegauge.profile.codec import decode, encode
from tidegauge.schema import Column, Schema
from tidegauge.series.reference import Made, of_file

_ROOM: Final = 4 << 30
"""Bytes: what 200,000 rows of some thousand columns take, and more than enough to read them."""
_PATIENCE: Final = 600.0
_FATAL: Final = "the file could not be read within the memory and time that one may take"


def made_apart(path: Path, schema: Schema | None, at: int) -> Made:
    columns = [asdict(column) for column in schema] if schema is not None else None
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "tidegauge.series.apart", str(path), str(at)],
            input=json.dumps(columns).encode(),
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
    return Made(decode(body), told["first_at"], told["last_at"])


def _main() -> None:
    path, at = Path(sys.argv[1]), int(sys.argv[2])
    columns = json.loads(sys.stdin.buffer.read())
    schema = Schema(tuple(Column(**each) for each in columns)) if columns is not None else None
    limit_memory(_ROOM)
    body = b""
    try:
        made = of_file(path, schema, at)
        head = {"first_at": made.first_at, "last_at": made.last_at}
        body = encode(made.profile)
    except InputError as error:
        # It is the sender's file, not one of ours.
        head = {"refused": str(error).replace(path.name, "the file")}
    except MemoryError:
        head = {"refused": _FATAL}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + body)


if __name__ == "__main__":
    _main()
