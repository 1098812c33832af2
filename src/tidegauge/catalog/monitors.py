"""Monitors: what is watched, as its owner wrote it."""

from tidegauge.catalog.documents import Documents, Kept, Origin
from tidegauge.catalog.tables import monitors

__all__ = ["Kept", "Origin", "add", "by_name", "change", "listed", "remove"]

_documents = Documents(monitors, "monitor")
listed = _documents.listed
by_name = _documents.by_name
add = _documents.add
change = _documents.change
remove = _documents.remove
