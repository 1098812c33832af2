"""Layouts by their numbers in the catalog, the latest used in memory."""

from collections import OrderedDict
from typing import Final

from sqlalchemy import Connection

from tidegauge.catalog import layouts
from tidegauge.profile.codec import decode
from tidegauge.profile.layout import Layout

_MOST: Final = 2_000


class Layouts:
    def __init__(self) -> None:
        self._known: OrderedDict[int, Layout] = OrderedDict()

    def get(self, connection: Connection, number: int) -> Layout:
        found = self._known.get(number)
        if found is None:
            found = decode(layouts.get(connection, [number])[number].body).layout
            self.put(number, found)
        self._known.move_to_end(number)
        return found

    def put(self, number: int, layout: Layout) -> None:
        self._known[number] = layout
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
