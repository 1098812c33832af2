"""What never changes once it is made, kept for those who ask again: the latest used."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memory(Generic[K, V]):
    """For many threads; two that miss at once make it twice, and one of both is kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def has(self, key: K) -> bool:
        with self._lock:
            return key in self._kept

    def forget(self, key: K) -> None:
        """What was made of too little is made anew."""
        with self._lock:
            self._kept.pop(key, None)

    def get(self, key: K, make: Callable[[], V]) -> V:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made
