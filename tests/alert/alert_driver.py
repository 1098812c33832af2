"""The product's machine under the interface that its independent model has, without a database or
with one: both are taken through the same random lives and have to say the same."""

from alert_model import Setup
from sqlalchemy import select

from tidegauge.alert import store
from tidegauge.alert.book import Book, Rungs, Silence, Taker
from tidegauge.alert.condition import Alert, Rule, Seen
from tidegauge.alert.due import due_at
from tidegauge.alert.errors import ConflictError
from tidegauge.alert.feed import ERROR
from tidegauge.alert.ids import key_of
from tidegauge.alert.incident import Level
from tidegauge.alert.machine import Machine
from tidegauge.alert.matchers import parse
from tidegauge.alert.settings import Settings
from tidegauge.alert.suppression import Suppression
from tidegauge.catalog import Catalog, alerts, incidents, tables

SECOND = 1_000_000
TENANT = "default"


def patience_of(said):
    """By the names of the settings."""
    own = {
        "cooldown_s": said.cooldown,
        "cooldown_low_s": said.cooldown,
        "repeat_s": said.repeat,
        "repeat_critical_s": said.repeat,
        "reopen_window_s": said.reopen_window,
        "rearm_s": said.rearm_after,
        "group_wait_s": said.group_wait,
        "group_interval_s": said.group_interval,
        "severity_ups": said.severity_ups,
        "flapping_reopened": said.reopenings,
        "flapping_moved": said.flaps,
        "quiet_s": said.quiet,
    }
    return {name: value for name, value in own.items() if value is not None}


def limit_of(said):
    return Suppression(
        alert_type=said.family,
        severity=said.severity,
        model=None if said.models is None else "|".join(said.models),
        each_model=said.each_model,
        max_alerts=said.most,
        window_seconds=said.window_s,
    ).limit()


