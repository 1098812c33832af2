"""The model of alerts and incidents, row by row of its tables: the judge must be right itself.

A late reading (A11) is never fed to it, so that row has no story here.
"""

from dataclasses import replace
from itertools import pairwise

import pytest
from alert_invariants import Watch, Watched
from alert_model import Level, Model, Rule, Setup, Suppression, Taker
from alert_steps import START, play, setup, walk

QUICK = Rule("drift", ("m",), "drift", for_count=1, resolve_count=1, keep_firing_s=0)
HOOK = Taker("hook")
PAGER = Taker("pager", kind="pagerduty")
MINUTE, HOUR, DAY = 60, 3600, 86_400


def begun(*rules, takers=(HOOK,), ladder=()):
    made = Setup(rules or (QUICK,), takers, ladder)
    return Watched(Model(made, START), made)


def at(model, seconds):
    model.go_to(START + seconds)
    return model


def read(model, seconds, severity=None, rule="drift", of="m", status=None):
    """One slot with one reading: a breach if it has a severity."""
    at(model, seconds)
    model.slot({(rule, of): (status or ("breach" if severity else "ok"), severity)})


def told(model, channel="hook"):
    """Kind, number and second of all notices of a channel that went out by themselves."""
    return [
        (kind, seq, made - START)
        for _, of, kind, seq, status, made in model.notices()
        if of == channel and status == "queued"
    ]


def held(model, channel="hook"):
    return [
        (kind, seq, made - START, status)
        for _, of, kind, seq, status, made in model.notices()
        if of == channel and status != "queued"
    ]


def only(model, *names):
    (incident,) = model.incidents()
    return tuple(incident[name] for name in names)


