"""Notices on their way: the outbox, and what came of each try."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import attempts, incidents, notices
from tidegauge.catalog.upsert import add_missing, pieces

WAITING: Final = ("queued", "retry_wait")
UNSENT: Final = (*WAITING, "sending")


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    id: str
    tenant: str
    incident: str
    """"" of what is of no incident: a digest."""
    channel: str
    kind: str
    seq: int
    status: str
    severity: str
    exempt: bool
    """Of the channel's cap."""
    made_at: int
    body: Mapping[str, Any]
    digest: str
    """The one that told what was held back."""
    due_at: int | None
    tries: int
    lease_until: int | None
    token: str
    """Of the try that has it now."""
    ended_at: int | None
    answer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    notice: str
    number: int
    at: int
    ended_at: int | None
    outcome: str
    answer: str


class Waiting(NamedTuple):
    """What is not delivered yet, without what it says."""

    id: str
    incident: str
    kind: str
    status: str
    made_at: int
    due_at: int | None
    tries: int
    lease_until: int | None

    @classmethod
    def of_row(cls, kept: Kept) -> "Waiting":
        return cls(*(getattr(kept, name) for name in cls._fields))

    @property
    def of(self) -> str:
        """The incident whose order it keeps; of what is of none, itself."""
        return self.incident or self.id


class Sent(NamedTuple):
    made_at: int
    exempt: bool
    kind: str
    severity: str
    model: str
    """Of the incident; "" where that is of none."""
    family: str | None


class Came(NamedTuple):
    """What a try came to."""

    status: str
    outcome: str
    answer: str
    due_at: int | None = None
    """Of the next."""


def add(connection: Connection, new: Sequence[Kept]) -> None:
    """Each once: what is there stays."""
    add_missing(connection, notices, [written(each) for each in new])


def get(connection: Connection, name: str) -> Kept | None:
    row = connection.execute(select(notices).where(notices.c.id == name)).one_or_none()
    return None if row is None else read(Kept, row)


def held(connection: Connection) -> list[Kept]:
    rows = connection.execute(
        select(notices).where(notices.c.status == "held_rate").order_by(notices.c.id)
    )
    return [read(Kept, row) for row in rows]


def count_held(connection: Connection) -> int:
    return (
        connection.scalar(
            select(func.count()).select_from(notices).where(notices.c.status == "held_rate")
        )
        or 0
    )


def sent(connection: Connection, tenant: str, channel: str, since: int) -> list[Sent]:
    """What went into the outbox of late, the oldest first."""
    rows = connection.execute(
        select(
            notices.c.made_at,
            notices.c.exempt,
            notices.c.kind,
            notices.c.severity,
            func.coalesce(incidents.c.model, ""),
            incidents.c.family,
        )
        .select_from(notices.outerjoin(incidents, incidents.c.id == notices.c.incident))
        .where(
            notices.c.tenant == tenant,
            notices.c.channel == channel,
            notices.c.made_at > since,
            notices.c.status.not_in(("held_rate", "digested")),
        )
        .order_by(notices.c.made_at, notices.c.id)
    )
    return [Sent(*row) for row in rows]


def digests(connection: Connection, tenant: str, channel: str) -> int:
    """How many a channel has had."""
    last = connection.scalar(
        select(func.max(notices.c.seq)).where(
            notices.c.tenant == tenant,
            notices.c.incident == "",
            notices.c.channel == channel,
            notices.c.kind == "digest",
        )
    )
    return 0 if last is None else last + 1


def next_seq(connection: Connection, tenant: str, channel: str, kind: str) -> int:
    """Of what is of no incident: each is another one."""
    last = connection.scalar(
        select(func.max(notices.c.seq)).where(
            notices.c.tenant == tenant,
            notices.c.incident == "",
            notices.c.channel == channel,
            notices.c.kind == kind,
        )
    )
    return 0 if last is None else last + 1


def forget(connection: Connection, kind: str, before: int) -> int:
    """Those of no incident that are over; how many went."""
    gone = delete(notices).where(
        notices.c.incident == "",
        notices.c.kind == kind,
        notices.c.status.not_in(UNSENT),
        notices.c.made_at < before,
    )
    return connection.execute(gone).rowcount


def of_incident(connection: Connection, incident: str) -> list[Kept]:
    rows = connection.execute(
        select(notices).where(notices.c.incident == incident).order_by(notices.c.id)
    )
    return [read(Kept, row) for row in rows]


