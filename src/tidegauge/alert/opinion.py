"""What people said of incidents, by the monitors that fired in them.

Who is told for nothing stops to read: a monitor whose incidents were mostly not useful is one to
make quieter, however seldom it fires.  An incident of several monitors counts for each.
"""

from typing import NamedTuple

from sqlalchemy import Connection

from tidegauge.alert.feed import fingerprint
from tidegauge.catalog import incidents, targets
from tidegauge.catalog.incidents import Asked


class Opinion(NamedTuple):
    fired: int = 0
    """How often one of its alerts did."""
    useful: int = 0
    not_useful: int = 0
    """Incidents; of most nobody says either."""

    @property
    def is_unwelcome(self) -> bool:
        return self.not_useful > self.useful


def by_monitor(connection: Connection, asked: Asked) -> dict[str, Opinion]:
    """Of the incidents that are asked for; monitors that did not fire are left out."""
    fired: dict[str, list[str]] = {}
    useful: dict[str, bool] = {}
    for event in incidents.noted(connection, asked, ["alert", "feedback"]):
        if event.kind == "feedback":
            # The last word counts.
            useful[event.incident] = event.detail["useful"]
        else:
            fired.setdefault(event.detail["fired"], []).append(event.incident)
    if not fired:
        return {}
    # What fired is told by its fingerprint, and that is made of what a monitor watches.
    told: dict[str, list[str]] = {}
    for place in targets.named_of(connection, asked.tenant):
        told.setdefault(place.monitor, []).extend(fired.get(fingerprint(place), ()))
    return {
        monitor: Opinion(
            fired=len(some),
            useful=sum(useful.get(each) is True for each in set(some)),
            not_useful=sum(useful.get(each) is False for each in set(some)),
        )
        for monitor, some in told.items()
        if some
    }
