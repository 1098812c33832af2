"""Bodies as they were before they were compressed, within a limit that is kept while unpacking."""

import zlib
from io import BytesIO
from typing import Final

import zstandard

from tidegauge.ingest.problem import ProblemError
from tidegauge.record import limits

ENCODINGS: Final = ("gzip", "zstd")
_STEP = limits.MIB
_WINDOW = 8 * limits.MIB


def unpack(body: bytes, encoding: str | None) -> bytes:
    """We count ourselves: what libraries offer as a limit does not hold."""
    match encoding:
        case None | "" | "identity":
            return body
        case "gzip":
            return _gunzip(body)
        case "zstd":
            return _unzstd(body)
        case _:
            detail = f"the encoding is not one of {', '.join(ENCODINGS)}; send one at most"
            raise ProblemError("unsupported-encoding", detail)


def _gunzip(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    pieces: list[bytes] = []
    size, rest = 0, body
    try:
        while not unpacker.eof:
            piece = unpacker.decompress(rest, _STEP)
            if not piece and not unpacker.unconsumed_tail and not unpacker.eof:
                break
            size = _counted(size + len(piece))
            pieces.append(piece)
            rest = unpacker.unconsumed_tail
    except zlib.error:
        raise _malformed("gzip") from None
    if not unpacker.eof or unpacker.unused_data:
        raise _malformed("gzip")
    return b"".join(pieces)


def _unzstd(body: bytes) -> bytes:
    try:
        told = zstandard.frame_content_size(body)
        if told > limits.BODY_UNPACKED:
            raise _too_large()
        pieces: list[bytes] = []
        size = 0
        unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
        with unpacker.stream_reader(BytesIO(body)) as reader:
            while piece := reader.read(_STEP):
                size = _counted(size + len(piece))
                pieces.append(piece)
    except (zstandard.ZstdError, MemoryError):
        raise _malformed("zstd") from None
    if told not in {-1, size}:
        raise _malformed("zstd")
    return b"".join(pieces)


def _counted(size: int) -> int:
    if size > limits.BODY_UNPACKED:
        raise _too_large()
    return size


def _too_large() -> ProblemError:
    limit = limits.BODY_UNPACKED // limits.MIB
    return ProblemError("decompressed-too-large", f"the body is over {limit} MiB when unpacked")


def _malformed(encoding: str) -> ProblemError:
    return ProblemError("malformed-encoding", f"the body is not valid {encoding}, or not whole")
