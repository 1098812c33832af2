"""A block of a program in which a model is in use."""

import threading
from collections.abc import Callable
from typing import Generic

from tidegauge.artifacts.artifact import Key
from tidegauge.artifacts.shelf import Entry, Model
from tidegauge.errors import InputError


class Use(Generic[Model]):
    """What `cache.use` gives, for one `with`."""

    # A generator would do, and takes twice as long.
    __slots__ = ("_begin", "_end", "_entry", "_request", "_user")

    def __init__(
        self,
        begin: Callable[[Key, int], Entry[Model]],
        end: Callable[[Entry[Model], int], None],
        request: Key,
    ) -> None:
        self._begin = begin
        self._end = end
        self._request = request
        self._entry: Entry[Model] | None = None

    def __enter__(self) -> Model:
        if self._entry is not None:
            raise InputError(f"{self._request}: in use already; ask the cache for each `with`")
        self._user = threading.get_ident()
        self._entry = entry = self._begin(self._request, self._user)
        return entry.model

    def __exit__(self, *_: object) -> None:
        if self._entry is not None:
            entry, self._entry = self._entry, None
            self._end(entry, self._user)
