"""Channels: where notices go, as their owner wrote it."""

from tidegauge.catalog.documents import Documents, Kept
from tidegauge.catalog.tables import channels

__all__ = ["Kept", "add", "by_name", "change", "listed", "remove"]

_documents = Documents(channels, "channel")
listed = _documents.listed
by_name = _documents.by_name
add = _documents.add
change = _documents.change
remove = _documents.remove
