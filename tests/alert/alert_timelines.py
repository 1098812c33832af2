"""Random time-lines of alerts, played to tidegauge's machine and to a real Alertmanager.

A time-line is counted in slots: what fires and ends does so at a slot, and both look at it half a
slot later, so that a busy machine has time to bring the one before the other.  tidegauge's slots
are minutes of a virtual clock, Alertmanager's are `SLOT_S` seconds on the wall.
"""

import json
import random
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from alert_driver import SECOND, Product
from alert_model import Rule, Setup, Taker

from alertmanager_server import Alertmanager
from tidegauge.alert.settings import Settings

SLOT_S = 0.75
WAIT, INTERVAL, REPEAT = 2.5, 4, 12
"""In slots: `group_wait`, `group_interval`, and the time until what was said is said again."""
SLOTS = 31
"""In which something happens."""
END = 35.25
"""Until when notices are awaited.  Alertmanager forgets groups that are empty 30 s after it has
begun, and until then goes on with their intervals: all is over before that."""
EARLY_S = 0.2
"""Alertmanager counts from the end of its sending, and repeats what is older than its
`repeat_interval` when it looks: one of three intervals would be told after four."""
OUTAGE = 27
"""The slot until which the deaf receiver refuses all: two intervals after Alertmanager has given
up what it began to send within the first slots."""

MINUTE = 60
START = 1_000_020
MARGIN_S = SLOT_S * 0.4
"""By so much what happens at a slot may come late, and is there before either looks."""

CONFIG = f"""
route:
  receiver: heard
  group_by: [model]
  group_wait: {round(WAIT * SLOT_S * 1000)}ms
  group_interval: {round(INTERVAL * SLOT_S * 1000)}ms
  repeat_interval: {round((REPEAT * SLOT_S - EARLY_S) * 1000)}ms
  routes:
    - {{receiver: deaf, matchers: ['ear="deaf"']}}
receivers:
  - {{name: heard, webhook_configs: [{{url: 'http://127.0.0.1:PORT/heard', send_resolved: true}}]}}
  - {{name: deaf, webhook_configs: [{{url: 'http://127.0.0.1:PORT/deaf', send_resolved: true}}]}}
"""