class TestAlerts:
    def state(self, model, rule="drift"):
        return model.alerts().get((rule, "m"), "inactive")

    def test_a1_one_breach_is_enough_where_one_is_asked_for(self):
        model = begun()
        read(model, 0, "high")
        assert self.state(model) == "firing"
        assert only(model, "state", "severity") == ("open", "high")

    def test_a2_a3_the_second_breach_confirms_the_first(self):
        model = begun(Rule("drift", ("m",), "drift"))
        read(model, 0, "high")
        assert (self.state(model), model.incidents()) == ("pending", [])
        read(model, 60, "high")
        assert self.state(model) == "firing"

    def test_a3_waits_for_its_time_too(self):
        model = begun(Rule("drift", ("m",), "drift", for_count=1, for_s=100))
        for second, state in ((0, "pending"), (99, "pending"), (100, "firing")):
            read(model, second, "low")
            assert self.state(model) == state

    def test_a4_a_breach_that_is_not_confirmed_is_forgotten(self):
        model = begun(Rule("drift", ("m",), "drift"))
        for second in range(0, 600, 120):
            read(model, second, "high")
            read(model, second + 60)
        assert (model.alerts(), model.incidents(), model.notices()) == ({}, [], [])

    def test_a5_a6_a7_it_recovers_after_three_and_five_minutes(self):
        model = begun(Rule("drift", ("m",), "drift", for_count=1))
        read(model, 0, "high")
        seen = []
        for second, severity in ((60, None), (120, "high"), (180, None), (360, None), (479, None)):
            read(model, second, severity)
            seen.append(self.state(model))
        assert seen == ["recovering", "firing", "recovering", "recovering", "recovering"]
        read(model, 480)
        assert self.state(model) == "inactive"
        assert told(model) == [("open", 0, 30), ("resolved", 0, 480)]

    def test_a7_counts_readings_as_well_as_time(self):
        model = begun(Rule("drift", ("m",), "drift", for_count=1))
        read(model, 0, "high")
        read(model, 60)
        read(model, 1000)
        assert self.state(model) == "recovering"
        read(model, 1060)
        assert self.state(model) == "inactive"

    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            (lambda model: model.delete_rule("drift"), "rule_deleted"),
            (lambda model: model.pause_rule("drift"), "rule_paused"),
            (lambda model: model.archive("m"), "model_archived"),
        ],
    )
    def test_a8_t10_what_is_watched_no_more_resolves_with_its_reason(self, end, reason):
        model = begun()
        read(model, 0, "high")
        end(at(model, 60))
        read(model, 120, "high")
        assert model.alerts() == {}
        assert only(model, "state", "reason", "resolved_by") == ("resolved", reason, "auto")
        assert told(model) == [("open", 0, 30), ("resolved", 0, 60)]

    def test_a9_absent_from_three_in_which_others_reported(self):
        model = begun(Rule("drift", ("m", "n"), "drift", for_count=1))
        read(model, 0, "high")
        for second in (60, 120):
            read(model, second, of="n")
        model.slot({})
        assert self.state(model) == "firing"
        read(model, 180, of="n")
        assert only(model, "state", "reason") == ("resolved", "missing_series")

    def test_a9_begins_again_with_each_reading(self):
        model = begun(Rule("drift", ("m", "n"), "drift", for_count=1))
        for second in range(0, 1800, 180):
            read(model, second, "high")
            read(model, second + 60, of="n")
            read(model, second + 120, of="n")
        assert self.state(model) == "firing"

    @pytest.mark.parametrize("status", ["insufficient_data", "no_data", "not_applicable", "error"])
    def test_a10_what_says_nothing_moves_nothing(self, status):
        model = begun(Rule("drift", ("m",), "drift", for_count=2, keep_firing_s=0))
        steps = (("high", "pending"), ("high", "firing"), *[(None, "recovering")] * 2)
        for number, (severity, state) in enumerate(steps):
            read(model, 120 * number, severity)
            read(model, 120 * number + 60, status=status)
            assert self.state(model) == state
        read(model, 600)
        assert self.state(model) == "inactive"

    def test_three_errors_in_a_row_are_a_condition_of_their_own(self):
        model = begun()
        for second in (0, 60, 120):
            assert model.alerts() == {}
            read(model, second, status="error")
        assert model.alerts() == {("monitor_error:drift", "m"): "firing"}
        assert only(model, "family", "severity") == ("ops", "medium")
        for second in (180, 240, 300, 480):
            read(model, second, status="insufficient_data")
        assert told(model) == [("open", 0, 150), ("resolved", 0, 480)]

    def test_what_a_rule_has_found_stays_when_it_is_edited(self):
        model = begun(Rule("drift", ("m",), "drift", for_count=1))
        read(model, 0, "high")
        model.edit_rule(Rule("drift", ("m",), "drift", for_count=3, resolve_count=2))
        read(model, 60, "high")
        for second, state in ((120, "recovering"), (419, "recovering"), (420, "inactive")):
            read(model, second)
            assert self.state(model) == state
        for second, state in ((480, "pending"), (540, "pending"), (600, "firing")):
            read(model, second, "high")
            assert self.state(model) == state
        assert told(model) == [("open", 0, 30), ("resolved", 0, 420)]

    def test_a_channel_that_loses_a_notice_is_an_incident_until_it_delivers(self):
        model = begun(takers=(HOOK, PAGER))
        model.deliver("hook")
        assert model.alerts() == {}
        for second in (0, 10, 60):
            at(model, second).lose("hook")
        assert only(model, "model", "family", "severity") == ("", "ops", "high")
        at(model, 90).deliver("hook")
        assert only(model, "state", "resolved_by") == ("resolved", "auto")
        assert told(model, "pager") == [("open", 0, 30), ("resolved", 0, 90)]
        assert told(model) == []

    def test_when_it_delivers_it_hears_of_another_that_does_not(self):
        model = begun(takers=(HOOK, PAGER))
        model.lose("hook")
        at(model, 640).lose("pager")
        at(model, 700).deliver("hook")
        assert told(at(model, 929)) == []
        assert told(at(model, 930)) == [("open", 0, 930)]