def attempts_of(connection: Connection, names: Iterable[str]) -> dict[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = {}
    for some in pieces(sorted(set(names))):
        rows = connection.execute(
            select(attempts)
            .where(attempts.c.notice.in_(some))
            .order_by(attempts.c.notice, attempts.c.number)
        )
        for row in rows:
            found.setdefault(row.notice, []).append(read(Attempt, row))
    return found


def page(
    connection: Connection,
    tenant: str,
    channel: str,
    *,
    after: tuple[int, str] | None = None,
    limit: int = 100,
) -> list[Kept]:
    """Of a channel, the latest first."""
    made, name = notices.c.made_at, notices.c.id
    query = select(notices).where(notices.c.tenant == tenant, notices.c.channel == channel)
    if after is not None:
        query = query.where(or_(made < after[0], and_(made == after[0], name < after[1])))
    rows = connection.execute(query.order_by(made.desc(), name.desc()).limit(limit))
    return [read(Kept, row) for row in rows]


def count_waiting(connection: Connection, tenant: str) -> dict[str, int]:
    """What is not delivered yet, by channel; what waits for a digest too."""
    rows = connection.execute(
        select(notices.c.channel, func.count())
        .where(notices.c.status.in_((*UNSENT, "held_rate")), notices.c.tenant == tenant)
        .group_by(notices.c.channel)
    )
    return {row[0]: row[1] for row in rows}


def latest(
    connection: Connection, tenant: str, channel: str, statuses: Sequence[str], since: int
) -> Kept | None:
    """The last of a channel that stands so."""
    row = connection.execute(
        select(notices)
        .where(
            notices.c.tenant == tenant,
            notices.c.channel == channel,
            notices.c.made_at > since,
            notices.c.status.in_(statuses),
            notices.c.tries > 0,
        )
        .order_by(notices.c.made_at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else read(Kept, row)


def count_critical(connection: Connection, tenant: str, channel: str) -> int:
    """Of what is not delivered yet."""
    counted = (
        select(func.count())
        .select_from(notices)
        .where(
            notices.c.tenant == tenant,
            notices.c.channel == channel,
            notices.c.severity == "critical",
            notices.c.status.in_((*UNSENT, "held_rate")),
        )
    )
    return connection.scalar(counted) or 0


def give_up(connection: Connection, tenant: str, channel: str, at: int, why: str) -> int:
    """Nothing of it is delivered any more; how many waited."""
    return connection.execute(
        update(notices)
        .where(
            notices.c.tenant == tenant,
            notices.c.channel == channel,
            notices.c.status.in_((*UNSENT, "held_rate")),
        )
        .values(status="dead", due_at=None, lease_until=None, ended_at=at, answer=why)
    ).rowcount


def again(connection: Connection, name: str, at: int) -> bool:
    """Have what was given up delivered after all; False where it was not given up."""
    done = connection.execute(
        update(notices)
        .where(notices.c.id == name, notices.c.status == "dead")
        .values(status="queued", due_at=at, token="", ended_at=None, answer="")
    )
    return bool(done.rowcount)


def moved(connection: Connection, since: int) -> list[Kept]:
    """Those that were made or came to their end from then on."""
    rows = connection.execute(
        select(notices)
        .where(or_(notices.c.made_at >= since, notices.c.ended_at >= since))
        .order_by(notices.c.id)
    )
    return [read(Kept, row) for row in rows]


def change(connection: Connection, name: str, **values: object) -> None:
    connection.execute(update(notices).where(notices.c.id == name).values(**values))


def waited_for(connection: Connection) -> list[tuple[str, str]]:
    """Tenants and channels of which something is not delivered yet."""
    rows = connection.execute(
        select(notices.c.tenant, notices.c.channel)
        .where(notices.c.status.in_(UNSENT))
        .distinct()
        .order_by(notices.c.tenant, notices.c.channel)
    )
    return [(row.tenant, row.channel) for row in rows]


def waiting(connection: Connection, tenant: str, channel: str) -> list[Waiting]:
    """What is not delivered yet, the oldest first.  There may be thousands, of which a few are sent
    next: what they say is read then."""
    rows = connection.execute(
        select(*(notices.c[name] for name in Waiting._fields))
        .where(
            notices.c.tenant == tenant,
            notices.c.channel == channel,
            notices.c.status.in_(UNSENT),
        )
        .order_by(notices.c.id)
    )
    return [Waiting(*row) for row in rows]


def some(connection: Connection, names: Iterable[str]) -> dict[str, Kept]:
    found: dict[str, Kept] = {}
    for piece in pieces(sorted(set(names))):
        rows = connection.execute(select(notices).where(notices.c.id.in_(piece)))
        found |= {row.id: read(Kept, row) for row in rows}
    return found


def begin(connection: Connection, notice: Kept, *, token: str, at: int, until: int) -> bool:
    """Take it for one try; False where another has it."""
    done = connection.execute(
        update(notices)
        .where(
            notices.c.id == notice.id,
            notices.c.status == notice.status,
            notices.c.token == notice.token,
        )
        .values(status="sending", token=token, lease_until=until, tries=notice.tries + 1)
    )
    if done.rowcount:
        connection.execute(
            insert(attempts).values(
                notice=notice.id,
                number=notice.tries + 1,
                at=at,
                ended_at=None,
                outcome="sending",
                answer="",
            )
        )
    return bool(done.rowcount)


def end(connection: Connection, name: str, token: str, at: int, came: Came) -> bool:
    """What a try came to; False where it is another's by now."""
    done = connection.execute(
        update(notices)
        .where(notices.c.id == name, notices.c.token == token, notices.c.status == "sending")
        .values(
            status=came.status,
            due_at=came.due_at,
            lease_until=None,
            ended_at=at if came.status in ("sent", "dead") else None,
            answer=came.answer,
        )
        .returning(notices.c.tries)
    ).one_or_none()
    if done is None:
        return False
    connection.execute(
        update(attempts)
        .where(attempts.c.notice == name, attempts.c.number == done.tries)
        .values(ended_at=at, outcome=came.outcome, answer=came.answer)
    )
    return True
