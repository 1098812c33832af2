"""Messages between the two sides: a length, then as many bytes; one of no bytes ends a list."""

import struct
from typing import IO, Final

_LENGTH: Final = struct.Struct("<Q")


def send(pipe: IO[bytes], body: bytes | memoryview) -> None:
    pipe.write(_LENGTH.pack(len(body)))
    pipe.write(body)
    pipe.flush()


def receive(pipe: IO[bytes], most: int = 1 << 62) -> bytes:
    """The next message, or `EOFError` when the other side has gone or says more than it may."""
    (size,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
    if size > most:
        raise EOFError
    return _exactly(pipe, size)


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    body = pipe.read(size)
    if len(body) != size:
        raise EOFError
    return body