class TestOpening:
    def test_t1_tells_after_the_group_has_gathered(self):
        other = Rule("other", ("m",), "drift", for_count=1)
        model = begun(QUICK, other)
        read(model, 0, "medium")
        read(model, 29, "high", rule="other")
        assert told(at(model, 29)) == []
        assert told(at(model, 30)) == [("open", 0, 30)]
        assert only(model, "severity") == ("high",)

    def test_t1_all_clear_before_that_was_nothing(self):
        model = begun()
        read(model, 0, "critical")
        read(model, 29)
        assert told(at(model, DAY)) == []
        assert only(model, "state", "reason") == ("closed", "transient")

    def test_t1_tells_an_incident_that_was_acknowledged_meanwhile(self):
        model = begun()
        read(model, 0, "high")
        model.ack(0)
        assert told(at(model, DAY)) == [("open", 0, 30)]

    def test_a_family_of_a_model_is_one_incident(self):
        model = begun(QUICK, Rule("speed", ("m", "n"), "performance", for_count=1))
        model.slot(dict.fromkeys((("drift", "m"), ("speed", "n")), ("breach", "low")))
        model.slot({("speed", "m"): ("breach", "low")})
        assert [(i["model"], i["family"]) for i in model.incidents()] == [
            ("m", "drift"),
            ("n", "performance"),
            ("m", "performance"),
        ]

    def test_route_is_by_severity(self):
        model = begun(takers=(HOOK, Taker("mail", min_severity="high")))
        read(model, 0, "medium")
        assert (told(at(model, 60)), told(model, "mail")) == ([("open", 0, 30)], [])

    def test_t2_an_update_only_where_it_is_wanted_and_past_the_cooldown(self):
        others = [Rule(name, ("m",), "drift", for_count=1) for name in "ab"]
        model = begun(QUICK, *others, takers=(HOOK, Taker("log", updates=True)))
        read(model, 0, "high")
        read(model, 60, "high", rule="a")
        assert told(at(model, HOUR), "log") == [("open", 0, 30)]
        assert only(model, "suppressed") == (1,)
        # It looks each five minutes since the opening was told.
        read(model, HOUR + 60, "high", rule="b")
        assert told(at(model, HOUR + 329), "log") == [("open", 0, 30)]
        at(model, HOUR + 330)
        assert told(model, "log") == [("open", 0, 30), ("update", 0, HOUR + 330)]
        assert told(model) == [("open", 0, 30)]


class TestRising:
    def test_t3_a_rise_is_told_at_once_and_three_times_at_most(self):
        model = begun()
        read(model, 0, "low")
        for second, severity in ((60, "medium"), (120, "high"), (180, "high"), (240, "critical")):
            read(model, second, severity)
        ups = [("severity_up", 0, 60), ("severity_up", 1, 120), ("severity_up", 2, 240)]
        assert told(model) == [("open", 0, 30), *ups]

    def test_t3_what_a_channel_knows_is_no_rise(self):
        model = begun()
        for number, severity in enumerate(("high", "low", "high", "low", "high")):
            read(model, 60 * number, severity)
        assert told(model) == [("open", 0, 30)]

    def test_t3_opens_where_nobody_was_told(self):
        model = begun(takers=(HOOK, Taker("mail", min_severity="high")))
        read(model, 0, "medium")
        read(model, 60, "high")
        assert told(model) == [("open", 0, 30), ("severity_up", 0, 60)]
        assert told(model, "mail") == [("open", 0, 60)]

    def test_t3_takes_an_ack_away_only_if_it_is_high(self):
        model = begun()
        read(model, 0, "low")
        model.ack(0)
        read(at(model, 40), 60, "medium")
        assert only(model, "state") == ("acknowledged",)
        read(model, 120, "high")
        assert only(model, "state") == ("open",)

    def test_t3_goes_on_at_the_next_level_that_is_in_the_future(self):
        levels = [Level(minutes * MINUTE, ("hook",), "low") for minutes in (5, 10, 20)]
        model = begun(ladder=tuple(levels))
        read(model, 0, "medium")
        model.ack(0)
        read(model, 11 * MINUTE, "high")
        at(model, HOUR)
        escalations = [notice for notice in told(model) if notice[0] == "escalation"]
        assert escalations == [("escalation", 103, 20 * MINUTE)]


