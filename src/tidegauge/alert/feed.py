"""Readings of a slot become evidence for conditions; and what tidegauge itself has to say: that a
monitor fails, or that a model's rows no longer come."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from tidegauge.alert.book import Book
from tidegauge.alert.condition import MANUAL, Alert, Rule, Seen
from tidegauge.alert.evidence import evidence_of, family_of
from tidegauge.alert.ids import key_of
from tidegauge.alert.notice import Family
from tidegauge.alert.settings import Settings
from tidegauge.catalog.readings import Reading
from tidegauge.catalog.targets import Named
from tidegauge.monitor.cycle import Set, chosen
from tidegauge.monitor.union import Monitor

NO_DATA: Final = "no_data"
ERROR: Final = "monitor_error"
INTERNAL: Final = (NO_DATA, ERROR)
_SETTINGS: Final[Mapping[str, Sequence[str]]] = {
    "cooldown": ("cooldown_s", "cooldown_low_s"),
    "repeat_every": ("repeat_s", "repeat_critical_s"),
    "reopen_window": ("reopen_window_s",),
    "rearm_after": ("rearm_s",),
    "group_wait": ("group_wait_s",),
    "group_interval": ("group_interval_s",),
    "severity_ups": ("severity_ups",),
    "flapping_reopened": ("flapping_reopened",),
    "flapping_moved": ("flapping_moved",),
    "quiet_for": ("quiet_s",),
}
"""Of an incident, by the name that a monitor has for them."""
Fed = tuple[Alert, Seen | None, Rule]


@dataclass(frozen=True)
class Slot:
    at: int
    """Its end."""
    readings: Mapping[Named, Reading]
    """All; those of which nothing but the status matters may be without detail."""
    monitors: Mapping[tuple[str, str], Monitor]
    """By tenant and name."""
    versions: Mapping[tuple[str, str], int]
    """Of these: each change is one more."""
    usual: frozenset[tuple[str, str]]
    """Those that nobody wrote."""
    models: frozenset[tuple[str, str]]
    """Those that are watched."""
    had_rows: frozenset[tuple[str, str]]
    """Those that rows came of in the days before."""


def gone(book: Book, slot: Slot) -> list[tuple[Alert, str]]:
    """Conditions whose monitor or model is no longer watched, and why."""
    found: list[tuple[Alert, str]] = []
    watching: dict[tuple[str, str], set[str]] = {}
    for alert in book.alerts.values():
        if not alert.model or alert.state == "inactive":
            continue
        if (alert.tenant, alert.model) not in slot.models:
            found.append((alert, "model_archived"))
        elif alert.rule == MANUAL:
            continue
        elif alert.rule.partition(":")[0] in INTERNAL:
            of = alert.rule.partition(":")[2]
            why = _why_gone(slot, watching, alert, of) if of else None
            found += [(alert, why)] if why else []
        elif why := _why_gone(slot, watching, alert, alert.rule):
            found.append((alert, why))
    return found


def _why_gone(
    slot: Slot, watching: dict[tuple[str, str], set[str]], alert: Alert, name: str
) -> str | None:
    monitor = slot.monitors.get((alert.tenant, name))
    if monitor is None:
        return "rule_deleted"
    if not monitor.enabled:
        return "rule_paused"
    place = alert.tenant, alert.model
    if place not in watching:
        watching[place] = _watching(slot, *place)
    return None if name in watching[place] else "rule_changed"


def _watching(slot: Slot, tenant: str, model: str) -> set[str]:
    """The monitors of a model; each that is read no more would leave its alerts as they were."""
    sets = [
        Set(0, monitor, (tenant, name) in slot.usual)
        for (of, name), monitor in slot.monitors.items()
        if of == tenant
    ]
    return {each.monitor.name for each in chosen(sets, model)}


def fed(book: Book, slot: Slot, settings: Settings) -> list[Fed]:
    """What each condition is told of this slot; nothing has been fed yet when this ends."""
    return [
        *_by_monitor(book, slot),
        *_errors(book, slot, settings),
        *_no_data(book, slot, settings),
    ]


def _by_monitor(book: Book, slot: Slot) -> Iterator[Fed]:
    reported = {(place.tenant, place.monitor) for place in slot.readings}
    seen: set[str] = set()
    for place, reading in slot.readings.items():
        name = fingerprint(place)
        seen |= {name, fingerprint(_own(place))}
        monitor = slot.monitors.get((place.tenant, place.monitor))
        is_news = reading.severity is not None or reading.status == "error"
        if monitor is None or not (is_news or name in book.alerts):
            continue
        alert = alert_in(book, place, family_of(monitor))
        yield alert, _seen(monitor, reading), _rule(slot, place.tenant, monitor)
    for alert in list(book.alerts.values()):
        rule = alert.tenant, alert.rule.removeprefix(f"{ERROR}:")
        monitor = slot.monitors.get(rule)
        is_asked = rule in reported and alert.fingerprint not in seen
        if is_asked and monitor is not None:
            yield alert, None, _rule(slot, alert.tenant, monitor)


def _errors(book: Book, slot: Slot, settings: Settings) -> Iterator[Fed]:
    """A monitor that fails time after time."""
    for place, reading in slot.readings.items():
        own = _own(place)
        known, before = book.alerts.get(fingerprint(own)), book.alerts.get(fingerprint(place))
        is_error = reading.status == "error"
        enough = _errors_of(slot.monitors.get((place.tenant, place.monitor)), settings)
        is_often = is_error and (before.errors if before else 0) + 1 >= enough
        if not is_often and (known is None or known.state == "inactive"):
            continue
        seen = Seen(status="ok", slot=slot.at)
        if is_error:
            evidence = {"what": f"{place.monitor} fails: {reading.reason}", "metric": "ops"}
            seen = Seen(status="breach", severity="medium", slot=slot.at, evidence=evidence)
        yield alert_in(book, own, "ops"), seen, Rule(for_count=1)


def _errors_of(monitor: Monitor | None, settings: Settings) -> int:
    told = monitor.alerts.errors if monitor is not None and monitor.alerts else None
    return settings.errors if told is None else told


def _own(place: Named) -> Named:
    """The condition that a monitor itself is."""
    return place._replace(monitor=f"{ERROR}:{place.monitor}")


def _no_data(book: Book, slot: Slot, settings: Settings) -> Iterator[Fed]:
    """A model that had rows, and of which no monitor sees any."""
    without, said = empty(slot.readings), list(_said_of_no_data(slot))
    for tenant, model in sorted({(place.tenant, place.model) for place in slot.readings}):
        is_empty = (tenant, model) in without
        place = Named(tenant, model, NO_DATA, "", "")
        is_known = fingerprint(place) in book.alerts
        if is_known or (is_empty and (tenant, model) in slot.had_rows):
            seen = Seen(status="ok", slot=slot.at)
            if is_empty:
                evidence = {"what": "no predictions come any more", "metric": "ops"}
                seen = Seen(status="breach", severity="medium", slot=slot.at, evidence=evidence)
            own = (wait for of, models, wait in said if of == tenant and fnmatchcase(model, models))
            wait = min(own, default=settings.no_data_s)
            rule = Rule(for_count=1, for_s=wait, resolve_count=1, keep_firing_s=0)
            yield alert_in(book, place, "ops"), seen, rule


def _said_of_no_data(slot: Slot) -> Iterator[tuple[str, str, int]]:
    """By tenant and pattern of models; a monitor that is not due in this slot says it too."""
    for (tenant, _name), monitor in slot.monitors.items():
        wait = monitor.alerts.no_data_after if monitor.alerts else None
        if monitor.enabled and wait is not None:
            yield tenant, monitor.models, wait


def fingerprint(place: Named) -> str:
    return key_of(place.tenant, place.monitor, place.model, place.version, place.segment)


def _rule(slot: Slot, tenant: str, monitor: Monitor) -> Rule:
    return rule_of(monitor, slot.versions[tenant, monitor.name])


def rule_of(monitor: Monitor, version: int) -> Rule:
    return Rule(
        for_count=monitor.for_count,
        for_s=monitor.pending_for,
        resolve_count=monitor.resolve_count,
        keep_firing_s=monitor.keep_firing_for,
        version=version,
        patience=_patience_of(monitor),
        channels=monitor.channels,
        halt=monitor.halt,
    )


def _patience_of(monitor: Monitor) -> dict[str, int]:
    told = monitor.alerts
    if told is None:
        return {}
    return {
        setting: value
        for name, settings in _SETTINGS.items()
        for setting in settings
        if (value := getattr(told, name)) is not None
    }


def empty(found: Mapping[Named, Reading]) -> set[tuple[str, str]]:
    """The models that no monitor sees any rows of."""
    told: dict[tuple[str, str], bool] = {}
    for place, reading in found.items():
        model = place.tenant, place.model
        told[model] = told.get(model, True) and reading.status == "no_data"
    return {model for model, is_empty in told.items() if is_empty}


def alert_in(book: Book, place: Named, family: Family) -> Alert:
    """What is known of a condition, or a new one."""
    name = fingerprint(place)
    if name not in book.alerts:
        alert = Alert(
            fingerprint=name,
            tenant=place.tenant,
            rule=place.monitor,
            model=place.model,
            family=family,
            version=place.version,
            segment=place.segment,
        )
        book.add_alert(alert)
    return book.alerts[name]


def _seen(monitor: Monitor, reading: Reading) -> Seen:
    is_breach = reading.severity is not None
    return Seen(
        status=reading.status,
        severity=reading.severity,  # pyright: ignore[reportArgumentType] - it was one of them
        value=reading.value,
        slot=reading.slot,
        evidence=evidence_of(monitor, reading) if is_breach else None,
    )
