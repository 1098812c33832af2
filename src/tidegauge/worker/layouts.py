"""Layouts by their numbers in the catalog: one copy of each that is in use, and the latest read."""

from collections import OrderedDict
from typing import Final
from weakref import WeakValueDictionary

from sqlalchemy import Connection

from tidegauge.catalog import layouts
from tidegauge.profile.codec import decode
from tidegauge.profile.layout import Layout

_MOST: Final = 16 << 20
"""Bytes of those that nobody else holds, about: what models count by now is not among them."""
_COLUMN: Final = 400
"""For the rest of a column."""


class Layouts:
    def __init__(self) -> None:
        self._used: WeakValueDictionary[int, Layout] = WeakValueDictionary()
        self._read: OrderedDict[int, Layout] = OrderedDict()
        self._size = 0

    def get(self, connection: Connection, number: int) -> Layout:
        found = self._used.get(number)
        if found is None:
            found = self._read[number] = decode(
                layouts.get(connection, [number])[number].body
            ).layout
            self._size += _size(found)
            self.put(number, found)
        if number in self._read:
            self._read.move_to_end(number)
        while self._size > _MOST and len(self._read) > 1:
            _number, oldest = self._read.popitem(last=False)
            self._size -= _size(oldest)
        return found

    def put(self, number: int, layout: Layout) -> None:
        """Somebody holds it: as long as they do, it is not read again."""
        self._used[number] = layout


def _size(layout: Layout) -> int:
    return layout.numeric.edges.nbytes + _COLUMN * len(layout.schema)