class TestPeople:
    def test_t4_an_ack_stops_reminders_and_only_pagerduty_shows_it(self):
        model = begun(takers=(HOOK, PAGER), ladder=(Level(300, ("hook",), "high"),))
        read(model, 0, "critical")
        at(model, 60)
        assert (model.ack(0), model.ack(0)) == ("ok", "ok")
        at(model, DAY)
        assert told(model) == [("open", 0, 30)]
        assert told(model, "pager") == [("open", 0, 30), ("ack", 0, 60)]

    def test_conflicts_have_names(self):
        model = begun()
        assert model.ack(0) == "not-found"
        read(model, 0, "high")
        assert model.unack(0) == "ok"
        assert (model.resolve(0), model.resolve(0)) == ("ok", "ok")
        assert {model.ack(0), model.unack(0), model.snooze(0, 60)} == {"state-conflict"}

    @pytest.mark.parametrize("by", ["hand", "expiry"])
    def test_t5_an_ack_that_ends_reminds_and_begins_the_ladder_again(self, by):
        model = begun(ladder=(Level(300, ("hook",), "high"), Level(900, ("hook",), "high")))
        read(model, 0, "high")
        at(model, 400)
        model.ack(0, None if by == "hand" else 600)
        at(model, 1000)
        if by == "hand":
            model.unack(0)
        assert told(at(model, 1900)) == [
            ("open", 0, 30),
            ("escalation", 1, 300),
            ("reminder", 0, 1000),
            ("escalation", 101, 1300),
            ("escalation", 102, 1900),
        ]

    def test_t6_the_last_alert_that_clears_resolves(self):
        other = Rule("other", ("m",), "drift", 1, resolve_count=1, keep_firing_s=0)
        model = begun(QUICK, other, takers=(HOOK, Taker("mail", min_severity="critical")))
        model.slot({("drift", "m"): ("breach", "low"), ("other", "m"): ("breach", "low")})
        read(model, 60)
        assert only(model, "state") == ("open",)
        read(model, 120, rule="other")
        assert only(model, "state", "resolved_by", "reason") == ("resolved", "auto", "cleared")
        assert told(model) == [("open", 0, 30), ("resolved", 0, 120)]
        assert told(model, "mail") == []

    def test_t7_by_hand_it_is_mute_until_it_has_cleared(self):
        model = begun()
        read(model, 0, "high")
        model.resolve(at(model, 60) and 0)
        for second in (120, 180):
            read(model, second, "high")
        assert only(model, "state", "resolved_by") == ("resolved", "user")
        read(model, 240)
        read(model, 300, "critical")
        assert only(model, "state", "reopen_count") == ("open", 1)
        assert told(model) == [("open", 0, 30), ("resolved", 0, 60), ("open", 1, 300)]

    def test_t7_t8_by_hand_it_is_back_after_half_an_hour_if_it_still_fires(self):
        model = begun()
        read(model, 0, "critical")
        at(model, 60).resolve(0)
        at(model, 1859)
        assert only(model, "state") == ("resolved",)
        assert told(at(model, 1860)) == [("open", 0, 30), ("resolved", 0, 60), ("open", 1, 1860)]

    def test_t7_before_the_first_notice_nothing_is_ever_told(self):
        model = begun()
        read(model, 0, "high")
        at(model, 10).resolve(0)
        read(model, 20)
        assert told(at(model, DAY)) == []
        assert only(model, "state", "resolved_by") == ("closed", "user")

    def test_a_manual_alert_fires_until_its_incident_is_resolved(self):
        model = begun()
        assert (model.manual("m", "leak", "high"), model.manual("m", "fire", "low")) == (0, 1)
        assert model.alerts() == {("manual:leak", "m"): "firing", ("manual:fire", "m"): "firing"}
        at(model, 60).resolve(0)
        assert model.alerts() == {("manual:fire", "m"): "firing"}
        assert model.manual("m", "leak", "critical") == 0
        kinds = [notice[0] for notice in told(model)]
        assert kinds == ["open", "open", "resolved", "open"]


class TestReopening:
    def test_t8_in_the_cooldown_it_is_counted_and_told_when_that_ends(self):
        model = begun()
        for second, severity in ((0, "high"), (60, None), (600, "high")):
            read(model, second, severity)
        assert only(model, "state", "reopen_count", "suppressed") == ("open", 1, 1)
        at(model, 60 + 1800)
        assert told(model) == [("open", 0, 30), ("resolved", 0, 60), ("reminder", 0, 1860)]
        assert only(model, "suppressed") == (0,)

    def test_t8_what_is_acknowledged_when_the_cooldown_ends_needs_no_reminder(self):
        model = begun()
        for second, severity in ((0, "high"), (60, None), (600, "high")):
            read(model, second, severity)
        model.ack(0)
        assert len(told(at(model, DAY))) == 2

    def test_t8_low_ones_wait_for_a_day(self):
        model = begun()
        for second, severity in ((0, "low"), (60, None), (600, "low")):
            read(model, second, severity)
        assert told(at(model, 60 + DAY))[2:] == [("reminder", 0, 60 + DAY)]

    def test_t8_a_critical_one_is_told_at_once_and_escalates_in_a_new_round(self):
        model = begun(ladder=(Level(300, ("hook",), "high"),))
        for second, severity in ((0, "critical"), (60, None), (600, "critical")):
            read(model, second, severity)
        assert told(at(model, 900))[2:] == [("open", 1, 600), ("escalation", 101, 900)]

    def test_t9_after_half_an_hour_it_is_another_one(self):
        model = begun()
        read(model, 0, "high")
        read(model, 60)
        at(model, 1859)
        assert only(model, "state") == ("resolved",)
        read(model, 1860, "high")
        assert [incident["state"] for incident in model.incidents()] == ["closed", "open"]