class Product:
    """In memory: what a transaction would read is what the one before has left."""

    def __init__(self, setup: Setup, start: int = 1_000_000) -> None:
        self.setup, self.now = setup, start
        self.settings = Settings()
        self.rules = {rule.name: rule for rule in setup.rules}
        self.paused: dict[str, str] = {}
        self.archived: set[str] = set()
        self.quiet: list[tuple[list, int]] = []
        self.order: list[str] = []
        self.rows: dict[str, object] = {}
        self.book = Book()

    # Time.

    def go_to(self, to):
        last, same = None, 0
        while (due := self.next_due()) is not None and due <= to:
            same = same + 1 if due == last else 0
            assert same < 5, f"what is due at {due} stays due"
            last, self.now = due, max(due, self.now)
            self.do(lambda machine: machine.settle())
        self.now = to
        self.do(lambda machine: machine.settle())

    def next_due(self):
        book = self.book
        times = [due_at(each, self.settings) for each in book.incidents.values()]
        times += [a.rearm_at for a in book.alerts.values() if a.state == "firing"]
        times.append(Machine(book, self.settings, self.now * SECOND).tell.next_digest_at())
        ends = [end for _matchers, end in self.quiet if end > self.now]
        found = [-(-each // SECOND) for each in times if each is not None] + ends
        return min(found, default=None)

    # Readings.

    def slot(self, readings):
        rules = {name: rule for name, rule in self.rules.items() if name not in self.paused}

        def feed(machine):
            fed = []
            there = {
                pair: told
                for pair, told in readings.items()
                if pair[0] in rules
                and pair[1] in rules[pair[0]].models
                and pair[1] not in self.archived
            }
            for (name, model), told in there.items():
                fed += self.told(machine.book, rules[name], model, *told)
            reported = {name for name, _model in there}
            known = {
                (alert.rule.removeprefix(f"{ERROR}:"), alert.model)
                for alert in machine.book.alerts.values()
            }
            for name, model in known - there.keys():
                if name in reported and model not in self.archived:
                    fed += self.told(machine.book, rules[name], model, None, None)
            machine.slot(fed)

        self.do(feed)

    def told(self, book, rule, model, status, severity):
        """To the condition, and to that of its monitor's errors."""
        alert = self.alert(book, rule.name, model, rule.family)
        own = self.alert(book, f"{ERROR}:{rule.name}", model, "ops")
        how = Rule(
            for_count=rule.for_count,
            for_s=rule.for_s,
            resolve_count=rule.resolve_count,
            keep_firing_s=rule.keep_firing_s,
            patience=patience_of(rule.patience),
            channels=rule.channels,
        )
        if status is None:
            return [(alert, None, how), (own, None, Rule(for_count=1))]
        seen = Seen(status="ok")
        if status == "error":
            is_often = alert.errors + 1 >= self.settings.errors
            is_breach = is_often or own.state != "inactive"
            seen = Seen(status="breach", severity="medium") if is_breach else Seen(status="no_data")
        return [
            (alert, Seen(status=status, severity=severity), how),
            (own, seen, Rule(for_count=1)),
        ]

    def alert(self, book, rule, model, family):
        name = key_of(TENANT, rule, model, "", "")
        if name not in book.alerts:
            book.add_alert(
                Alert(fingerprint=name, tenant=TENANT, rule=rule, model=model, family=family)
            )
        return book.alerts[name]

    # People.

    def ack(self, incident, expires_s=None):
        until = None if expires_s is None else (self.now + expires_s) * SECOND
        return self.act(incident, lambda machine, it: machine.ack(it, "ann", until))

    def unack(self, incident):
        return self.act(incident, lambda machine, it: machine.unack(it, "ann"))

    def resolve(self, incident):
        return self.act(incident, lambda machine, it: machine.resolve(it, "ann"))

    def snooze(self, incident, seconds):
        until = (self.now + seconds) * SECOND
        return self.act(incident, lambda machine, it: machine.snooze(it, until, "ann"))

    def act(self, number, what):
        if not 0 <= number < len(self.order):
            return "not-found"
        try:
            self.do(lambda machine: what(machine, self.find(machine, self.order[number])))
        except ConflictError:
            return "state-conflict"
        return "ok"

    def find(self, machine, name):
        return machine.book.incidents[name]

    def silence(self, model, family, seconds):
        matchers = [parse(f'model="{model}"')]
        if family is not None:
            matchers.append(parse(f'family="{family}"'))
        self.quiet.append((matchers, self.now + seconds))
        self.do(lambda machine: machine.settle())
        return len(self.quiet) - 1

    def end_silence(self, number):
        matchers, end = self.quiet[number]
        self.quiet[number] = matchers, min(end, self.now)
        self.do(lambda machine: machine.settle())

    def manual(self, model, title, severity):
        made = []
        self.do(lambda machine: made.append(machine.manual(TENANT, model, title, severity).id))
        return self.order.index(made[0])

    def delete_rule(self, name):
        self.paused[name] = "rule_deleted"
        self.end_of(lambda alert: alert.rule in (name, f"{ERROR}:{name}"), "rule_deleted")

    def pause_rule(self, name):
        self.paused[name] = "rule_paused"
        self.end_of(lambda alert: alert.rule in (name, f"{ERROR}:{name}"), "rule_paused")

    def edit_rule(self, rule):
        self.rules[rule.name] = rule

    def lose(self, channel):
        self.do(lambda machine: machine.channel(TENANT, channel, "it refuses"))

    def deliver(self, channel):
        self.do(lambda machine: machine.channel(TENANT, channel, ""))

    def archive(self, model):
        self.archived.add(model)
        self.end_of(lambda alert: alert.model == model, "model_archived")

    def end_of(self, which, reason):
        def end(machine):
            machine.end([a for a in machine.book.alerts.values() if which(a)], reason)

        self.do(end)

    def restart(self):
        pass

    # What a transaction is.

    def do(self, what):
        book = self.book
        self.furnish(book)
        what(Machine(book, self.settings, self.now * SECOND))
        self.keep(book)
        book.made, book.told, book.events = [], [], []

    def furnish(self, book):
        book.takers = {
            TENANT: [
                Taker(
                    name=each.name,
                    kind=each.kind,
                    min_severity=each.min_severity,
                    updates=each.updates,
                    cap=each.cap,
                    cap_window_s=each.cap_window_s,
                    suppression=[limit_of(rule) for rule in each.suppression],
                )
                for each in self.setup.takers
            ]
        }
        levels = [
            Level(after_s=each.after_s, channels=each.channels, severity=each.severity)
            for each in self.setup.ladder
        ]
        book.ladders = {TENANT: [Rungs([], levels)]} if levels else {}
        book.silences = {
            TENANT: [
                Silence(number, matchers)
                for number, (matchers, end) in enumerate(self.quiet)
                if end > self.now
            ]
        }

    def keep(self, book):
        self.order += [name for name in book.incidents if name not in self.order]
        for row in [*book.made, *book.told]:
            self.rows[row.id] = row

    # What is seen.

    def alerts(self):
        there = (each for each in self.book.alerts.values() if each.state != "inactive")
        return {(self.name_of(each), each.model): each.state for each in there}

    def name_of(self, alert):
        return alert.rule if alert.family != "manual" else f"manual:{alert.title}"

    def incidents(self):
        return [self.seen(self.book.incidents[name]) for name in self.order]

    def seen(self, it):
        return {
            "model": it.model,
            "family": it.family,
            "state": it.state,
            "severity": it.severity,
            "severity_peak": it.severity_peak,
            "reopen_count": it.reopen_count,
            "flapping": it.flapping,
            "escalation_level": it.escalation_level,
            "reason": it.reason,
            "resolved_by": it.resolved_by if it.resolved_by in ("", "auto") else "user",
            "suppressed": it.suppressed,
        }

    def notices(self):
        return [
            (
                self.order.index(row.incident) if row.incident else None,
                row.channel,
                row.kind,
                row.seq,
                row.status,
                row.at // SECOND,
            )
            for row in self.rows.values()
        ]


class Kept(Product):
    """In a catalog: each step is a transaction that reads what it needs and writes what it made."""

    def __init__(self, setup: Setup, catalog: Catalog, start: int = 1_000_000) -> None:
        super().__init__(setup, start)
        self.catalog = catalog

    def do(self, what):
        def write(connection):
            loaded = store.everything(connection, self.now * SECOND)
            self.furnish(loaded.book)
            # The channels are the test's, and not the catalog's.
            store.add_sent(connection, loaded.book, self.now * SECOND)
            what(Machine(loaded.book, self.settings, self.now * SECOND))
            self.keep(loaded.book)
            loaded.save(connection, self.settings)
            self.book = loaded.book

        self.catalog.write(write)

    def find(self, machine, name):
        if name not in machine.book.incidents:
            # The catalog reads what can still change; of the others the interface says so.
            raise ConflictError("the incident is closed", "closed")
        return machine.book.incidents[name]

    def notices(self):
        """As the catalog has them."""
        with self.catalog.read() as connection:
            rows = connection.execute(select(tables.notices).order_by(tables.notices.c.id))
            return [
                (
                    self.order.index(row.incident) if row.incident else None,
                    row.channel,
                    row.kind,
                    row.seq,
                    row.status,
                    row.made_at // SECOND,
                )
                for row in rows
            ]

    def incidents(self):
        with self.catalog.read() as connection:
            rows = {row.id: row for row in connection.execute(select(tables.incidents))}
        return [self.seen(store.incident_of(rows[name].body)) for name in self.order]

    def alerts(self):
        with self.catalog.read() as connection:
            there = [store.alert_of(row.body) for row in alerts.all_of(connection)]
        return {(self.name_of(a), a.model): a.state for a in there if a.state != "inactive"}

    def folded(self):
        """What the events of each incident come to, and what its row says."""
        with self.catalog.read() as connection:
            for name in self.order:
                fold = {}
                for event in incidents.events(connection, name):
                    fold |= event.detail.get("set", {})
                yield fold, incidents.get(connection, name).body
