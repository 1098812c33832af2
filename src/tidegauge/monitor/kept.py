"""What the decision rule remembers of a target, as bytes and back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from tidegauge.errors import UnreadableError
from tidegauge.judge.budget import Arm, Named, Rule, State
from tidegauge.monitor.reading import Memory

_VERSION = 1


@dataclass(frozen=True)
class Open:
    """An alarm that is not over."""

    opened: int
    """The slot that raised it."""
    since: int
    """When what it saw began."""
    named: Sequence[Named]
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What was last said of it."""
    told_at: int = 0

    def packed(self) -> dict[str, Any]:
        return {
            "opened": self.opened,
            "since": self.since,
            "named": [asdict(each) for each in self.named],
            "told": self.told,
            "told_at": self.told_at,
        }

    @classmethod
    def of(cls, told: dict[str, Any]) -> Self:
        named: list[Named] = []
        for each in told["named"]:
            rest = {name: value for name, value in each.items() if name != "arm"}
            named.append(Named(arm=Arm(**each["arm"]), **rest))
        return cls(told["opened"], told["since"], named, told["told"], told["told_at"])


@dataclass
class Kept:
    about: str
    """What the rule was made for: another reference, or other settings, make another rule."""
    rule: Rule
    state: State
    open: Open | None = None
    knows_minutes: bool = False
    """Has the rule learned what strays within an hour?"""
    begun: int = 0
    """The slot at which it was."""
    past: int = 0
    """Rows that came before that, as they were counted then."""

    def into(self, memory: Memory) -> None:
        head = {"version": _VERSION, "open": self.open.packed() if self.open else None}
        memory.state = _joined(head, self.state.encode(self.rule))

    @classmethod
    def begin(cls, about: str, rule: Rule, memory: Memory, *, slot: int, past: int) -> Self:
        begun = cls(about, rule, State.start(rule), begun=slot, past=past)
        begun.rule_into(memory)
        return begun

    def with_minutes(self, rule: Rule, memory: Memory) -> Self:
        """The same, and what it has seen so far, by a rule that allows for more."""
        wider = replace(self, rule=rule, knows_minutes=True)
        wider.rule_into(memory)
        return wider

    def rule_into(self, memory: Memory) -> None:
        head = {
            "version": _VERSION,
            "about": self.about,
            "minutes": self.knows_minutes,
            "begun": self.begun,
            "past": self.past,
        }
        memory.rule = _joined(head, self.rule.encode())

    @classmethod
    def of(cls, memory: Memory) -> Self | None:
        """None where there is nothing, or nothing that this version reads."""
        if memory.rule is None or memory.state is None:
            return None
        try:
            about, body = _split(memory.rule)
            rule = Rule.decode(body)
            head, body = _split(memory.state)
            state = State.decode(rule, body)
            told = head["open"]
            # A rule that an older release wrote does not say so, and knows of hours alone.
            knows = bool(about.get("minutes", False))
            begun, past = int(about.get("begun", 0)), int(about.get("past", 0))
            alarm = Open.of(told) if told else None
            return cls(about["about"], rule, state, alarm, knows, begun, past)
        except (UnreadableError, KeyError, TypeError, ValueError):
            return None


def _joined(head: dict[str, Any], body: bytes) -> bytes:
    return json.dumps(head, separators=(",", ":")).encode() + b"\n" + body


def _split(data: bytes) -> tuple[dict[str, Any], bytes]:
    head, _, body = data.partition(b"\n")
    found = json.loads(head)
    if found.get("version") != _VERSION:
        raise UnreadableError("written by another version")
    return found, body
