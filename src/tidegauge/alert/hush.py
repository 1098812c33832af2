"""Who is not to be told now: silences, snoozes, and graver trouble that explains the lesser.

All of it is counted and listed; it is only not sent.
"""

from typing import Final

from tidegauge.alert.book import Book
from tidegauge.alert.incident import Incident
from tidegauge.alert.matchers import matches
from tidegauge.monitor.severity import RANK

_EXPLAINED: Final = ("drift", "performance")


def look(book: Book, incident: Incident, at: int) -> None:
    incident.silences = silencing(book, incident)
    incident.inhibited_by = inhibitor(book, incident)
    if incident.snoozed_until is not None and incident.snoozed_until <= at:
        incident.snoozed_until = None


def silencing(book: Book, incident: Incident) -> list[int]:
    """The silences that together match every alert of it that counts."""
    held = book.silences.get(incident.tenant, ())
    if not held:
        return []
    counting = [book.labels_of(each) for each in book.of_incident(incident) if each.is_live]
    found: set[int] = set()
    for labels in counting or [book.labels_of_incident(incident)]:
        matching = [s.id for s in held if matches(s.matchers, labels)]
        if not matching:
            return []
        found.update(matching)
    return sorted(found)


def inhibitor(book: Book, incident: Incident) -> str:
    """No data explains drift and performance; a collapse of performance explains some drift."""
    if incident.family not in _EXPLAINED:
        return ""
    for other in book.of_model(incident.tenant, incident.model):
        if not other.is_live:
            continue
        if other.family == "ops":
            return other.id
        if (
            other.family == "performance"
            and other.severity == "critical"
            and incident.family == "drift"
            and RANK[incident.severity] <= RANK["medium"]
        ):
            return other.id
    return ""
