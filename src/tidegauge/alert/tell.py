"""Who is told what: routes, repeats held back, and what is too much at once into a digest.

The order is part of the contract: route, silence, dedup, cooldown, cap, outbox.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tidegauge.alert import hush
from tidegauge.alert.book import Book, Place, Row, Taker
from tidegauge.alert.content import notice_of
from tidegauge.alert.ids import key_of, new_id
from tidegauge.alert.incident import Incident, Level, Told
from tidegauge.alert.limit import About, Sent, is_full, room_at
from tidegauge.alert.matchers import matches
from tidegauge.alert.notice import Digest, Kind, Listed, Notice
from tidegauge.alert.settings import Settings
from tidegauge.monitor.severity import RANK

_SECOND: Final = 1_000_000
_HOUR: Final = 3600 * _SECOND
_EXEMPT: Final[tuple[Kind, ...]] = ("severity_up", "escalation", "digest", "heartbeat")
_WORST: Final = 20
_MODELS: Final = 50


@dataclass
class Tell:
    book: Book
    settings: Settings
    at: int

    def open(self, incident: Incident) -> None:
        """T1: those who have not heard of it."""
        if self._is_kept_quiet(incident, "open"):
            return
        for taker, told in self._routed(incident):
            if told.state == "none" and not told.held:
                self._make(incident, taker, "open", incident.reopen_count)

    def reopen(self, incident: Incident) -> None:
        """T8: at once, or as a reminder when the cooldown ends."""
        if self._is_kept_quiet(incident, "open"):
            return
        for taker, told in self._routed(incident):
            if told.state != "none" and self._is_cooling(incident, told):
                incident.suppressed += 1
                told.remind_at = told.cooldown_until
            else:
                self._make(incident, taker, "open", incident.reopen_count)

    def routes(self, incident: Incident) -> list[str]:
        """The channels that it would be opened on."""
        hush.look(self.book, incident, self.at)
        return [] if incident.is_hushed else [taker.name for taker, _ in self._routed(incident)]

    def lower(self, incident: Incident) -> list[Taker]:
        """Those who know it as less grave than it is."""
        routed = {taker.name for taker, _told in self._routed(incident)}
        return [
            taker
            for taker, told in self._takers(incident, "severity_up")
            if RANK[incident.severity] > (RANK[told.severity] if told.severity else 0)
            and (told.state == "open" or told.held or taker.name in routed)
        ]

    def rise(self, incident: Incident, lower: Iterable[Taker]) -> None:
        """T3."""
        if incident.is_hushed:
            return
        for taker in lower:
            told = incident.told_by(taker.name)
            held = self._held_open(incident, taker)
            if held is not None:
                self._release(incident, taker, held)
            elif told.state != "open":
                if not incident.flapping:
                    self._make(incident, taker, "open", incident.reopen_count)
            elif told.counts.get("severity_up", 0) < self._of(incident).severity_ups:
                self._make(incident, taker, "severity_up", told.next("severity_up"))

    def ack(self, incident: Incident) -> None:
        if incident.is_hushed:
            return
        for taker, told in self._takers(incident, "ack"):
            if taker.kind == "pagerduty" and told.state == "open":
                self._make(incident, taker, "ack", told.next("ack"))

    def resolve(self, incident: Incident) -> None:
        if self._is_kept_quiet(incident, "resolved"):
            return
        for taker, told in self._takers(incident, "resolved"):
            if told.state == "open":
                self._make(incident, taker, "resolved", incident.reopen_count)

    def remind(self, incident: Incident, *, but_now: bool = False) -> None:
        """Whoever has heard of it; `but_now` leaves out who hears of it this very moment."""
        if incident.is_hushed or incident.group_flush_at is not None:
            return
        for taker, told in self._takers(incident, "reminder"):
            if told.state != "none" and not (but_now and told.made_at == self.at):
                self._make(incident, taker, "reminder", told.next("reminder"))

    def has_reminder_due(self, incident: Incident) -> bool:
        return any(
            self._is_owed(told) or self._is_time(incident, told) for told in incident.told.values()
        )

    def remind_due(self, incident: Incident) -> None:
        """T11, and what a cooldown has held back."""
        is_told = incident.state == "open" and not incident.is_hushed
        takers = {taker.name: taker for taker, _told in self._takers(incident, "reminder")}
        for name, told in incident.told.items():
            is_owed = self._is_owed(told)
            if is_owed:
                told.remind_at = None
            if not is_told or not (is_owed or self._is_time(incident, told)):
                continue
            if name in takers:
                self._make(incident, takers[name], "reminder", told.next("reminder"))
            else:
                # It is gone, or takes no reminders: there is nothing to wait for.
                told.last_at = None

    def _is_owed(self, told: Told) -> bool:
        return told.remind_at is not None and told.remind_at <= self.at

    def _is_time(self, incident: Incident, told: Told) -> bool:
        due = reminder_at(incident, told, self.settings)
        return incident.state == "open" and due is not None and due <= self.at

    def escalate(self, incident: Incident, number: int, level: Level) -> None:
        every = {taker.name: taker for taker in self.book.takers.get(incident.tenant, ())}
        for name in level.channels:
            taker = every.get(name)
            if taker is None:
                self.book.note(incident, self.at, "unknown_channel", channel=name)
            elif self._is_taken(taker, "escalation") and not self._is_about(incident, taker):
                seq = incident.escalation_round * 100 + number
                self._make(incident, taker, "escalation", seq, minutes=level.after_s // 60)

    def halt(self, incident: Incident, channel: str) -> None:
        """The webhook that is to stop the model, at once and once: it is no word to people, so no
        silence and no limit holds it back."""
        if self._taker((incident.tenant, channel)) is None:
            self.book.note(incident, self.at, "unknown_channel", channel=channel)
            return
        told = incident.told_by(channel)
        if told.counts.get("halt"):
            return
        told.counts["halt"] = 1
        notice = notice_of(self.book, incident, "halt", self.at, self.settings, None)
        row = Row(
            id=notice.id,
            tenant=incident.tenant,
            incident=incident.id,
            channel=channel,
            kind="halt",
            seq=0,
            at=self.at,
            status="queued",
            severity=incident.severity,
            is_exempt=True,
            notice=notice,
        )
        self.book.made.append(row)
        detail = {"channel": channel, "notice_kind": "halt", "status": row.status}
        self.book.note(incident, self.at, "notice", **detail)

    def update(self, incident: Incident) -> None:
        if incident.is_hushed:
            return
        # What ended and came back meanwhile is no news, and neither is what was told since.
        alerts = self._alerts(incident)
        for taker, told in self._takers(incident, "update"):
            if taker.updates and told.state == "open" and told.alerts != alerts:
                self._make_unless_cooling(incident, taker, "update")
        if not incident.model or self._named(incident)[0]:
            # A channel that was left out while it was all about itself may have to hear of another;
            # and one that no alert named, until one came that does.
            self.open(incident)

    def flapping(self, incident: Incident) -> None:
        if incident.is_hushed:
            return
        for taker, told in self._takers(incident, "flapping"):
            if told.state != "none":
                self._make_unless_cooling(incident, taker, "flapping")

    def catch_up(self, incident: Incident) -> None:
        """T13 and T14: it was quiet about this; now what is believed wrongly is put right."""
        if not incident.is_live:
            self.resolve(incident)
        elif incident.group_flush_at is None:
            if incident.state == "open":
                self.remind(incident, but_now=True)
            self.open(incident)

    # Digests.

    def digests(self) -> None:
        for place in list(self.book.held):
            due = self.digest_at(place)
            if due is not None and due <= self.at:
                self._digest(place)

    def next_digest_at(self) -> int | None:
        when = (self.digest_at(place) for place in self.book.held)
        return min((each for each in when if each is not None), default=None)

    def digest_at(self, place: Place) -> int | None:
        """When what is held goes out: once there is room for each, and not for ever without."""
        held = self.book.held.get(place)
        if not held:
            return None
        grave = [each for each in held if each.kind == "open" and each.severity == "critical"]
        wait = self.settings.digest_critical_s if grave else self.settings.digest_s
        latest = held[0].at + wait * _SECOND
        taker = self._taker(place)
        if taker is None:
            return latest
        about = [row.about for row in held]
        room = room_at(taker.limits, self.book.sent.get(place, ()), about, self.at)
        return self.at if room == self.at else min(latest, room)

    def _digest(self, place: Place) -> None:
        tenant, channel = place
        rows = self.book.held.pop(place)
        number = self.book.digests.get(place, 0)
        self.book.digests[place] = number + 1
        worst_first = sorted(rows, key=lambda row: -RANK[row.severity])
        models: dict[str, int] = {}
        severities: dict[str, int] = {}
        for row in rows:
            models[row.notice.model] = models.get(row.notice.model, 0) + 1
            severities[row.severity] = severities.get(row.severity, 0) + 1
        fullest = sorted(models.items(), key=lambda item: (-item[1], item[0]))
        digest = Digest(
            by_model=dict(fullest[:_MODELS]),
            more_models=max(len(fullest) - _MODELS, 0),
            by_severity=severities,
            worst=tuple(self._listed(row) for row in worst_first[:_WORST]),
            more=max(len(rows) - _WORST, 0),
        )
        count = len({row.incident for row in rows})
        made = new_id(self.at)
        notice = Notice(
            id=made,
            kind="digest",
            at=self.at,
            tenant=tenant,
            title=f"{count} incidents on {len(models)} models"
            if count > 1
            else rows[0].notice.title,
            severity=worst_first[0].severity,
            digest=digest,
        )
        row = Row(
            id=made,
            tenant=tenant,
            incident="",
            channel=channel,
            kind="digest",
            seq=number,
            at=self.at,
            status="queued",
            severity=notice.severity,
            is_exempt=True,
            notice=notice,
        )
        self.book.made.append(row)
        for held in rows:
            held.status, held.digest = "digested", made
            self.book.told.append(held)
            self._told_by_digest(held)

    def _told_by_digest(self, row: Row) -> None:
        incident = self.book.incidents.get(row.incident)
        if incident is None:
            return
        told = incident.told_by(row.channel)
        is_over = row.kind == "resolved" or not incident.is_live
        told.state = "resolved" if is_over else "open"
        told.by_digest, told.held = True, 0
        self._stamp(incident, told)
        self.book.note(incident, self.at, "digested", channel=row.channel)

    def _listed(self, row: Row) -> Listed:
        incident = self.book.incidents.get(row.incident)
        return Listed(
            incident=row.incident,
            title=row.notice.title,
            model=row.notice.model,
            severity=row.severity,
            state=incident.state if incident else row.notice.state,
            kind=row.kind,
            link=row.notice.links.incident,
            is_silenced=incident.is_hushed if incident else False,
        )

    # One notice.

    def _make(
        self, incident: Incident, taker: Taker, kind: Kind, seq: int, minutes: int | None = None
    ) -> None:
        place = incident.tenant, taker.name
        told = incident.told_by(taker.name)
        if seq < told.counts.get(kind, 0):
            # It was said, or waits to be.
            return
        told.counts[kind] = seq + 1
        is_exempt = kind in _EXEMPT or (taker.kind == "pagerduty" and kind in ("ack", "resolved"))
        if kind == "resolved" and told.by_digest:
            # What a digest told, a digest resolves.
            is_exempt, is_held = False, True
        else:
            is_held = not is_exempt and told.held > 0
        if not is_exempt and not is_held and self._is_full(incident, taker):
            is_exempt = self._is_storm(incident, kind, place)
            is_held = not is_exempt
        told.severity, told.made_at, told.remind_at = incident.severity, self.at, None
        told.alerts = self._alerts(incident)
        notice = notice_of(self.book, incident, kind, self.at, self.settings, minutes)
        row = Row(
            id=notice.id,
            tenant=incident.tenant,
            incident=incident.id,
            channel=taker.name,
            kind=kind,
            seq=seq,
            at=self.at,
            status="held_rate" if is_held else "queued",
            severity=incident.severity,
            is_exempt=is_exempt,
            notice=notice,
        )
        self.book.made.append(row)
        detail = {"channel": taker.name, "notice_kind": kind, "status": row.status}
        self.book.note(incident, self.at, "notice", **detail)
        if kind == "reminder":
            incident.suppressed = 0
        if is_held:
            told.held += 1
            self.book.held.setdefault(place, []).append(row)
        else:
            self._queued(incident, taker, row)

    def _queued(self, incident: Incident, taker: Taker, row: Row) -> None:
        told = incident.told_by(taker.name)
        if row.kind == "resolved":
            told.state = "resolved"
        elif row.kind != "flapping" or incident.is_live:
            told.state = "open"
        told.by_digest = told.by_digest and row.kind == "ack"
        self._stamp(incident, told)
        is_critical = row.kind == "open" and row.severity == "critical"
        sent = Sent(row.at, row.is_exempt, row.is_exempt and is_critical, row.about)
        self.book.sent.setdefault((incident.tenant, taker.name), []).append(sent)

    def _stamp(self, incident: Incident, told: Told) -> None:
        """It enters the outbox, by itself or in a digest: what repeats it waits from here."""
        told.last_at = self.at
        cooldown = self._of(incident).cooldown(incident.severity)
        told.cooldown_until = self.at + cooldown * _SECOND

    def _release(self, incident: Incident, taker: Taker, row: Row) -> None:
        """A held opening goes out as it has become: graver."""
        place = incident.tenant, taker.name
        told = incident.told_by(taker.name)
        told.held -= 1
        told.alerts = self._alerts(incident)
        self.book.held[place].remove(row)
        if not self.book.held[place]:
            del self.book.held[place]
        row.status, row.severity = "queued", incident.severity
        row.notice = notice_of(self.book, incident, "open", self.at, self.settings, None, row.id)
        self.book.told.append(row)
        self._queued(incident, taker, row)

    def _takers(self, incident: Incident, kind: Kind) -> Iterator[tuple[Taker, Told]]:
        """All that take such notices, and what each was told."""
        for taker in self.book.takers.get(incident.tenant, ()):
            if self._is_taken(taker, kind) and not self._is_about(incident, taker):
                yield taker, incident.told_by(taker.name)

    def _is_about(self, incident: Incident, taker: Taker) -> bool:
        """That a channel does not deliver is told on the others."""
        if incident.model:
            return False
        rules = [alert.rule for alert in self.book.of_incident(incident)]
        return rules == [f"channel:{taker.name}"]

    def _routed(self, incident: Incident) -> Iterator[tuple[Taker, Told]]:
        """Those that it is to be opened on: that an alert of it names, or that take it."""
        labels = self.book.labels_of_incident(incident)
        named, are_others = self._named(incident)
        for taker, told in self._takers(incident, "open"):
            is_grave = RANK[incident.severity] >= RANK[taker.min_severity]
            takes = are_others and is_grave and matches(taker.matchers, labels)
            if taker.name in named or takes:
                yield taker, told

    def _named(self, incident: Incident) -> tuple[set[str], bool]:
        """The channels that its alerts name, and whether there are alerts that name none.

        Where none of those that it names is there any more, an alert is told as if it named none.
        """
        there = {taker.name for taker in self.book.takers.get(incident.tenant, ())}
        own = [there.intersection(each.channels) for each in self.book.of_incident(incident)]
        return set[str]().union(*own), not all(own) or not own

    def _make_unless_cooling(self, incident: Incident, taker: Taker, kind: Kind) -> None:
        told = incident.told_by(taker.name)
        if told.cooldown_until is not None and told.cooldown_until > self.at:
            incident.suppressed += 1
        else:
            self._make(incident, taker, kind, told.next(kind))

    def _alerts(self, incident: Incident) -> str:
        names = (each.fingerprint for each in self.book.of_incident(incident))
        return key_of(*sorted(names))

    def _of(self, incident: Incident) -> Settings:
        return self.settings.but(incident.patience)

    def _is_taken(self, taker: Taker, kind: Kind) -> bool:
        return taker.kinds is None or kind in taker.kinds

    def _taker(self, place: Place) -> Taker | None:
        tenant, channel = place
        return next((t for t in self.book.takers.get(tenant, ()) if t.name == channel), None)

    def _is_kept_quiet(self, incident: Incident, kind: Kind) -> bool:
        if incident.is_hushed:
            why = "inhibited" if incident.inhibited_by else "silenced"
            self.book.note(incident, self.at, why, notice_kind=kind)
            return True
        return incident.flapping

    def _is_cooling(self, incident: Incident, told: Told) -> bool:
        is_held = told.cooldown_until is not None and told.cooldown_until > self.at
        return is_held and incident.severity != "critical"

    def _is_full(self, incident: Incident, taker: Taker) -> bool:
        about = About(incident.model, incident.family, incident.severity)
        sent = self.book.sent.get((incident.tenant, taker.name), ())
        return is_full(taker.limits, sent, about, self.at)

    def _is_storm(self, incident: Incident, kind: Kind, place: Place) -> bool:
        """A critical opening is told beyond each limit, until there are very many."""
        if kind != "open" or incident.severity != "critical":
            return False
        sent: Sequence[Sent] = self.book.sent.get(place, ())
        there = sum(each.is_critical_open and each.at > self.at - _HOUR for each in sent)
        return there < self.settings.storm

    def _held_open(self, incident: Incident, taker: Taker) -> Row | None:
        held = self.book.held.get((incident.tenant, taker.name), ())
        mine = [row for row in held if row.incident == incident.id and row.kind == "open"]
        return mine[-1] if mine else None


def reminder_at(incident: Incident, told: Told, settings: Settings) -> int | None:
    """When a channel is told again, while nobody answers."""
    if told.state != "open" or told.last_at is None or told.held:
        return None
    repeat = settings.but(incident.patience).repeat(incident.severity)
    return told.last_at + repeat * _SECOND
