"""Signs of life: whether judge, alerts and deliveries go on, and a notice for whoever has to notice
that it stays away."""

from typing import Final, NamedTuple

from sqlalchemy import Connection

from tidegauge.alert.book import Row, Taker
from tidegauge.alert.ids import new_id
from tidegauge.alert.notice import Notice
from tidegauge.catalog import progress
from tidegauge.window import SECOND

EVERY: Final = 300 * SECOND
_NAME: Final = "life"


class Life(NamedTuple):
    """When each was last seen to go on, by the clock of the alerts."""

    judged: int
    alerted: int
    delivered: int

    def stopped(self, at: int, patience: int) -> list[str]:
        """What stands still for longer than so many seconds."""
        parts = {
            "the judge": self.judged,
            "the alerts": self.alerted,
            "the deliveries": self.delivered,
        }
        return [name for name, last in parts.items() if at - last > patience * SECOND]


def write(connection: Connection, life: Life) -> None:
    detail = {"judged": life.judged, "delivered": life.delivered}
    progress.beat(connection, _NAME, life.alerted, detail)


def read(connection: Connection) -> Life | None:
    """None where there were none yet."""
    found = progress.get(connection, _NAME)
    if found is None:
        return None
    return Life(int(found.detail["judged"]), found.at, int(found.detail["delivered"]))


def heartbeat(tenant: str, taker: Taker, at: int) -> Row:
    """Once for each five minutes, however often it is asked for."""
    notice = Notice(
        id=new_id(at), kind="heartbeat", at=at, title="tidegauge judges, alerts and delivers"
    )
    return Row(
        id=notice.id,
        tenant=tenant,
        incident="",
        channel=taker.name,
        kind="heartbeat",
        seq=at // EVERY,
        at=at,
        status="queued",
        severity="low",
        is_exempt=True,
        notice=notice,
    )
