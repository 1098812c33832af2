"""Checksums of a file's blocks of 1 MiB, as one text that is kept away from the file.

A digest stands in the catalog, beside the file's name and size: so it also tells a file that was
swapped for another or is not the latest, needs no second file to be made durable or lost, and
leaves the file plain Parquet.  One for each block, so that a range is verified by itself: 8
characters for each MiB.  CRC-32 finds every flip of up to 32 bits in a row, and of other damage all
but one block in four billion; it runs at 6 GB/s (measured), a tenth of what decoding takes.
"""

import zlib
from typing import Final

BLOCK: Final = 1 << 20


class Digester:
    """Takes a file's bytes in order, in pieces of any size."""

    def __init__(self) -> None:
        self.size = 0
        self._sums: list[str] = []
        self._sum = 0

    def update(self, piece: bytes | memoryview) -> None:
        view = memoryview(piece).cast("B")
        while view:
            part = view[: BLOCK - self.size % BLOCK]
            self._sum = zlib.crc32(part, self._sum)
            self.size += len(part)
            if self.size % BLOCK == 0:
                self._sums.append(f"{self._sum:08x}")
                self._sum = 0
            view = view[len(part) :]

    def text(self) -> str:
        last = [f"{self._sum:08x}"] if self.size % BLOCK else []
        return "".join(self._sums + last)


def is_block(digest: str, number: int, block: bytes | memoryview) -> bool:
    """Whether this is the block of that number."""
    return digest[8 * number : 8 * number + 8] == f"{zlib.crc32(block):08x}"
