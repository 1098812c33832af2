"""What a backtest found, as JSON tells it."""

from collections.abc import Sequence
from typing import Any, Final

from tidegauge.monitor.alarms import Alarm
from tidegauge.monitor.backtest.part import Outcome
from tidegauge.monitor.backtest.power import Power
from tidegauge.monitor.backtest.quieter import Quieter
from tidegauge.monitor.backtest.run import Backtest
from tidegauge.monitor.faults import document_of

_ALARMS: Final = 200
"""That are told one by one, of one monitor on one part."""


def backtest_told(found: Backtest) -> dict[str, Any]:
    return {
        "start": found.start,
        "stop": found.stop,
        "step_seconds": found.step,
        "rows": found.rows,
        "took_ms": round(1000 * found.took),
        "outcomes": [_outcome(each) for each in found.outcomes],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    monitor = outcome.monitor
    return {
        "monitor": monitor.name,
        "kind": monitor.kind,
        "version": outcome.version,
        "segment": outcome.segment,
        "readings": dict(outcome.statuses),
        "alarm_count": len(outcome.alarms),
        "alarms_a_week": round(outcome.a_week, 4),
        "short_alarms": outcome.short,
        "seconds_in_alarm": outcome.seconds_open,
        "alarms": [_alarm(each) for each in outcome.alarms[-_ALARMS:]],
        "trials": _powers(outcome.powers),
        "quieter": _quieter(outcome.quieter, outcome.quieter_powers),
        "note": outcome.note,
    }


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "at": alarm.at,
        "until": alarm.until,
        "severity": alarm.severity,
        "reason": alarm.reason,
    }


def _powers(powers: Sequence[Power]) -> list[dict[str, Any]]:
    return [
        {
            "change": each.change,
            "planted": each.planted,
            "found": each.found,
            "by_chance": each.by_chance,
            "knows": None if each.knows is None else round(each.knows, 4),
            "median_delay_seconds": each.delay,
            "within_seconds": each.within,
        }
        for each in powers
    ]


def _quieter(quieter: Quieter | None, powers: Sequence[Power]) -> dict[str, Any] | None:
    if quieter is None:
        return None
    return {
        "document": document_of(quieter.monitor),
        "what": quieter.what,
        "alarm_count": quieter.alarms,
        "trials": _powers(powers),
    }
