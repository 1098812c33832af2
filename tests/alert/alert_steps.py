"""Long random lives of alerts: storms, flapping, quiet weeks, and people who act meanwhile.

A walk is made of plain steps, (method, arguments), that any object with the interface of the
model can take.  The model walks ahead, so that people mostly act on what is there.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from alert_model import Level, Model, Patience, Rule, Setup, Suppression, Taker

Step = tuple[str, tuple[Any, ...]]
Check = Callable[[Any, Step, object], object]
START = 1_000_000

FAMILIES = ("drift", "performance", "quality", "ops")
SEVERITIES = ("low", "medium", "high", "critical")
MOST_WAIT = 120
"""The longest that alerts are gathered for."""
INTERVALS = (10, 60, 60, 60, 300, 1800)
JUMPS = (1, 29, 30, 31, 299, 300, 600, 1799, 1800, 1801, 3600, 14_400, 86_400, 93_600)
# How likely a reading is ok, a breach, insufficient_data, error, or absent.
MOODS = {
    "quiet": (90, 4, 2, 2, 2),
    "restless": (40, 40, 8, 6, 6),
    "storm": (3, 92, 2, 2, 1),
    "failing": (10, 10, 5, 70, 5),
    "gone": (15, 15, 5, 5, 60),
}
STATUSES = ("ok", "breach", "insufficient_data", "error", "absent")


def setup(seed: int) -> Setup:
    """What the walk of the same seed is in."""
    chance = random.Random(f"setup {seed}")
    apart = random.Random(f"suppression {seed}")
    models = [f"model-{number}" for number in range(chance.randint(1, 4))]
    takers = tuple(
        Taker(
            f"taker-{number}",
            kind=chance.choice(("webhook", "webhook", "pagerduty")),
            min_severity=chance.choice(("low", "low", "medium", "high", "critical")),
            updates=chance.random() < 0.4,
            cap=chance.randint(2, 5) if chance.random() < 0.8 else 20,
            cap_window_s=chance.choice((600, 600, 120, 3600)),
            suppression=tuple(
                _suppression(apart, models) for _number in range(apart.choice((0, 0, 1, 2)))
            ),
        )
        for number in range(chance.randint(1, 4))
    )
    rules = tuple(
        _rule(chance, f"rule-{number}", models, chance.choice(FAMILIES), takers)
        for number in range(chance.randint(1, 4))
    )
    after = sorted(chance.sample((60, 300, 900, 1800, 7200), chance.randint(0, 3)))
    ladder = tuple(
        Level(
            after_s,
            tuple(t.name for t in chance.sample(takers, chance.randint(1, len(takers)))),
            chance.choice(SEVERITIES),
        )
        for after_s in after
    )
    return Setup(rules, takers, ladder)


def _suppression(chance: random.Random, models: Sequence[str]) -> Suppression:
    return Suppression(
        chance.randint(1, 3),
        chance.choice((60, 600, 1800, 7200)),
        family=chance.choice((None, *FAMILIES)),
        severity=chance.choice((None, None, *SEVERITIES)),
        models=tuple(sorted(chance.sample(models, chance.randint(1, len(models)))))
        if chance.random() < 0.3
        else None,
        each_model=chance.random() < 0.3,
    )


def _rule(
    chance: random.Random, name: str, models: Sequence[str], family: str, takers: Sequence[Taker]
) -> Rule:
    names = [*(taker.name for taker in takers), "gone"]
    return Rule(
        name,
        tuple(sorted(chance.sample(models, chance.randint(1, len(models))))),
        family,
        for_count=chance.choice((1, 1, 2, 2, 3)),
        for_s=chance.choice((0, 0, 0, 120)),
        resolve_count=chance.choice((1, 1, 3)),
        keep_firing_s=chance.choice((0, 0, 60, 300)),
        patience=_patience(chance) if chance.random() < 0.4 else Patience(),
        channels=tuple(chance.sample(names, chance.choice((1, 1, 2))))
        if chance.random() < 0.3
        else (),
    )


def _patience(chance: random.Random) -> Patience:
    """A few of its own."""

    def one_of(*values: int) -> int | None:
        return chance.choice(values) if chance.random() < 0.4 else None

    return Patience(
        cooldown=one_of(0, 60, 7200),
        repeat=one_of(600, 3600, 28_800),
        reopen_window=one_of(0, 120, 7200),
        rearm_after=one_of(0, 60, 7200),
        group_wait=one_of(0, 5, 30, MOST_WAIT),
        group_interval=one_of(60, 900),
        severity_ups=one_of(0, 1, 5),
        reopenings=one_of(1, 2, 10),
        flaps=one_of(2, 4, 20),
        quiet=one_of(60, 600, 7200),
    )


def walk(seed: int, steps: int) -> Iterator[Step]:
    chance = random.Random(f"walk {seed}")
    ahead = Model(setup(seed), START)
    made = 0
    while made < steps:
        for step in _phase(chance, ahead):
            getattr(ahead, step[0])(*step[1])
            yield step
            made += 1
            if made == steps:
                return


def play(thing: Any, steps: Iterable[Step], check: Check) -> None:
    for step in steps:
        name, arguments = step
        check(thing, step, getattr(thing, name)(*arguments))


def _phase(chance: random.Random, ahead: Model) -> Iterator[Step]:
    """Some time in one mood."""
    interval = chance.choice(INTERVALS)
    mood, flaps = chance.choice(list(MOODS)), chance.random() < 0.25
    people = chance.choice((0.05, 0.3))
    for number in range(chance.randint(3, 25)):
        yield "go_to", (ahead.now + interval,)
        if flaps:
            status = ("breach", chance.choice(SEVERITIES)) if number % 2 else ("ok", None)
            yield "slot", (dict.fromkeys(_pairs(ahead.setup), status),)
        else:
            yield "slot", (_readings(chance, ahead.setup, mood),)
        while chance.random() < people:
            yield _act(chance, ahead)
    yield "go_to", (ahead.now + chance.choice((1, *JUMPS)),)


def _pairs(setup: Setup) -> list[tuple[str, str]]:
    return [(rule.name, model) for rule in setup.rules for model in rule.models]


def _readings(
    chance: random.Random, setup: Setup, mood: str
) -> dict[tuple[str, str], tuple[str, str | None]]:
    bad = chance.choice(SEVERITIES)
    readings = dict[tuple[str, str], tuple[str, str | None]]()
    for pair in _pairs(setup):
        status = chance.choices(STATUSES, MOODS[mood])[0]
        if status == "breach":
            worse = bad if chance.random() < 0.6 else chance.choice(SEVERITIES)
            readings[pair] = status, worse
        elif status == "insufficient_data":
            readings[pair] = chance.choice((status, "no_data", "not_applicable")), None
        elif status != "absent":
            readings[pair] = status, None
    return readings


def _act(chance: random.Random, ahead: Model) -> Step:
    """Something that a person does, mostly to what is there."""
    live = [number for number, it in enumerate(ahead.all) if it.is_live]
    any_of = range(len(ahead.all) + 1)
    incident = chance.choice(live if live and chance.random() < 0.85 else any_of)
    model = chance.choice([model for _, model in _pairs(ahead.setup)])
    rule = chance.choice(ahead.setup.rules)
    edited = _rule(chance, rule.name, rule.models, rule.family, ahead.setup.takers)
    channel = chance.choice(ahead.setup.takers).name
    silences = len(ahead.silences)
    acts: list[tuple[int, Step]] = [
        (8, ("ack", (incident, chance.choice((None, None, 60, 900, 7200))))),
        (4, ("unack", (incident,))),
        (6, ("resolve", (incident,))),
        (4, ("snooze", (incident, chance.choice((30, 600, 3600))))),
        (5, ("silence", (model, chance.choice((None, *FAMILIES)), chance.choice((60, 900, 7200))))),
        (3, ("end_silence", (chance.randrange(silences),)) if silences else ("restart", ())),
        (3, ("manual", (model, chance.choice(("a", "b")), chance.choice(SEVERITIES)))),
        (4, ("edit_rule", (edited,))),
        (4, ("lose", (channel,))),
        (3, ("deliver", (channel,))),
        (4, ("restart", ())),
        (4, ("go_to", (ahead.now + chance.choice(JUMPS),))),
    ]
    # The end of a rule is the end of what it could show.
    if chance.random() < 0.04:
        acts = [
            (2, ("delete_rule", (rule.name,))),
            (2, ("pause_rule", (rule.name,))),
            (2, ("archive", (model,))),
        ]
    return chance.choices([step for _, step in acts], [weight for weight, _ in acts])[0]
