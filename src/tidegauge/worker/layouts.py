"""Layouts by their numbers in the catalog, the latest used in memory."""

from collections import OrderedDict
from typing import Final

from sqlalchemy import Connection

from tidegauge.catalog import layouts
from tidegauge.profile.codec import decode
from tidegauge.profile.layout import Layout

_MOST: Final = 96 << 20
"""Bytes, about: a thousand models of fifty columns, each with the layout that it has now."""
_COLUMN: Final = 400
"""For the rest of a column."""


class Layouts:
    def __init__(self) -> None:
        self._known: OrderedDict[int, Layout] = OrderedDict()
        self._size = 0

    def get(self, connection: Connection, number: int) -> Layout:
        found = self._known.get(number)
        if found is None:
            found = decode(layouts.get(connection, [number])[number].body).layout
            self.put(number, found)
        self._known.move_to_end(number)
        return found

    def put(self, number: int, layout: Layout) -> None:
        if number not in self._known:
            self._known[number] = layout
            self._size += _size(layout)
        while self._size > _MOST and len(self._known) > 1:
            _number, oldest = self._known.popitem(last=False)
            self._size -= _size(oldest)


def _size(layout: Layout) -> int:
    return layout.numeric.edges.nbytes + _COLUMN * len(layout.schema)
