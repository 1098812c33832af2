"""The catalog: one database of models, windows, parts, progress and all else that is known.

SQLite on one machine, PostgreSQL for many: the same tables, the same queries, the same promises.
`Catalog` gives transactions; each noun has a module of plain functions that take a connection
first.

    catalog = Catalog.open("sqlite:////var/lib/tidegauge/catalog.db")
    with catalog.read() as connection:
        found = models.by_name(connection, "default", "fraud")
    catalog.write(lambda connection: windows.put(connection, changed))
"""

from tidegauge.catalog.catalog import Catalog
from tidegauge.catalog.errors import (
    CatalogError,
    FencedError,
    FullError,
    NewerError,
    StaleError,
    UnavailableError,
)

__all__ = [
    "Catalog",
    "CatalogError",
    "FencedError",
    "FullError",
    "NewerError",
    "StaleError",
    "UnavailableError",
]
