"""A book as the catalog has it: read for what is looked at, and written back as it has become.

Every change of an incident is an event beside it, which says what it set: the row is what its
events come to.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Connection

from tidegauge.alert.book import Book, Event, Row, Rungs, Silence, Taker
from tidegauge.alert.channels import ADAPTER as CHANNEL
from tidegauge.alert.condition import Alert
from tidegauge.alert.due import due_at
from tidegauge.alert.incident import Incident
from tidegauge.alert.ladder import ADAPTER as LADDER
from tidegauge.alert.limit import About, Sent
from tidegauge.alert.matchers import parse
from tidegauge.alert.notice import packed, unpacked
from tidegauge.alert.settings import Settings
from tidegauge.catalog import alerts, channels, incidents, ladders, models, notices, silences

_SECOND: Final = 1_000_000
_COUNTED: Final = ("revision", "events")
"""With each change: no news."""
_HOUR: Final = 3600 * _SECOND
_ALERT: Final = TypeAdapter(Alert)
_INCIDENT: Final = TypeAdapter(Incident)


@dataclass
class Loaded:
    """What was read, and as what it was."""

    book: Book
    at: int
    _alerts: Mapping[str, Mapping[str, Any]]
    _incidents: Mapping[str, Mapping[str, Any]]

    def save(self, connection: Connection, settings: Settings) -> None:
        """What has changed since; nothing where nothing has."""
        self._save_incidents(connection, settings)
        self._save_alerts(connection)
        notices.add(connection, [row_kept(row) for row in self.book.made])
        for row in self.book.told:
            notices.change(
                connection,
                row.id,
                status=row.status,
                severity=row.severity,
                exempt=row.is_exempt,
                digest=row.digest,
                body=packed(row.notice),
                due_at=row.at if row.status == "queued" else None,
            )

    def _save_incidents(self, connection: Connection, settings: Settings) -> None:
        told: dict[str, list[Event]] = {}
        for event in self.book.events:
            told.setdefault(event.incident, []).append(event)
        made: list[incidents.Event] = []
        new: list[incidents.Kept] = []
        for incident in self.book.incidents.values():
            before = self._incidents.get(incident.id, {})
            events = _events(incident, before, told.get(incident.id, []))
            if not events:
                continue
            made += events
            was = incident.revision
            incident.events += len(events)
            incident.revision += 1
            kept = _incident_kept(incident, settings)
            if before:
                incidents.change(connection, was, kept)
            else:
                new.append(kept)
        incidents.add(connection, new)
        incidents.note(connection, made)

    def _save_alerts(self, connection: Connection) -> None:
        changed: list[alerts.Kept] = []
        gone: list[str] = []
        for alert in self.book.alerts.values():
            alert.forget(self.at)
            body = asdict(alert)
            before = self._alerts.get(alert.fingerprint)
            if alert.is_blank:
                if before is not None:
                    gone.append(alert.fingerprint)
            elif body != before:
                changed.append(_alert_kept(alert, body))
        alerts.put(connection, changed)
        alerts.remove(connection, gone)


def _events(
    incident: Incident, before: Mapping[str, Any], told: Sequence[Event]
) -> list[incidents.Event]:
    """What happened, and with the last of it what that has set."""
    after = asdict(incident)
    changed = {
        name: value
        for name, value in after.items()
        if name not in _COUNTED and (name not in before or before[name] != value)
    }
    if changed and not told:
        told = [Event(incident.id, incident.changed_at, "change", "", {})]
    found: list[incidents.Event] = []
    for number, event in enumerate(told, 1):
        detail = dict(event.detail)
        if number == len(told) and changed:
            detail["set"] = changed
        found.append(
            incidents.Event(
                incident=incident.id,
                seq=incident.events + number,
                at=event.at,
                kind=event.kind,
                who=event.who,
                detail=detail,
            )
        )
    return found


def load(
    connection: Connection,
    kept: Iterable[alerts.Kept],
    there: Iterable[incidents.Kept],
    at: int,
) -> Loaded:
    """A book of these, with all that decides who is told."""
    book = Book()
    for row in there:
        book.add_incident(_incident(row))
    for row in kept:
        book.add_alert(alert_of(row.body))
    _add_held(connection, book)
    loaded = Loaded(
        book,
        at,
        {each.fingerprint: asdict(each) for each in book.alerts.values()},
        {each.id: asdict(each) for each in book.incidents.values()},
    )
    book.takers, book.ladders = takers(connection), _ladders(connection)
    for each in silences.holding(connection, at):
        silence = Silence(each.id, [parse(text) for text in each.matchers])
        book.silences.setdefault(each.tenant, []).append(silence)
    for model in models.all(connection):
        tags = {str(name): str(value) for name, value in model.tags.items()}
        book.labels[model.tenant, model.name] = {**tags, "owner": model.owner}
    add_sent(connection, book, at)
    return loaded


def everything(connection: Connection, at: int) -> Loaded:
    return load(connection, alerts.all_of(connection), incidents.unended(connection), at)


def of_models(connection: Connection, wanted: Iterable[tuple[str, str]], at: int) -> Loaded:
    """All that is known of some models, by tenant and name."""
    some = sorted(set(wanted))
    kept, there = alerts.of_models(connection, some), incidents.unended_of(connection, some)
    return load(connection, kept, there, at)


def due(connection: Connection, at: int) -> Loaded:
    """All of the models of which something is due."""
    armed = [(each.tenant, each.model) for each in alerts.to_rearm(connection, at)]
    return of_models(connection, [*incidents.due(connection, at), *armed], at)


def takers(connection: Connection) -> dict[str, list[Taker]]:
    """By tenant, the channels that are on."""
    found: dict[str, list[Taker]] = {}
    for kept in channels.listed(connection):
        channel = CHANNEL.validate_python(kept.document)
        if not channel.enabled:
            continue
        taker = Taker(
            name=kept.name,
            kind=channel.kind,
            min_severity=channel.min_severity,
            kinds=channel.kinds,
            matchers=[parse(text) for text in channel.matchers],
            updates=channel.updates,
            heartbeat=channel.heartbeat,
            cap=channel.cap,
            cap_window_s=channel.cap_window_s,
            suppression=[each.limit() for each in channel.suppression],
        )
        found.setdefault(kept.tenant, []).append(taker)
    return found


def _ladders(connection: Connection) -> dict[str, list[Rungs]]:
    found: dict[str, list[Rungs]] = {}
    for kept in ladders.listed(connection):
        ladder = LADDER.validate_python(kept.document)
        if ladder.enabled:
            rungs = Rungs([parse(text) for text in ladder.matchers], ladder.rungs())
            found.setdefault(kept.tenant, []).append(rungs)
    return found


def add_sent(connection: Connection, book: Book, at: int) -> None:
    """What each channel was told of late: its limits are held against it."""
    for tenant, some in book.takers.items():
        for taker in some:
            place = tenant, taker.name
            windows = (limit.window_s * _SECOND for limit in taker.limits)
            since = at - max(_HOUR, *windows)
            book.digests[place] = notices.digests(connection, tenant, taker.name)
            for sent in notices.sent(connection, tenant, taker.name, since):
                is_storm = sent.exempt and sent.kind == "open" and sent.severity == "critical"
                about = About(sent.model, sent.family, sent.severity)  # pyright: ignore[reportArgumentType] - as they were
                told = Sent(sent.made_at, sent.exempt, is_storm, about)
                book.sent.setdefault(place, []).append(told)


def _add_held(connection: Connection, book: Book) -> None:
    """What waits for a digest, and the incidents that it is of."""
    held = [_row(kept) for kept in notices.held(connection)]
    missing = [row.incident for row in held if row.incident not in book.incidents]
    for kept in incidents.some(connection, missing):
        book.add_incident(_incident(kept))
        book.partial.add(kept.id)
    for row in held:
        book.held.setdefault((row.tenant, row.channel), []).append(row)


def alert_of(body: Mapping[str, Any]) -> Alert:
    return _ALERT.validate_python(body)


def incident_of(body: Mapping[str, Any]) -> Incident:
    return _INCIDENT.validate_python(body)


def _incident(kept: incidents.Kept) -> Incident:
    return incident_of({**kept.body, "revision": kept.revision})


def _incident_kept(incident: Incident, settings: Settings) -> incidents.Kept:
    return incidents.Kept(
        id=incident.id,
        tenant=incident.tenant,
        key=incident.key,
        model=incident.model,
        family=incident.family,
        state=incident.state,
        severity=incident.severity,
        title=incident.title,
        owner=incident.owner,
        opened_at=incident.opened_at,
        changed_at=incident.changed_at,
        due_at=due_at(incident, settings),
        revision=incident.revision,
        body=asdict(incident),
    )


def _alert_kept(alert: Alert, body: Mapping[str, Any]) -> alerts.Kept:
    return alerts.Kept(
        fingerprint=alert.fingerprint,
        tenant=alert.tenant,
        model=alert.model,
        rule=alert.rule,
        state=alert.state,
        # Whoever looks at an incident also sees what has ended.
        incident=alert.was_in or None,
        rearm_at=alert.rearm_at,
        body=body,
    )


def _row(kept: notices.Kept) -> Row:
    return Row(
        id=kept.id,
        tenant=kept.tenant,
        incident=kept.incident,
        channel=kept.channel,
        kind=kept.kind,  # pyright: ignore[reportArgumentType] - it was one of them
        seq=kept.seq,
        at=kept.made_at,
        status=kept.status,  # pyright: ignore[reportArgumentType] - the same
        severity=kept.severity,  # pyright: ignore[reportArgumentType] - the same
        is_exempt=kept.exempt,
        notice=unpacked(kept.body),
        digest=kept.digest,
    )


def row_kept(row: Row) -> notices.Kept:
    return notices.Kept(
        id=row.id,
        tenant=row.tenant,
        incident=row.incident,
        channel=row.channel,
        kind=row.kind,
        seq=row.seq,
        status=row.status,
        severity=row.severity,
        exempt=row.is_exempt,
        made_at=row.at,
        body=packed(row.notice),
        digest=row.digest,
        due_at=row.at if row.status == "queued" else None,
        tries=0,
        lease_until=None,
        token="",
        ended_at=None,
        answer="",
    )
