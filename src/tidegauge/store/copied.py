"""A file of a store as one on this machine's disk, for whoever reads nothing else."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from tidegauge.store.keeping import Store

_AT_ONCE: Final = 1 << 20


@contextmanager
def copied(store: Store, name: str) -> Generator[Path]:
    """It is gone afterwards."""
    size = store.size(name)
    with tempfile.NamedTemporaryFile(suffix=PurePosixPath(name).suffix) as file:
        for offset in range(0, size, _AT_ONCE):
            file.write(store.read(name, offset, _AT_ONCE))
        file.flush()
        yield Path(file.name)
