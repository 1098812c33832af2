"""What changed since a place: readings by the slots that are judged, and what happened to incidents
and notices by its time, as it is answered elsewhere too."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from tidegauge.alert import act
from tidegauge.alert.incident import Incident
from tidegauge.catalog import incidents, models, monitors, notices, progress, readings, targets
from tidegauge.catalog.incidents import Event
from tidegauge.catalog.readings import Reading
from tidegauge.catalog.standing import Label
from tidegauge.catalog.targets import Named
from tidegauge.web.kept import Kept
from tidegauge.web.live import Change, Kind, Look, Place
from tidegauge.web.routes.alerts import Hidden
from tidegauge.web.routes.asked import moment
from tidegauge.web.routes.incident_shown import IncidentShown, incident_of, shown
from tidegauge.web.routes.notices import AttemptShown, NoticeShown, notices_shown
from tidegauge.web.routes.personal import personal
from tidegauge.web.routes.readings import ReadingShown, reading_shown
from tidegauge.window import HOUR, SECOND
from tidegauge.worker.late import JUDGE


class _Of(NamedTuple):
    tenant: str
    model: str


_OVERLAP: Final = 5 * SECOND
"""What is written in one order may be committed in another."""
_FURTHEST: Final = HOUR * SECOND
_SLOTS: Final = 60


class ReadingTold(ReadingShown):
    model_id: str
    detail: Annotated[dict[str, Any], Field(exclude=True)]


class IncidentTold(BaseModel):
    incident_id: str
    seq: int
    kind: str
    who: str
    at: datetime
    incident: Annotated[IncidentShown, Field(description="As it is now.")]


class NoticeTold(NoticeShown):
    model_id: str
    attempts: Annotated[list[AttemptShown], Field(exclude=True)]


def look(kept: Kept, since: Place | None) -> Look:
    """All from a place on, an hour at most; where that is now, if there is none."""
    with kept.catalog.read() as connection:
        at, judged = act.now(connection), progress.get(connection, JUDGE)
        here = Place(judged.at if judged else 0, at)
        if since is None:
            return Look((), here)
        start = Place(max(since.slot, here.slot - _FURTHEST), max(since.at, at - _FURTHEST))
        telling = _Telling(connection)
        slots = readings.slots(connection, start.slot, here.slot, _SLOTS)
        lately = [
            *telling.events(start.at - _OVERLAP, here.slot),
            *telling.notices(start.at - _OVERLAP, here.slot),
        ]
        lately.sort(key=lambda change: change.place.at)
        return Look([*telling.readings(slots, start.at), *lately], here, is_whole=start == since)


class _Telling:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._hidden: dict[str, Hidden] | None = None

    def readings(self, slots: Iterable[int], at: int) -> Iterator[Change]:
        documents = {
            (each.tenant, each.name): each.document for each in monitors.listed(self._connection)
        }
        for slot in slots:
            found = readings.of_slot(self._connection, slot)
            named = targets.named(self._connection, [each.target for each in found])
            for each in found:
                if (place := named.get(each.target)) is None:
                    continue
                document = documents.get((place.tenant, place.monitor), {})
                told = partial(_reading, each, place, document)
                name = ("reading", each.target, slot)
                yield self._change(
                    "reading", _Of(place.tenant, place.model), name, Place(slot, at), told
                )

    def events(self, since: int, slot: int) -> Iterator[Change]:
        found = incidents.happened(self._connection, since)
        now = {
            each.id: each
            for each in incidents.some(self._connection, {each.incident for each in found})
        }
        for each in found:
            if (kept := now.get(each.incident)) is None:
                continue
            name = ("incident", each.incident, each.seq)
            told = partial(_event, each, incident_of(kept))
            yield self._change(
                "incident", _Of(kept.tenant, kept.model), name, Place(slot, each.at), told
            )

    def notices(self, since: int, slot: int) -> Iterator[Change]:
        found = notices.moved(self._connection, since)
        of = {
            each.id: each.model
            for each in incidents.some(self._connection, {each.incident for each in found})
        }
        for each, whole in zip(found, notices_shown(self._connection, found), strict=True):
            name = ("notice", each.id, each.status)
            model = of.get(each.incident, "")
            at = max(each.made_at, each.ended_at or 0)
            yield self._change(
                "notice",
                _Of(each.tenant, model),
                name,
                Place(slot, at),
                partial(_notice, whole, model),
            )

    def _change(
        self,
        kind: Kind,
        of: _Of,
        name: tuple[str | int, ...],
        place: Place,
        told: Callable[[Hidden], BaseModel],
    ) -> Change:
        text = told({}).model_dump_json()
        hidden = self._hidden_of(of.tenant)
        masked = told(hidden).model_dump_json() if of.model in hidden else text
        return Change(
            kind=kind,
            tenant=of.tenant,
            model=of.model,
            name=name,
            place=place,
            text=text,
            masked=masked,
        )

    def _hidden_of(self, tenant: str) -> Hidden:
        if self._hidden is None:
            found: dict[str, dict[str, frozenset[str]]] = {}
            for each in models.all(self._connection):
                if names := personal(each):
                    found.setdefault(each.tenant, {})[each.name] = names
            self._hidden = dict(found)
        return self._hidden.get(tenant, {})


def _reading(
    reading: Reading, of: Named, document: Mapping[str, Any], secret: Hidden
) -> ReadingTold:
    label = Label(of.monitor, of.version, of.segment)
    shown = reading_shown(reading, label, document, secret.get(of.model, frozenset()))
    return ReadingTold(model_id=of.model, **shown.model_dump())


def _event(event: Event, incident: Incident, secret: Hidden) -> IncidentTold:
    return IncidentTold(
        incident_id=event.incident,
        seq=event.seq,
        kind=event.kind,
        who=event.who,
        at=moment(event.at),
        incident=shown(incident, secret),
    )


def _notice(notice: NoticeShown, model: str, _secret: Hidden) -> NoticeTold:
    return NoticeTold(model_id=model, **notice.model_dump())
