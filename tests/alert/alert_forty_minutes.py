"""Forty minutes in which all that waits for its time falls due: what happens at which second, and
who was told what, and when."""

from collections import Counter
from collections.abc import Mapping
from functools import partial

from tidegauge.alert.act import Said, act, raise_manually
from tidegauge.alert.notice import unpacked
from tidegauge.alert.settings import Settings
from tidegauge.catalog import models, silences
from tidegauge.catalog.silences import Silence

SECOND = 1_000_000
SECONDS = 2_400
# No two of them are a multiple of the other: what falls due does not fall due together.
SETTINGS = Settings(
    cooldown_s=707,
    cooldown_low_s=1009,
    repeat_s=619,
    repeat_critical_s=409,
    reopen_window_s=643,
    rearm_s=331,
    group_interval_s=131,
    quiet_s=503,
    digest_s=251,
    digest_critical_s=191,
)
LEVELS = [
    {"after_minutes": 4, "channels": ["all"], "severity": "medium"},
    {"after_minutes": 9, "channels": ["all", "pages"], "severity": "high"},
    {"after_minutes": 21, "channels": ["pages"], "severity": "critical"},
]
CLIMBED = "alone|awaited|silenced|again"


def severity_of(model, at):
    """What the latency of a model is read as."""
    match model:
        case "alone":
            return "critical" if at >= 1080 else "medium"
        case "again":
            # Over by itself, and back within its cooldown.
            return "ok" if 360 <= at < 900 else "high"
        case "over":
            return "medium" if at < 700 else "ok"
        case "failing":
            return "error" if at >= 420 else "ok"
    return "medium"


READ = (
    "alone",
    "awaited",
    "silenced",
    "windowed",
    "snoozed",
    "again",
    "over",
    "rearmed",
    "failing",
)
STORM = tuple(f"storm-{number}" for number in range(7))
LATE = tuple(f"late-{number}" for number in range(6))
SAID = ("brief", "restless", *STORM, *LATE)

DUE = {
    "a group is told": 150,
    "a silence begins": 217,
    "somebody climbs a ladder": 360,
    "a digest has waited long enough": 360,
    "a resolved one is armed again": 632,
    "a digest has room": 701,
    "a reminder": 719,
    "nobody came back to what was acknowledged": 817,
    "a maintenance window ends": 845,
    "a snooze ends": 911,
    "a silence ends": 983,
    "a cooldown ends": 1008,
    "nothing has flapped for a while": 1074,
    "a silence that was made before begins": 1103,
    "a sign of life": 1260,
    "a critical reminder": 1489,
    "the second silence ends": 1509,
    "what is over is closed": 1663,
    "the last level": 2220,
}


class FortyMinutes:
    def __init__(self, case, begun):
        self.case, self.begun = case, begun

    @classmethod
    def of(cls, case):
        """From their beginning."""
        case.channel("all", kind="console", cap=10_000, updates=True, min_severity="low")
        case.channel("few", kind="console", cap=3, cap_window_s=601, min_severity="low")
        case.channel("pages", kind="pagerduty", routing_key="0" * 32, cap=10_000)
        case.channel("signs", kind="console", heartbeat=True, kinds=["heartbeat"])
        case.catalog.write(lambda c: models.ensure(c, "default", (*READ, *SAID), case.time))
        case.ladder("night", matchers=[f"model=~{CLIMBED}"], levels=LEVELS)
        return cls(case, case.time)

    def go(self, seconds, restarts=()):
        """One after the other; what is at a second in `restarts` is met by a new process."""
        for second in seconds:
            self.case.time = self.begun + second * SECOND
            if second in restarts:
                self.case.start()
            self._happens(second)
            self.case.alerting.step()

    def _happens(self, second):
        if second % 60 == 0:
            told = {(model, "latency"): severity_of(model, second) for model in READ}
            if second >= 600:
                # A second condition of an incident: an update, in its time.
                told["alone", "error rate"] = "medium"
            self.case.judge(told)
        for deed in DEEDS.get(second, ()):
            deed(self)

    def act(self, model, what):
        there = [row for row in self.case.incidents() if row.model == model]
        name = max(there, key=lambda row: row.opened_at).id
        act(self.case.catalog, self.case.settings, name, what)

    def ack(self, model, until=None):
        expires = None if until is None else self.begun + until * SECOND
        self.act(model, lambda machine, one: machine.ack(one, "ann", expires))

    def unack(self, model):
        self.act(model, lambda machine, one: machine.unack(one, "ann"))

    def snooze(self, model, until):
        end = self.begun + until * SECOND
        self.act(model, lambda machine, one: machine.snooze(one, end, "ann"))

    def resolve(self, model):
        self.act(model, lambda machine, one: machine.resolve(one, "ann"))

    def raises(self, model, severity="high"):
        said = Said(model, "it looks wrong", severity)
        raise_manually(self.case.catalog, self.case.settings, "default", said, "ann")

    def silence(self, model, first, last, *, each_day=False):
        start, stop = self.begun + first * SECOND, self.begun + last * SECOND
        daily = {"rule": "FREQ=DAILY", "timezone": "UTC", "first": start, "lasts": stop - start}
        made = Silence(
            id=0,
            tenant="default",
            kind="maintenance" if each_day else "silence",
            matchers=[f"model={model}"],
            start=start,
            stop=stop,
            comment="it is known",
            created_at=self.case.time,
            created_by="ann",
            recurs=daily if each_day else None,
        )
        self.case.catalog.write(lambda c: silences.add(c, made))

    def ledger(self):
        """By what makes a notice one: the second that it was made at, and what it says."""
        numbers = Counter()
        subjects = {"": ()}
        for row in sorted(self.case.incidents(), key=lambda row: row.opened_at):
            numbers[row.model, row.family] += 1
            subjects[row.id] = row.model, row.family, numbers[row.model, row.family]
        found = {}
        for row in self.case.notices():
            name = (*subjects[row.incident], row.channel, row.kind, row.seq)
            assert name not in found
            notice = unpacked(row.body)
            digest = notice.digest and (dict(notice.digest.by_model), notice.digest.more)
            says = (row.status, row.severity, notice.suppressed, notice.unanswered_minutes, digest)
            found[name] = (row.made_at - self.begun) / SECOND, says
        return found


DEEDS: Mapping[int, list] = {
    10: [lambda it: it.silence("windowed", 205, 845, each_day=True)],
    # Over before its group is told.
    33: [lambda it: it.raises("brief")],
    51: [lambda it: it.resolve("brief")],
    # More than one channel takes in its window.
    **{70 + 3 * number: [partial(FortyMinutes.raises, model=m)] for number, m in enumerate(STORM)},
    217: [lambda it: it.silence("silenced", 217, 983)],
    223: [lambda it: it.ack("awaited", 817)],
    229: [lambda it: it.snooze("snoozed", 911)],
    301: [lambda it: it.resolve("rearmed")],
    # Back and forth, until it is called flapping; then quiet.
    **{331 + 60 * number: [lambda it: it.raises("restless", "medium")] for number in range(5)},
    **{352 + 60 * number: [lambda it: it.resolve("restless")] for number in range(4)},
    # In force when it begins, and not when it is made.
    1013: [lambda it: it.silence("awaited", 1103, 1509)],
    1201: [lambda it: it.raises(STORM[0], "critical")],
    1507: [lambda it: it.ack("snoozed")],
    1811: [lambda it: it.unack("snoozed")],
    **{1901 + number: [partial(FortyMinutes.raises, model=m)] for number, m in enumerate(LATE)},
}
