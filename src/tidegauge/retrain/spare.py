"""Which versions of a model nobody needs any more, and why each of the others is kept.

What serves is told by predictions, which name their version, and by rollouts.  Where they leave it
open which version is deployed, all of them are needed.  A file is not missed by its age, and not
by its number alone: "all but the last ten" may hold the one that answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from tidegauge.window import DAY, HOUR, SECOND, floor

LATELY: Final = 7 * DAY * SECOND
"""So long after its last prediction a version is taken to be deployed."""
_BEHIND: Final = 3600.0
"""Seconds: what was received since may name any version."""
_NAMELESS: Final = (
    "predictions came without a version, or a day too late to be counted: any may be deployed"
)
Standing = Literal["proven", "open", "rejected"]


class Version(NamedTuple):
    version: str
    standing: Standing
    """`proven` by its job, or put by hand; `open` while that is found out."""
    is_pinned: bool


class Deployment(NamedTuple):
    """What a rollout says."""

    version: str
    before: str
    is_open: bool
    is_taken_back: bool


@dataclass(frozen=True, kw_only=True)
class Facts:
    at: int
    keep: int
    """So many of the newest are kept."""
    lag_seconds: float
    """The age of what was received and is not counted yet."""
    versions: Sequence[Version]
    """Those whose files are there, the newest first."""
    known: frozenset[str]
    """All versions of which there ever was a reference."""
    answered: Mapping[str, int]
    """By version, whether there is a file or not, when it answered last; "" is nobody knows
    which."""
    rollouts: Sequence[Deployment]
    """The latest first."""


class Why(NamedTuple):
    reason: str
    """ "" of one that is spare."""
    is_needed: bool
    """It may be deployed soon, now or again: it is not removed, even by hand."""


def why_kept(facts: Facts) -> dict[str, Why]:
    """Of each version."""
    serving, untold = _serving(facts)
    needed = _needed(facts, serving)
    newest = [each.version for each in facts.versions if each.standing == "proven"][: facts.keep]
    found: dict[str, Why] = {}
    for each in facts.versions:
        if each.is_pinned:
            found[each.version] = Why("it is pinned", is_needed=True)
        elif each.version in needed:
            found[each.version] = Why(needed[each.version], is_needed=True)
        elif each.standing == "open":
            found[each.version] = Why("its job is not over", is_needed=True)
        elif untold:
            found[each.version] = Why(untold, is_needed=True)
        elif each.version in newest:
            found[each.version] = Why(f"it is one of the newest {facts.keep}", is_needed=False)
        else:
            found[each.version] = Why("", is_needed=False)
    return found


def ways_back(facts: Facts) -> set[str]:
    """What would serve again if the one that serves is taken back."""
    serving, _ = _serving(facts)
    found = _last({n: at for n, at in facts.answered.items() if n and n not in serving})
    out = [each for place, each in enumerate(facts.rollouts) if place == 0 or each.is_open]
    return found | {each.before for each in out if each.before and not each.is_taken_back}


def used_since(at: int) -> int:
    """The start of the first window that counts as lately."""
    return floor(at - LATELY, HOUR)


def _serving(facts: Facts) -> tuple[set[str], str]:
    """The versions that answer, or answered last; and why that says nothing, if it does."""
    lately = {name for name, last in facts.answered.items() if last >= used_since(facts.at)}
    serving = lately or _last(facts.answered)
    if facts.lag_seconds > _BEHIND:
        return serving, "what was received in the last hour or more is not counted yet"
    if not serving:
        return serving, "no prediction was ever seen: which version is deployed is not known"
    if "" in serving:
        return serving, _NAMELESS
    if not serving & facts.known:
        told = ", ".join(sorted(serving)[:3])
        return serving, f"predictions name {told}, of which no file is known: any may be deployed"
    return serving, ""


def _needed(facts: Facts, serving: set[str]) -> dict[str, str]:
    """By version, why it is; the strongest reason of each."""
    found = dict.fromkeys(ways_back(facts), "one would go back to it")
    for each in facts.rollouts[:1]:
        if each.is_taken_back:
            found[each.before] = "it serves again: the one after it was taken back"
        else:
            found[each.version] = "it was rolled out last"
    lately = used_since(facts.at)
    for name in serving:
        is_late = facts.answered[name] >= lately
        found[name] = "it answered in the last 7 days" if is_late else "it answered last"
    found |= {each.version: "it is being rolled out" for each in facts.rollouts if each.is_open}
    return found


def _last(answered: Mapping[str, int]) -> set[str]:
    """Two may have the same window."""
    latest = max(answered.values(), default=None)
    return {name for name, last in answered.items() if last == latest}
