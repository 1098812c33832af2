"""The store: rows as immutable columnar files, called parts, and the ways to read them.

A part is whole or absent, and durable before its name is given to the catalog, which alone says
which parts count.  A file that the catalog does not name is an orphan of a crash, to be swept.
`LocalStore` keeps them in one directory; whatever keeps the promises of `Store` will do.
"""

from tidegauge.store.compact import merge, plan
from tidegauge.store.encoding import Encodings
from tidegauge.store.errors import DamagedError, MissingError, StoreError
from tidegauge.store.keeping import Store
from tidegauge.store.local import LocalStore
from tidegauge.store.names import new_name
from tidegauge.store.part import Part, write
from tidegauge.store.scan import Cursor, Page, page, pieces, scan
from tidegauge.store.scrub import scrub
from tidegauge.store.where import Between, Filter, Is, Missing, Not

__all__ = [
    "Between",
    "Cursor",
    "DamagedError",
    "Encodings",
    "Filter",
    "Is",
    "LocalStore",
    "Missing",
    "MissingError",
    "Not",
    "Page",
    "Part",
    "Store",
    "StoreError",
    "merge",
    "new_name",
    "page",
    "pieces",
    "plan",
    "scan",
    "scrub",
    "write",
]
