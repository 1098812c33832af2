"""When time itself will change an incident."""

from collections.abc import Iterator
from typing import Final

from tidegauge.alert.incident import Incident
from tidegauge.alert.settings import Settings
from tidegauge.alert.tell import reminder_at

NEVER: Final = 1 << 62
"""What waits for somebody's word alone."""
_SECOND: Final = 1_000_000


def due_at(incident: Incident, settings: Settings) -> int | None:
    """The first moment; None where there is none."""
    told = (each for each in _moments(incident, settings) if each is not None)
    return min(told, default=None)


def _moments(incident: Incident, settings: Settings) -> Iterator[int | None]:
    if incident.state == "closed":
        if incident.is_hushed and any(each.state == "open" for each in incident.told.values()):
            # Somebody still has to be told that it is over.
            yield incident.snoozed_until or NEVER
        return
    settings = settings.but(incident.patience)
    yield incident.snoozed_until
    if incident.flapping:
        yield incident.moved_at + settings.quiet_s * _SECOND
    elif incident.state == "resolved" and incident.resolved_at is not None:
        yield incident.resolved_at + settings.reopen_window_s * _SECOND
    if incident.is_live:
        yield incident.group_flush_at
        yield incident.update_at
    for told in incident.told.values():
        yield told.remind_at
    if incident.state == "acknowledged":
        yield incident.ack_expires_at
    elif incident.state == "open" and not incident.is_hushed:
        yield incident.next_escalation_at
        for told in incident.told.values():
            yield reminder_at(incident, told, settings)
