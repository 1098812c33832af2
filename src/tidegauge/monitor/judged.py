"""A number against the conditions of a monitor, wherever it is from."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tidegauge.monitor.against import Against
from tidegauge.monitor.condition import Condition, Explained
from tidegauge.monitor.reading import Found
from tidegauge.monitor.severity import RANK, Severity


class Number(NamedTuple):
    title: str
    value: float
    n: int


def judged(
    conditions: Sequence[Condition],
    number: Number,
    before: Callable[[Against], float | None],
    *,
    usual: Against,
    by_chance: Explained | None = None,
    severity: Severity | None = None,
) -> Found:
    """`before` tells what it is compared with, `usual` what that is where nobody says."""
    told: list[tuple[Condition, str]] = []
    befores: dict[str, float | None] = {}
    for condition in conditions:
        was, against = None, condition.against or usual
        if condition.is_relative:
            was = befores[str(against)] = before(against)
        why = condition.judge(number.value, was, str(against), by_chance)
        if why is not None:
            told.append((condition, why))
    detail = {"baselines": befores} if befores else {}
    if not told and befores and all(was is None for was in befores.values()):
        words = ", ".join(befores)
        return Found(
            status="insufficient_data",
            value=number.value,
            n=number.n,
            reason=f"there is nothing to compare with yet ({words})",
            detail=detail,
        )
    if not told:
        return Found(status="ok", value=number.value, n=number.n, detail=detail)
    condition, why = max(told, key=lambda each: RANK[each[0].severity])
    return Found(
        status="breach",
        severity=severity or condition.severity,
        value=number.value,
        n=number.n,
        reason=f"{number.title}: {why}",
        detail=detail,
    )
