"""A new process at any second: who is told what stays the same, and when it is told to a second."""

import os
import sqlite3
from contextlib import closing
from tempfile import TemporaryDirectory

import pytest
from alert_case import Case
from alert_forty_minutes import DEEDS, DUE, SECONDS, SETTINGS, FortyMinutes
from sqlalchemy import select

from postgres_cluster import memory as in_memory
from tidegauge.catalog import Catalog
from tidegauge.catalog.tables import incidents

EACH = range(1, SECONDS + 1)
_AROUND = [*dict.fromkeys([*DUE.values(), *(second + 1 for second in DUE.values())])]
RESTARTS = [*dict.fromkeys([*_AROUND, *EACH])][: int(os.environ.get("TIDEGAUGE_RESTARTS", "18"))]
"""The seconds of a run that is restarted once; those at which something is due come first."""


@pytest.fixture(scope="module")
def cases():
    """People act by the clock of the case that was last begun."""
    begun = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tidegauge.alert.act.now", lambda _connection: begun[-1].time)
        yield begun


@pytest.fixture(scope="module")
def memory():
    """A directory that is not synced to any disk: no power is lost here."""
    with TemporaryDirectory(prefix="tg-restarts-", dir=in_memory()) as directory:
        yield directory


def begin(url, cases):
    cases.append(Case(Catalog.open(url), SETTINGS))
    return FortyMinutes.of(cases[-1])


@pytest.fixture(scope="module")
def told(memory, cases):
    """By one process that went on all the time."""
    plain = begin(f"sqlite:///{memory}/plain.db", cases)
    plain.go(EACH)
    plain.case.catalog.close()
    return plain.ledger()


def moments(ledger):
    """Seconds at which something happens, those around them, and some at which nothing should."""
    told = {round(at) + near for at, _says in ledger.values() for near in range(-2, 3)}
    return sorted({*told, *DEEDS, *EACH[29::30]} & {*EACH})


def same(found, told):
    assert sorted(told.keys() ^ found.keys()) == []
    for name, (at, says) in found.items():
        assert (name, at, says) == (name, pytest.approx(told[name][0], abs=1), told[name][1])


def copied(catalog, path):
    with closing(sqlite3.connect(catalog)) as source, closing(sqlite3.connect(path)) as made:
        source.backup(made)


def test_restarted_at_any_second_it_tells_the_same(memory, cases, told):
    """Each time from a copy of what was kept until then."""
    seconds = moments(told)
    until = begin(f"sqlite:///{memory}/until.db", cases)
    before = 0
    for restart in sorted(RESTARTS):
        cases.append(until.case)
        until.go(range(before + 1, restart))
        before = restart - 1
        copied(f"{memory}/until.db", f"{memory}/copy.db")
        with closing(Catalog.open(f"sqlite:///{memory}/copy.db")) as catalog:
            cases.append(until.case.beside(catalog))
            again = FortyMinutes(cases[-1], until.begun)
            again.go(sorted({restart, *(at for at in seconds if at > restart)}), {restart})
            same(again.ledger(), told)
    until.case.catalog.close()


def test_restarted_at_one_second_after_the_other_it_tells_the_same(url, cases, told):
    restarts = {*_AROUND, *RESTARTS}
    restless = begin(url, cases)
    restless.go(sorted({*moments(told), *restarts}), restarts)
    same(restless.ledger(), told)
    restless.case.catalog.close()


@pytest.mark.parametrize(
    "what", ["cooldown_until", "next_escalation_at", "snoozed_until", "suppressed"]
)
def test_a_process_that_kept_it_to_itself_would_be_found_out(
    memory, cases, told, what, monkeypatch
):
    start = Case.start

    def forgetful(case):
        case.catalog.write(lambda connection: forget(connection, what))
        start(case)

    monkeypatch.setattr(Case, "start", forgetful)
    restless = begin(f"sqlite:///{memory}/{what}.db", cases)
    restless.go(sorted({*moments(told), *_AROUND}), set(_AROUND))
    with pytest.raises(AssertionError):
        same(restless.ledger(), told)
    restless.case.catalog.close()


def forget(connection, what):
    for row in connection.execute(select(incidents.c.id, incidents.c.body)).all():
        for holder in (row.body, *row.body["told"].values()):
            if what in holder:
                holder[what] = 0 if what == "suppressed" else None
        changed = incidents.update().where(incidents.c.id == row.id).values(body=row.body)
        connection.execute(changed)