class TestRemindersAndLevels:
    @pytest.mark.parametrize(("severity", "every"), [("high", 4 * HOUR), ("critical", HOUR // 2)])
    def test_t11_reminds_from_the_last_notice(self, severity, every):
        model = begun()
        read(model, 0, severity)
        at(model, 30 + 3 * every)
        reminders = [("reminder", number, 30 + every * (number + 1)) for number in range(3)]
        assert told(model) == [("open", 0, 30), *reminders]

    def test_t12_levels_count_from_the_opening_and_go_past_the_route(self):
        mail = Taker("mail", min_severity="critical")
        ladder = (Level(300, ("hook",), "medium"), Level(900, ("mail", "hook"), "critical"))
        model = begun(takers=(HOOK, mail), ladder=ladder)
        read(model, 0, "low")
        at(model, 1000)
        assert told(model) == [("open", 0, 30), ("escalation", 1, 300), ("escalation", 2, 900)]
        assert told(model, "mail") == [("escalation", 2, 900)]
        names = ("severity", "severity_peak", "escalation_level")
        assert only(model, *names) == ("critical", "critical", 2)
        read(model, 1060)
        assert told(model, "mail")[1:] == [("resolved", 0, 1060)]

    def test_t12_levels_that_passed_in_a_silence_run_once_the_highest(self):
        ladder = tuple(Level(minutes * MINUTE, ("hook",), "low") for minutes in (5, 10, 20))
        model = begun(ladder=ladder)
        read(model, 0, "medium")
        at(model, 60).silence("m", None, 900)
        at(model, HOUR // 2)
        assert told(model) == [
            ("open", 0, 30),
            ("reminder", 0, 960),
            ("escalation", 2, 960),
            ("escalation", 3, 1200),
        ]


class TestFlapping:
    def test_t13_on_and_off_each_minute_for_two_hours_is_four_notices_at_most(self):
        model = begun()
        for minute in range(120):
            read(model, minute * MINUTE, None if minute % 2 else "high")
        assert only(model, "flapping") == (True,)
        assert told(at(model, DAY)) == [("open", 0, 30), ("resolved", 0, 60)]
        assert only(model, "state", "flapping") == ("closed", False)

    def test_t13_recovering_again_and_again_flaps_too_and_settles_with_one_notice(self):
        model = begun(Rule("drift", ("m",), "drift", for_count=1), takers=(HOOK, PAGER))
        for minute in range(6):
            read(model, minute * MINUTE, None if minute % 2 else "high")
            assert only(model, "flapping") == (minute == 5,)
        for minute in (6, 8, 10):
            read(model, minute * MINUTE)
            assert model.alerts()  # three times five minutes are asked of it now
        read(model, 20 * MINUTE)
        assert only(model, "state") == ("resolved",)
        settled = 20 * MINUTE + HOUR
        at(model, settled)
        assert told(model) == [("open", 0, 30), ("resolved", 0, settled)]
        assert only(model, "state") == ("closed",)

    def test_t13_settles_with_a_reminder_if_it_is_open(self):
        model = begun(Rule("drift", ("m",), "drift", for_count=1))
        for minute in range(7):
            read(model, minute * MINUTE, None if minute % 2 else "high")
        settled = 6 * MINUTE + HOUR
        assert told(at(model, settled)) == [("open", 0, 30), ("reminder", 0, settled)]

    def test_t13_is_told_past_the_cooldown(self):
        model = begun(Rule("drift", ("m",), "drift", for_count=1))
        read(model, 0, "high")
        for minute in range(60, 65):
            read(model, minute * MINUTE, "high" if minute % 2 else None)
        assert told(model) == [("open", 0, 30)]
        read(model, 65 * MINUTE, "high")
        assert told(model) == [("open", 0, 30), ("flapping", 0, 65 * MINUTE)]


class TestSilence:
    def test_t14_still_open_and_never_told_opens_when_it_ends(self):
        model = begun()
        model.silence("m", "drift", 600)
        read(model, 0, "high")
        assert told(at(model, 599)) == []
        assert told(at(model, 600)) == [("open", 0, 600)]

    def test_t14_still_open_and_told_is_reminded_of(self):
        model = begun()
        read(model, 0, "high")
        number = at(model, 60).silence("m", None, DAY)
        read(model, 120, "critical")
        at(model, HOUR).end_silence(number)
        assert told(model) == [("open", 0, 30), ("reminder", 0, HOUR)]

    def test_t14_resolved_meanwhile_is_told_when_it_ends(self):
        model = begun()
        read(model, 0, "high")
        at(model, 60)
        assert model.snooze(0, 2 * HOUR) == "ok"
        read(model, 120)
        assert told(at(model, 2 * HOUR + 59)) == [("open", 0, 30)]
        assert only(model, "state") == ("closed",)
        assert told(at(model, DAY)) == [("open", 0, 30), ("resolved", 0, 2 * HOUR + 60)]

    def test_t14_while_the_group_gathers_the_flush_tells(self):
        model = begun()
        model.silence("m", "drift", 20)
        read(model, 0, "high")
        assert told(at(model, 60)) == [("open", 0, 30)]

    def test_a_silence_of_another_family_or_model_is_none(self):
        model = begun()
        model.silence("m", "performance", DAY)
        model.silence("n", None, DAY)
        read(model, 0, "high")
        assert told(at(model, 60)) == [("open", 0, 30)]

    def test_ops_inhibits_drift_and_performance_of_its_model(self):
        rules = [
            Rule(family, (name,), family, 1, resolve_count=1, keep_firing_s=0)
            for name, family in (("m", "drift"), ("m", "ops"), ("m", "quality"))
        ]
        model = begun(*rules)
        model.slot({(rule.name, "m"): ("breach", "high") for rule in rules})
        at(model, 60)
        read(model, 120, rule="ops")
        by_number = [(n[0], n[2], n[5] - START) for n in model.notices()]
        assert by_number == [
            (1, "open", 30),
            (2, "open", 30),
            (1, "resolved", 120),
            (0, "open", 120),
        ]

    def test_critical_performance_inhibits_drift_that_is_no_more_than_medium(self):
        speed = Rule("speed", ("m",), "performance", for_count=1)
        model = begun(QUICK, speed)
        model.slot({("drift", "m"): ("breach", "medium"), ("speed", "m"): ("breach", "critical")})
        at(model, 60)
        assert {notice[0] for notice in model.notices()} == {1}
        read(model, 60, "high")
        told_of_drift = [(n[2], n[5] - START) for n in model.notices() if n[0] == 0]
        assert told_of_drift == [("open", 60)]


class TestRationing:
    def storm(self, severities, **taker):
        names = [f"m{number}" for number in range(len(severities))]
        rule = Rule("drift", tuple(names), "drift", 1, resolve_count=1, keep_firing_s=0)
        model = begun(rule, takers=(Taker("hook", **taker),))
        model.slot({("drift", n): ("breach", s) for n, s in zip(names, severities, strict=True)})
        return at(model, 30)

    def test_what_is_over_the_cap_is_in_one_digest(self):
        model = self.storm(["high"] * 10, cap=3)
        assert told(model) == [("open", 0, 30)] * 3
        assert held(model) == [("open", 0, 30, "held_rate")] * 7
        at(model, 630)
        assert held(model) == [("open", 0, 30, "digested")] * 7
        assert told(model)[3:] == [("digest", 0, 630)]

    def test_a_digest_goes_out_as_soon_as_the_window_opens(self):
        model = self.storm(["high"] * 4, cap=3, cap_window_s=100)
        assert told(at(model, 129))[3:] == []
        assert told(at(model, 130))[3:] == [("digest", 0, 130)]

    def test_or_after_ten_minutes_though_the_window_is_shut(self):
        model = self.storm(["high"] * 4, cap=3, cap_window_s=HOUR)
        assert told(at(model, 630))[3:] == [("digest", 0, 630)]

    def test_critical_ones_pass_the_cap_sixty_times_an_hour_then_a_digest_in_five_minutes(self):
        model = self.storm(["critical"] * 70, cap=3)
        assert len(told(model)) == 63
        assert [status for *_, status in held(model)] == ["held_rate"] * 7
        assert told(at(model, 330))[63:] == [("digest", 0, 330)]

    def test_a_rise_releases_what_was_held(self):
        model = self.storm(["medium", "medium"], cap=1)
        read(model, 60, "high", of="m1")
        assert (told(model), held(model)) == ([("open", 0, 30)] * 2, [])

    def test_resolved_while_it_was_held_is_a_line_of_the_digest_and_no_more(self):
        model = self.storm(["high", "high"], cap=1)
        read(model, 60, of="m1")
        at(model, HOUR)
        assert held(model) == [("open", 0, 30, "digested")]
        assert told(model) == [("open", 0, 30), ("digest", 0, 630)]

    def test_what_a_digest_told_a_digest_resolves(self):
        model = self.storm(["high", "high"], cap=1)
        at(model, 630)
        read(model, HOUR, of="m1")
        assert held(model)[1:] == [("resolved", 0, HOUR, "digested")]
        assert told(model)[1:] == [("digest", 0, 630), ("digest", 1, HOUR)]

    def test_what_a_digest_told_is_not_told_again_in_its_cooldown(self):
        rule = Rule("drift", ("m0", "m1"), "drift", 1, resolve_count=1, keep_firing_s=0)
        model = begun(rule, takers=(Taker("hook", cap=1),))
        model.slot({("drift", name): ("breach", "high") for name in ("m0", "m1")})
        read(at(model, 630), 640, of="m1")
        read(model, 650, "high", of="m1")
        before = [("open", 0, 30), ("digest", 0, 630), ("digest", 1, 640)]
        assert told(at(model, 2439)) == before
        assert told(at(model, 2440)) == [*before, ("reminder", 0, 2440)]

    def test_order_is_kept_behind_what_is_held(self):
        model = self.storm(["high", "high"], cap=1, cap_window_s=60)
        at(model, 40).ack(1)
        model.unack(1)
        at(model, 90)
        read(model, 91, of="m1")
        assert [notice[:3] for notice in held(model)] == [("open", 0, 30), ("resolved", 0, 91)]

    def test_a_rule_holds_back_what_is_more_than_it_lets_through(self):
        model = self.storm(["high"] * 5, suppression=(Suppression(3, HOUR, "drift", "high"),))
        assert told(model) == [("open", 0, 30)] * 3
        assert held(model) == [("open", 0, 30, "held_rate")] * 2
        assert told(at(model, 630))[3:] == [("digest", 0, 630)]

    def test_what_a_rule_holds_back_goes_when_its_window_opens(self):
        model = self.storm(["high"] * 4, suppression=(Suppression(3, 100),))
        assert told(at(model, 129))[3:] == []
        assert told(at(model, 130))[3:] == [("digest", 0, 130)]

    def test_a_rule_is_of_those_alone_that_it_names(self):
        rules = (
            Suppression(1, HOUR, family="quality"),
            Suppression(1, HOUR, severity="low"),
            Suppression(1, HOUR, models=("other",)),
        )
        assert held(self.storm(["high"] * 4, suppression=rules)) == []

    def test_a_rule_may_count_each_model_by_itself(self):
        rule = Suppression(1, HOUR, each_model=True)
        model = self.storm(["high"] * 3, suppression=(rule,))
        assert held(model) == []
        read(model, 60, of="m1")
        assert held(model) == [("resolved", 0, 60, "held_rate")]

    def test_of_several_rules_each_holds_back(self):
        rules = (Suppression(3, HOUR), Suppression(2, 100, severity="high"))
        model = self.storm(["high", "high", "high", "medium", "medium"], suppression=rules)
        assert [number for number, *_, status, _ in model.notices() if status == "queued"] == [
            *(0, 1, 3)
        ]

    def test_what_no_cap_holds_back_no_rule_does(self):
        rule = Suppression(1, HOUR)
        assert held(self.storm(["critical"] * 61, suppression=(rule,))) == []

    def test_what_pages_closes_past_the_cap(self):
        names = ("m0", "m1", "m2")
        rule = Rule("drift", names, "drift", 1, resolve_count=1, keep_firing_s=0)
        model = begun(rule, takers=(Taker("hook", kind="pagerduty", cap=3),))
        model.slot({("drift", name): ("breach", "high") for name in names})
        at(model, 60).ack(0)
        read(model, 90, of="m1")
        assert told(model)[3:] == [("ack", 0, 60), ("resolved", 0, 90)]

    def test_escalations_and_rises_pass_the_cap(self):
        rule = Rule("drift", ("m0", "m1"), "drift", for_count=1)
        model = begun(rule, takers=(Taker("hook", cap=2),), ladder=(Level(60, ("hook",), "low"),))
        model.slot({("drift", name): ("breach", "low") for name in ("m0", "m1")})
        read(model, 50, "medium", of="m0")
        at(model, 60)
        assert told(model)[2:] == [("severity_up", 0, 50), *[("escalation", 1, 60)] * 2]


class Ticking(Model):
    """Looks each second whether something is due."""

    def _deadlines(self):
        yield self.now + 1


@pytest.mark.parametrize("seed", range(3))
def test_what_falls_due_is_done_in_its_very_second(seed):
    jumping, ticking = (kind(setup(seed), START) for kind in (Model, Ticking))
    skipped = 0
    for name, told in walk(seed, 60):
        arguments = told
        if name == "go_to":
            # Long jumps are cut, so that a look at each second is affordable.
            jump = told[0] - skipped - jumping.now
            skipped += max(jump - 4000, 0)
            arguments = (jumping.now + min(jump, 4000),)
        assert getattr(jumping, name)(*arguments) == getattr(ticking, name)(*arguments)
        assert jumping.notices() == ticking.notices()
        assert jumping.incidents() == ticking.incidents()


@pytest.mark.parametrize("seed", range(20))
def test_invariants_hold_on_a_random_walk(seed):
    play(Model(setup(seed), START), walk(seed, 200), Watch(setup(seed)))


def test_walks_go_everywhere():
    seen, states, reasons = set(), set(), set()
    for seed in range(40):
        model = Model(setup(seed), START)
        play(model, walk(seed, 200), lambda *_: None)
        seen |= {notice[2] for notice in model.notices()}
        seen |= {f"{notice[2]} {notice[4]}" for notice in model.notices()}
        states |= {incident["state"] for incident in model.incidents()}
        reasons |= {what for _, _, what in model.history if not what[-1].isdigit()}
    assert seen >= {
        *("open", "severity_up", "update", "reminder", "escalation", "ack", "resolved"),
        *("flapping", "digest", "open digested", "resolved digested", "reminder digested"),
    }
    assert states == {"open", "acknowledged", "resolved", "closed"}
    assert reasons >= {"reopened", "ack cleared", "ack taken back", "settled"} | {
        f"resolved: {reason}"
        for reason in ("cleared", "missing_series", "transient", "rule_deleted", "model_archived")
    }


def test_a_walk_can_be_walked_again():
    assert list(walk(7, 150)) == list(walk(7, 150))
    assert all(a != b for a, b in pairwise(list(walk(seed, 30)) for seed in range(5)))


class NeverQuiet(Model):
    def _is_quiet(self, _):
        return False


class Unrationed(Model):
    def _ration(self, notice, taker):
        pass


class Unsuppressed(Model):
    """Knows its cap, and no rules."""

    def _is_full(self, taker, notice):
        return super()._is_full(replace(taker, suppression=()), notice)


class Forgetful(Model):
    """Each digest loses what was held after the first one."""

    def _held(self, channel, incident=None):
        found = super()._held(channel, incident)
        return found if incident else found[:1]


class OfGoodCheer(Model):
    """Takes every reading that says nothing for a fine one."""

    def _read(self, alert, status, severity):
        super()._read(alert, status if status == "breach" else "ok", severity)


class Deaf(Model):
    """Escalates what somebody has taken."""

    def _escalate(self, incident):
        state, incident.state = incident.state, incident.is_live and "open"
        super()._escalate(incident)
        incident.state = state


class Chatty(Model):
    """Says of everything that it is resolved."""

    def _tell_resolved(self, incident):
        for taker in self.setup.takers:
            if not self._is_quiet(incident):
                self._tell(incident, taker, "resolved")


class Mute(Model):
    def _flush(self, incident):
        incident.flush_at = None


class Meek(Model):
    def _severity(self, incident):
        incident.peak = severity = super()._severity(incident)
        return severity


class Twice(Model):
    def _current(self, key):
        found = super()._current(key)
        return None if found and found.is_live and key[1] != "manual" else found


@pytest.mark.parametrize(
    ("wrong", "law"),
    [
        (Twice, "1"),
        (Chatty, "3"),
        (NeverQuiet, "5"),
        (Deaf, "6"),
        (Meek, "7"),
        (Forgetful, "8"),
        (Unrationed, "9"),
        (Unsuppressed, "9"),
        (OfGoodCheer, "13"),
        (Mute, "14"),
    ],
)
def test_a_machine_that_breaks_a_law_is_found(wrong, law):
    def walks():
        for seed in range(30):
            play(wrong(setup(seed), START), walk(seed, 200), Watch(setup(seed)))

    with pytest.raises(AssertionError, match=rf"^{law}: "):
        walks()
