"""Inputs, reasons, performance: what the monitors last said of each, and what that means together.

Data drift, label shift and concept drift are told apart as far as they can be: errors that rise
while neither the inputs nor the mix of the truth moved are of what the inputs mean.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from tidegauge.catalog.readings import Reading
from tidegauge.explain import Reading as Meaning
from tidegauge.explain import reading
from tidegauge.monitor.union import Monitor
from tidegauge.series.labels import Shift

Name = Literal["inputs", "reasons", "performance"]
OF: Final[Mapping[str, Name]] = {
    "drift": "inputs",
    "explanation": "reasons",
    "performance": "performance",
    "concept": "performance",
}
"""Kinds of monitors, and what they tell of."""


class Told(NamedTuple):
    monitor: Monitor
    reading: Reading


@dataclass(frozen=True, kw_only=True)
class Fact:
    name: Name
    moved: bool | None
    """None: no monitor can tell."""
    monitor: str | None = None
    at: int | None = None
    """The end of the window that tells it."""
    since: int | None = None
    """When it moved, where that is known."""
    n: int = 0
    reason: str = ""
    sure: str = ""
    """How sure that is, in words."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    facts: Sequence[Fact]
    meaning: Meaning
    sentences: Sequence[str]
    """Which of data drift, label shift and concept drift there is."""


def diagnosis(told: Sequence[Told], labels: Shift) -> Diagnosis:
    facts = {name: _fact(name, told) for name in ("inputs", "reasons", "performance")}
    inputs, reasons, performance = (each.moved for each in facts.values())
    return Diagnosis(
        facts=list(facts.values()),
        meaning=reading(inputs=inputs, reasons=reasons, performance=performance),
        sentences=_sentences(inputs=inputs, labels=labels, errs=performance),
    )


def _fact(name: Name, told: Sequence[Told]) -> Fact:
    """What moved counts before what did not, and the latest of both before what was earlier."""
    own = [each for each in told if OF.get(each.monitor.kind) == name]
    known = [(_moved(each), each) for each in own]
    sure = [(moved, each) for moved, each in known if moved is not None]
    if not sure:
        why = next((each.reading.reason for each in own), "no monitor watches it")
        return Fact(name=name, moved=None, reason=why)
    moved, (monitor, found) = max(sure, key=lambda each: (each[0], each[1].reading.slot))
    detail = found.detail or {}
    since = detail.get("since") if moved else None
    return Fact(
        name=name,
        moved=moved,
        monitor=monitor.name,
        at=found.slot,
        since=since if isinstance(since, int) else None,
        n=found.n,
        reason=found.reason,
        sure=_sure(monitor, found, moved=moved),
    )


def _moved(told: Told) -> bool | None:
    if told.reading.status == "ok":
        return False
    if told.reading.status != "breach":
        return None
    features = (told.reading.detail or {}).get("features", [])
    if told.monitor.kind == "drift" and features:
        # What the model answers is no input.
        return any(str(each["column"]).startswith("features.") for each in features)
    return True


def _sure(monitor: Monitor, found: Reading, *, moved: bool) -> str:
    budget = getattr(monitor, "one_false_alarm_in_months", None)
    if not moved:
        return f"{found.n:,} rows show no change that chance does not explain"
    if budget is not None:
        return f"in an unchanged model this is said once in {budget:g} months"
    low, high = ((found.detail or {}).get(end) for end in ("low", "high"))
    if isinstance(low, float) and isinstance(high, float):
        return f"in 95 of 100 cases the true value lies between {low:.4g} and {high:.4g}"
    return "beyond what its monitor allows"


def _sentences(*, inputs: bool | None, labels: Shift, errs: bool | None) -> list[str]:
    found: list[str] = []
    if inputs:
        found.append("Data drift: the inputs are others than in the reference.")
    if labels.moved:
        most = labels.shares[0]
        found.append(
            f"Label shift: {most.name!r} is now {100 * most.now:.3g} % of what is true, and was"
            f" {100 * most.before:.3g} %."
        )
    if errs:
        found.append(_of_errors(inputs=inputs, labels=labels.moved))
    if not found:
        known = {"data drift": inputs, "label shift": labels.moved, "concept drift": errs}
        none = [name for name, moved in known.items() if moved is False]
        if none:
            found.append(f"There is no {', no '.join(none)}.")
        unknown = [name for name, moved in known.items() if moved is None]
        if unknown:
            found.append(f"Too little is known to tell of {', '.join(unknown)}.")
    return found


def _of_errors(*, inputs: bool | None, labels: bool | None) -> str:
    if inputs is False and labels is False:
        return "Concept drift: the same inputs now mean something else."
    if inputs or labels:
        what = "the inputs" if inputs else "the mix of the truth"
        return f"The model does otherwise than it did, and what moved of {what} may be why."
    return "The model does otherwise than it did: concept drift, unless inputs or labels moved."
