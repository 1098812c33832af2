"""A sign of life, for whoever has to notice that it stays away."""

from typing import Final

from tidegauge.alert.book import Row, Taker
from tidegauge.alert.ids import new_id
from tidegauge.alert.notice import Notice

EVERY: Final = 300 * 1_000_000
PATIENCE: Final = 600 * 1_000_000
"""What has not gone on for so long has stopped."""


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
