"""Reports go out by the calendar, each once, to a real server of mail."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from series_api import DAYS, HOURS, history
from worker_case import START

sys.path.append(str(Path(__file__).parent.parent / "channels"))

from channel_mail import post_office
from channel_server import LOOPBACK

from tidegauge.alert.reach import Reach
from tidegauge.alert.recurrence import micros, moment
from tidegauge.alert.schedule import Schedule
from tidegauge.alert.settings import Settings
from tidegauge.catalog import channels, notices, reports
from tidegauge.worker.delivering import Delivering

WEEKLY = {"models": ["m"], "channels": ["mail"], "days": 2}
NOON = START + DAYS


@pytest.fixture
def post():
    with post_office(auth_require_tls=False) as office:
        yield office


@pytest.fixture
def mailed(api, post):
    """A model with some days, and a channel of mail."""
    history(api, hours=30)
    document = {
        "kind": "email",
        "host": "127.0.0.1",
        "port": post.port,
        "mode": "none",
        "sender": "tidegauge@example.com",
        "to": ["team@example.com"],
    }
    api.case.catalog.write(
        lambda c: channels.add(c, "default", "mail", document, origin="api", at=START, by="test")
    )
    return api


def put(api, name="weekly", status=200, **changes):
    return api.ask("PUT", f"reports/{name}", status=status, json={**WEEKLY, **changes})


def delivered(api, port):
    reach = Reach(
        networks=(LOOPBACK,), hosts=frozenset({"127.0.0.1"}), mail_ports=frozenset({port})
    )
    sender = Delivering(api.case.catalog, reach, lambda: now(api), Settings())

    async def deliver():
        while await sender.round():
            await asyncio.wait(sender._tasks)

    asyncio.run(deliver())


def now(api):
    from tidegauge.alert import act

    with api.case.catalog.read() as connection:
        return act.now(connection)


def queued(api):
    with api.case.catalog.read() as connection:
        return notices.waited_for(connection)


class TestTheCalendar:
    def test_a_letter_holds_the_page(self, mailed, post):
        shown = put(mailed)
        assert datetime.fromisoformat(shown["next_at"]).astimezone(UTC).weekday() == 0
        assert shown["last_at"] is None
        assert mailed.application.reporting.step() == 0
        mailed.ask("POST", "reports/weekly/send", status=202)
        assert mailed.application.reporting.step() == 1
        delivered(mailed, post.port)
        (letter,) = post.letters
        assert "m, " in letter["Subject"]
        (page,) = letter.iter_attachments()
        assert page.get_filename().startswith("m_")
        assert "data-chart" in page.get_content()
        after = mailed.get("reports/weekly")
        assert after["last_at"] is not None
        assert after["failure"] == ""
        assert after["next_at"] == shown["next_at"]

    def test_each_goes_out_once(self, mailed):
        put(mailed)
        mailed.ask("POST", "reports/weekly/send", status=202)
        reporting = mailed.application.reporting
        with mailed.case.catalog.read() as connection:
            (first,) = reports.due(connection, now(mailed))
        assert reporting._made(*first, now(mailed))
        # Another process has read the same a moment before.
        assert not reporting._made(*first, now(mailed))
        assert reporting.step() == 0
        with mailed.case.catalog.read() as connection:
            assert len(notices.waiting(connection, "default", "mail")) == 1

    def test_each_turn_is_another_one(self, mailed, post):
        put(mailed)
        for _turn in range(3):
            mailed.ask("POST", "reports/weekly/send", status=202)
            mailed.application.reporting.step()
        delivered(mailed, post.port)
        assert len(post.letters) == 3

    def test_what_is_erased_is_in_no_report(self, mailed):
        history(mailed, hours=2, model="other")
        put(mailed, models=["m", "other"])
        mailed.ask("POST", "reports/weekly/send", status=202)
        mailed.application.reporting.step()
        etag = mailed.key("read").get("models/other").headers["ETag"]
        mailed.ask(
            "DELETE",
            "models/other",
            status=204,
            role="admin",
            params={"erase": True},
            headers={"If-Match": etag},
        )
        with mailed.case.catalog.read() as connection:
            (left,) = notices.waiting(connection, "default", "mail")
            assert notices.get(connection, left.id).body["model"] == "m"

    def test_one_that_is_off_says_nothing(self, mailed):
        put(mailed, enabled=False)
        mailed.ask("POST", "reports/weekly/send", status=202)
        mailed.application.reporting.step()
        assert queued(mailed) == []

    def test_names_may_be_patterns(self, mailed):
        put(mailed, models=["*"])
        mailed.ask("POST", "reports/weekly/send", status=202)
        mailed.application.reporting.step()
        assert len(queued(mailed)) == 1
        put(mailed, name="none", models=["nobody-*"])
        mailed.ask("POST", "reports/none/send", status=202)
        mailed.application.reporting.step()
        assert mailed.get("reports/none")["failure"] == "no model has such a name"


class TestWhatIsWritten:
    def test_it_is_listed_changed_and_removed(self, mailed):
        put(mailed)
        (one,) = mailed.get("reports")
        assert one["document"]["models"] == ["m"]
        etag = mailed.key("read").get("reports/weekly").headers["ETag"]
        headers = {"If-Match": etag}
        put(mailed, at="09:30")
        mailed.ask("PUT", "reports/weekly", status=412, json=WEEKLY, headers=headers)
        assert mailed.get("reports", tenant="other") == []
        mailed.get("reports/weekly", tenant="other", status=404)
        mailed.ask("DELETE", "reports/weekly", status=204)
        mailed.get("reports/weekly", status=404)

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"channels": ["nobody"]}, "/channels/0"),
            ({"channels": []}, "/channels"),
            ({"rule": "FREQ=HOURLY"}, ""),
            ({"timezone": "Mars/Olympus"}, ""),
            ({"at": "25:00"}, "/at"),
            ({"days": 0}, "/days"),
            ({"more": 1}, "/more"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, mailed, changes, pointer):
        said = put(mailed, status=422, **changes)
        assert pointer in {each["pointer"] for each in said["errors"]}

    def test_nobody_is_woken_up_by_a_report(self, mailed):
        pager = {"kind": "pagerduty", "routing_key": "0" * 32}
        mailed.case.catalog.write(
            lambda c: channels.add(c, "default", "pager", pager, origin="api", at=1, by="test")
        )
        said = put(mailed, status=422, channels=["pager"])
        assert "nothing to wake up for" in said["errors"][0]["detail"]


@given(
    st.integers(micros("2024-06-01T00:00Z"), micros("2030-01-01T00:00Z")),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
    st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY;BYMONTHDAY=-1"]),
)
def test_the_next_is_the_first_that_the_rule_names(at, zone, rule):
    schedule = Schedule(models=["m"], channels=["c"], timezone=zone, rule=rule, at="07:15")
    due = schedule.due_after(at)
    local = moment(due).astimezone(ZoneInfo(zone))
    assert (local.hour, local.minute) == (7, 15)
    assert at < due < at + 32 * DAYS
    start, stop = schedule.span_of(due)
    assert stop <= due < stop + DAYS
    assert (stop - start) % DAYS == 0
    if rule == "FREQ=DAILY":
        assert due - at <= 25 * HOURS
    elif "WEEKLY" in rule:
        assert local.weekday() in {0, 3}
    else:
        assert moment(due + DAYS).astimezone(ZoneInfo(zone)).day == 1
