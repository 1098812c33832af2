"""Notices that are of no incident: a report that is due, a job that begins or has ended."""

from dataclasses import replace

from sqlalchemy import Connection

from tidegauge.alert.book import Row
from tidegauge.alert.ids import new_id
from tidegauge.alert.notice import Notice
from tidegauge.alert.store import row_kept
from tidegauge.catalog import notices


def send(connection: Connection, channel: str, notice: Notice) -> None:
    """Put it among what is to be delivered, in the transaction that it tells of."""
    made = replace(notice, id=new_id(notice.at))
    row = Row(
        id=made.id,
        tenant=made.tenant,
        incident="",
        channel=channel,
        kind=made.kind,
        seq=notices.next_seq(connection, made.tenant, channel, made.kind),
        at=made.at,
        status="queued",
        severity="low",
        is_exempt=True,
        notice=made,
    )
    notices.add(connection, [row_kept(row)])