@dataclass(frozen=True)
class Line:
    """The alerts of one model."""

    model: str
    firing: tuple[frozenset[str], ...]
    """Those that fire, by slot."""
    ear: str = "well"

    @property
    def first(self):
        return next(slot for slot, names in enumerate(self.firing) if names)

    @property
    def names(self):
        return sorted(frozenset().union(*self.firing))

    def look(self, slot):
        """Which look of Alertmanager's is the next: the first is after `WAIT`."""
        return -int((self.first + WAIT - slot) // INTERVAL)

    @property
    def is_joined(self):
        """Does an alert join in before the first look?"""
        gathered = self.firing[self.first + 1 : self.first + 3]
        return any(names - self.firing[self.first] for names in gathered)

    @property
    def last_look(self):
        """The last that both have surely come to."""
        return self.look(END - INTERVAL)


@dataclass(frozen=True)
class Said:
    look: int
    kind: str
    names: frozenset[str]
    """The alerts that fire."""


def a_line(chance: random.Random, model: str) -> Line:
    """Alerts that come and go.

    What ends stays away for longer than an interval, and what comes later or comes back stays as
    long; what was over before anybody was told stays away for good.
    """
    names = "abcd"[: chance.randint(1, 4)]
    begin = chance.randint(0, 7)
    rise, fall = chance.choice((0.05, 0.3)), chance.choice((0.02, 0.15, 0.4))
    ended = dict.fromkeys(names, -INTERVAL - 1)
    began = dict.fromkeys(names, 0)
    all_ended, fired = -INTERVAL - 1, None
    now: set[str] = set()
    firing = []
    for slot in range(SLOTS):
        before = set(now)
        for name in sorted(before):
            is_gathered = ended[name] < 0 and fired is not None and slot - fired < WAIT
            is_seen = is_gathered or slot - began[name] > INTERVAL
            if is_seen and chance.random() < fall:
                now.remove(name)
                ended[name] = slot
        is_away = not before and slot - all_ended <= INTERVAL
        is_over = not before and fired is not None and all_ended - fired < WAIT
        if slot >= begin and not is_away and not is_over:
            for name in names:
                is_free = name not in before and slot - ended[name] > INTERVAL
                if is_free and ((slot == begin and name == names[0]) or chance.random() < rise):
                    now.add(name)
                    began[name] = slot
                    fired = slot if fired is None else fired
        if before and not now:
            all_ended = slot
        firing.append(frozenset(now))
    return Line(model, tuple(firing))


def a_deaf_line(chance: random.Random, model: str) -> Line:
    """One alert that fires and ends while its receiver refuses all."""
    begin = chance.randint(0, 3)
    end = begin + chance.randint(3, 6)
    return Line(
        model,
        tuple(frozenset("a" if begin <= slot < end else "") for slot in range(SLOTS)),
        ear="deaf",
    )


# tidegauge.


def notices_of(line: Line) -> list:
    """All that tidegauge makes, and when, in seconds since the first slot."""
    rules = tuple(
        Rule(name, (line.model,), "quality", for_count=1, resolve_count=1, keep_firing_s=0)
        for name in line.names
    )
    taker = Taker("hook", updates=True, cap=1000)
    product = Product(Setup(rules=rules, takers=(taker,)), START)
    product.settings = Settings(
        group_wait_s=round(WAIT * MINUTE),
        group_interval_s=INTERVAL * MINUTE,
        repeat_s=REPEAT * MINUTE,
        cooldown_s=0,
        reopen_window_s=SLOTS * MINUTE,
        flapping_reopened=1000,
        flapping_moved=1000,
    )
    for slot, names in enumerate(line.firing):
        product.go_to(START + slot * MINUTE)
        product.slot(
            {
                (each, line.model): ("breach", "high") if each in names else ("ok", None)
                for each in line.names
            }
        )
    product.go_to(START + round(END * MINUTE))
    return [(row.at / SECOND - START, row.notice) for row in product.rows.values()]


def said_by_tidegauge(line: Line) -> list[Said]:
    """What it comes to for one who looks as seldom as Alertmanager.

    All that is said between two looks is one thing, or nothing where it began and ended.
    """
    by_look = defaultdict(list)
    for second, notice in notices_of(line):
        by_look[line.look(second / MINUTE)].append(notice)
    said, was_open = [], False
    for look, notices in sorted(by_look.items()):
        last = notices[-1]
        is_open = last.kind != "resolved"
        kinds = {notice.kind for notice in notices}
        if is_open and was_open:
            # What we have told of by a reminder that came first is to Alertmanager an update.
            is_news = names_of(last) != said[-1].names
            kind = "update" if "update" in kinds or is_news else last.kind
        elif is_open or was_open:
            kind = "open" if is_open else "resolved"
        else:
            continue
        names = names_of(last) if is_open else frozenset()
        said.append(Said(look, kind, names))
        was_open = is_open
    return said


def names_of(notice):
    return frozenset(each.monitor for each in notice.findings)


# Alertmanager.


class Played:
    """All time-lines at once, to one Alertmanager, as time goes by."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.heard: list[tuple[float, dict]] = []
        """When, in seconds since the first slot, and what."""
        self.refused = 0
        """How often the deaf receiver was tried."""
        self.late_s = 0.0
        """The longest that Alertmanager had to wait for what happened at a slot."""
        self.serve()

    def serve(self):
        played = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(played.hear(self.path, body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 1024

        listener = Quiet(("127.0.0.1", 0), Handler)
        threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        server = Alertmanager(CONFIG.replace("PORT", str(listener.server_address[1])))
        try:
            self.play(server)
        finally:
            server.stop()
            listener.shutdown()
            listener.server_close()

    def hear(self, path, body):
        now = time.monotonic() - self.start
        if path == "/deaf" and now < OUTAGE * SLOT_S:
            self.refused += 1
            return 503
        self.heard.append((now, body))
        return 200

    def play(self, server):
        self.start = time.monotonic() + 0.1
        began: dict[tuple[str, str], str] = {}
        for slot in range(SLOTS):
            self.wait_for(slot)
            changes = [change for line in self.lines for change in self.changes(line, slot, began)]
            if changes:
                server.http.post("/api/v2/alerts", json=changes).raise_for_status()
            self.late_s = max(self.late_s, time.monotonic() - self.start - slot * SLOT_S)
        self.wait_for(END)

    def wait_for(self, slot):
        time.sleep(max(self.start + slot * SLOT_S - time.monotonic(), 0))

    def changes(self, line, slot, began):
        now = datetime.now(UTC).isoformat()
        before = line.firing[slot - 1] if slot else frozenset()
        for name in sorted(before ^ line.firing[slot]):
            labels = {"alertname": name, "model": line.model, "ear": line.ear}
            if name in before:
                yield {"labels": labels, "startsAt": began[line.model, name], "endsAt": now}
            else:
                began[line.model, name] = now
                end = datetime.fromtimestamp(time.time() + 3600, UTC).isoformat()
                yield {"labels": labels, "startsAt": now, "endsAt": end}

    def said(self) -> dict[str, list[Said]]:
        """By model, in the order of its saying."""
        there = {line.model: line for line in self.lines}
        said = defaultdict(list)
        told: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        for second, body in sorted(self.heard, key=lambda each: each[0]):
            line = there[body["groupLabels"]["model"]]
            now = {status: self.names(body, status) for status in ("firing", "resolved")}
            firing, resolved = now["firing"], now["resolved"]
            was_firing, was_resolved = told.get(line.model, (frozenset(), frozenset()))
            if not firing:
                kind = "resolved"
            elif not was_firing:
                kind = "open"
            else:
                is_news = not (firing <= was_firing and resolved <= was_resolved)
                kind = "update" if is_news else "reminder"
            told[line.model] = firing, resolved
            # A notice comes late, never early, and belongs to the look before it.
            look = line.look((second + MARGIN_S) / SLOT_S) - 1
            said[line.model].append(Said(look, kind, firing))
        return said

    def names(self, body, status):
        alerts = (each for each in body["alerts"] if each["status"] == status)
        return frozenset(each["labels"]["alertname"] for each in alerts)
