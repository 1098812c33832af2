"""Files that are sent: streamed to the disk, whatever their size, and never held in memory."""

import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from tidegauge.ingest.problem import ProblemError

MOST: Final = 4 << 30
ENDINGS: Final = {
    "application/vnd.apache.parquet": ".parquet",
    "application/x-parquet": ".parquet",
    "text/csv": ".csv",
    "application/vnd.apache.arrow.stream": ".arrow",
}


def ending_of(request: Request) -> str | None:
    """Of a file of the type that is sent; None of another type."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return ENDINGS.get(media)


@asynccontextmanager
async def uploaded(
    request: Request, folder: Path, ending: str, reserve: int
) -> AsyncGenerator[Path]:
    """The body as a file that is gone afterwards; `reserve` bytes of the disk are left free."""
    await run_in_threadpool(partial(folder.mkdir, parents=True, exist_ok=True))
    announced = int(request.headers.get("content-length", "0") or 0)
    _check(announced, folder, reserve)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="upload-", suffix=ending) as file:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            _check(size, folder, reserve)
            await run_in_threadpool(file.write, piece)
        file.flush()
        yield Path(file.name)


def _check(size: int, folder: Path, reserve: int) -> None:
    if size > MOST:
        raise ProblemError("too-large", f"the file is over {MOST >> 30} GiB")
    if shutil.disk_usage(folder).free < reserve + size:
        raise ProblemError("insufficient-storage", "there is no room for this file")
