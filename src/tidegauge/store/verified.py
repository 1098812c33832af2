"""A part's bytes as a file for readers: what it gives has been verified, or it raises.

Parquet readers check nothing by default, and DuckDB never: a flipped bit is a wrong value that
nobody sees (measured).  Whole blocks are read and verified, and what is asked for is cut out of
the very bytes that were.
"""

import io
from collections import OrderedDict
from typing import Final

from tidegauge.store.digest import BLOCK, is_block
from tidegauge.store.errors import DamagedError
from tidegauge.store.keeping import Store

_KEPT: Final = 4
"""Blocks that are kept: columns that lie beside each other share one."""


class Verified(io.RawIOBase):
    def __init__(self, store: Store, file: str, size: int, digest: str) -> None:
        super().__init__()
        self._store = store
        self._file = file
        self._size = size
        self._digest = digest
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        found = store.size(file)
        if found != size or len(digest) != 8 * -(-size // BLOCK):
            raise DamagedError(file, f"it has {found} bytes where {size} were written")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._at)
        size = left if size is None or size < 0 else min(size, left)
        pieces: list[bytes] = []
        while size > 0:
            number, start = divmod(self._at, BLOCK)
            piece = self._block(number)[start : start + size]
            pieces.append(piece)
            self._at += len(piece)
            size -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _block(self, number: int) -> bytes:
        block = self._blocks.get(number)
        if block is None:
            start = number * BLOCK
            block = self._store.read(self._file, start, BLOCK)
            if len(block) != min(BLOCK, self._size - start):
                raise DamagedError(self._file, f"it ends at byte {start + len(block)}")
            if not is_block(self._digest, number, block):
                end = start + len(block)
                raise DamagedError(self._file, f"bytes {start} to {end} are not as written")
            self._blocks[number] = block
            if len(self._blocks) > _KEPT:
                self._blocks.popitem(last=False)
        return block
