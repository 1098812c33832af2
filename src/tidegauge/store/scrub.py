"""Reading everything again now and then: damage is told while a backup still has the file."""

import time
from collections.abc import Callable, Iterable, Iterator

from tidegauge.store.digest import BLOCK
from tidegauge.store.errors import StoreError
from tidegauge.store.keeping import Store
from tidegauge.store.part import Part
from tidegauge.store.verified import Verified


def scrub(
    store: Store,
    parts: Iterable[Part],
    *,
    bytes_per_second: float | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[tuple[Part, StoreError | None]]:
    """Each part, and what is wrong with it.  Slowly, so that nobody waits for the disk."""
    for part in parts:
        try:
            with Verified(store, part.file, part.bytes, part.digest) as file:
                while block := file.read(BLOCK):
                    if bytes_per_second:
                        sleep(len(block) / bytes_per_second)
        except StoreError as error:
            yield part, error
        else:
            yield part, None
