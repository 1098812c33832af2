"""What every store promises."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol


class Store(Protocol):
    """Files under names of ours, each written once and never changed.

    Names are made by `new_name`; any other is an `InputError`.  Verbs may be called from several
    threads and processes at once.
    """

    def create(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A file to write in order.  It is there under its name, whole and durable, when the
        block has ended well; never before, and not at all when the block or the disk fails,
        which is raised."""
        ...

    def size(self, name: str) -> int:
        """Bytes of a file, or `MissingError`."""
        ...

    def read(self, name: str, offset: int, size: int) -> bytes:
        """The bytes from an offset on: fewer only where the file ends.  Or `MissingError`."""
        ...

    def delete(self, name: str) -> None:
        """A file that is not there is as good as deleted."""
        ...

    def names(self, prefix: str = "") -> Iterator[str]:
        """The whole files whose names begin so, in no order."""
        ...

    def free(self) -> int | None:
        """Bytes that there is room for, or None where there is no end."""
        ...

    def sweep(self, listed: Collection[str], *, before: int) -> list[str]:
        """Delete what crashes have left: drafts, and files that are not listed, of which none is
        written to since `before` (microseconds).  The names of the files deleted.

        Collect `listed` after the choice of `before`, and choose that long enough ago that
        whatever was written until then is in the catalog if it ever will be: an hour.
        """
        ...
