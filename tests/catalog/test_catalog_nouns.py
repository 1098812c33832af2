"""What each noun promises, on both databases."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import event, func, select

from tidegauge.catalog import (
    StaleError,
    alerts,
    arrivals,
    artifacts,
    attributions,
    audit,
    baselines,
    dead_letters,
    drops,
    estimates,
    estimators,
    id_runs,
    incidents,
    jobs,
    late,
    layouts,
    models,
    monitors,
    notices,
    numbers,
    outcomes,
    parts,
    pending,
    policies,
    readings,
    retrainings,
    rollouts,
    schemas,
    series,
    signals,
    tables,
    tails,
    targets,
    trainings,
    unmatched,
    windows,
)
from tidegauge.schema import Schema

HOUR = 3600 * 1_000_000
OF_NO_MODEL = ("about", "progress", "id_runs", "pending", "audit", "jobs")
OF_NO_MODEL += ("channels", "ladders", "silences", "reports", "report_turns", "policies")
ODD = "Ünï 🦆 'x\" %_\\"


def window(number, start=0, **more):
    given = {"resolution": 60, "rows": 1, "traffic": b"t", "changed_at": 5, **more}
    return windows.Window(series=number, start=start, **given)


def part(model, file="a", first=0, last=10, **more):
    given = {
        "kind": "predictions",
        "day": 0,
        "rows": 7,
        "bytes": 100,
        "digest": "d",
        "first_received": 1,
        "last_received": 2,
        "created_at": 3,
        **more,
    }
    return parts.Part(model=model, file=file, first_at=first, last_at=last, **given)


def late_one(model, series=0, start=0, position="0:1", **more):
    return late.Late(
        model=model, series=series, resolution=60, start=start, position=position, **more
    )


class TestModels:
    def test_a_name_is_one_model_in_each_tenant(self, connection):
        first = models.ensure(connection, "a", ["x", ODD, "x"], 5)
        again = models.ensure(connection, "a", [ODD, "y"], 9)
        other = models.ensure(connection, "b", ["x"], 9)
        assert set(first) == {"x", ODD}
        assert again[ODD] == first[ODD]
        assert again["y"].created_at == 9
        assert len({m.id for m in [*first.values(), *again.values(), *other.values()]}) == 4

    def test_more_names_than_one_statement_takes(self, connection):
        names = [f"m{number:05}" for number in range(1201)]
        found = models.ensure(connection, "a", names, 1)
        assert sorted(found) == names
        assert len(models.by_id(connection, (m.id for m in found.values()))) == 1201

    def test_none_are_none(self, connection):
        assert models.ensure(connection, "a", [], 1) == {}
        assert models.by_name(connection, "a", "x") is None

    def test_pages_go_through_all_by_code_point(self, connection):
        names = ["B", "Zebra", "a", "b", "ä", "é", "🦆"]
        models.ensure(connection, "a", names, 1)
        seen, after = [], ""
        while page := models.listed(connection, "a", after=after, limit=2):
            seen += [model.name for model in page]
            after = page[-1].name
        assert seen == names

    def test_a_search_is_for_the_letters_themselves(self, connection):
        models.ensure(connection, "a", ["Fraud_eu", "fraudXeu", "churn", "100%"], 1)

        def found(search):
            return [model.name for model in models.listed(connection, "a", search=search)]

        assert found("fraud_") == ["Fraud_eu"]
        assert found("%") == ["100%"]
        assert found("zzz") == []

    def test_a_change_says_what_it_saw(self, connection):
        model = models.ensure(connection, "a", ["x"], 1)["x"]
        changed = models.change(
            connection, model.id, 1, 7, owner=ODD, tags={"a": ODD}, segments=["tags.a"], hot_days=3
        )
        assert (changed.owner, changed.tags, changed.hot_days) == (ODD, {"a": ODD}, 3)
        assert (changed.revision, changed.changed_at, changed.created_at) == (2, 7, 1)
        assert models.by_name(connection, "a", "x") == changed
        with pytest.raises(StaleError, match="no longer at revision 1"):
            models.change(connection, model.id, 1, 8, owner="late")
        assert models.by_name(connection, "a", "x") == changed

    def test_an_archived_one_is_listed_when_asked_for(self, connection):
        model = models.ensure(connection, "a", ["x"], 1)["x"]
        archived = models.archive(connection, model.id, 1, 8)
        assert archived.archived_at == 8
        assert models.listed(connection, "a") == []
        assert models.listed(connection, "a", archived=True) == [archived]
        models.change(connection, model.id, 2, 9, archived_at=None)
        assert len(models.listed(connection, "a")) == 1

    def test_erasing_leaves_nothing_and_no_number_again(self, connection):
        kept, gone = (
            models.ensure(connection, "a", ["going", "a-keep"], 1)[n].id
            for n in ("a-keep", "going")
        )
        kept_monitor = monitor(connection)
        kept_policy = policies.add(connection, "a", "p", {}, origin="api", at=1, by="me")
        for model, name in ((kept, "a-keep"), (gone, "going")):
            (target,) = targets.ensure(
                connection, [targets.Of(kept_monitor.id, model, "", "")]
            ).values()
            readings.add(connection, [reading(target.id, HOUR), reading(target.id, 3 * HOUR)])
            readings.down_sample(connection, 2 * HOUR)
            number = series.ensure(connection, [(model, "1", "")])[model, "1", ""]
            layout = layouts.ensure(connection, model, b"body", 1)
            windows.put(connection, [window(number, layout=layout.id)])
            parts.add(connection, [part(model, f"{name}.parquet")])
            tails.put(connection, [tail(model)])
            schemas.add(connection, model, Schema.of({"a": "numeric"}), at=1, by="x", why="")
            baselines.add(connection, baseline(model, layout.id, file=f"{name}.base"))
            signals.add(connection, [signal(model)])
            outcomes.put(connection, [outcome(number)])
            attributions.put(connection, [explained(number)])
            estimators.add(connection, estimator(model))
            estimates.put(connection, [estimate_of(number)])
            arrivals.add(connection, [arrivals.of_labels(model, ["a"], 1)])
            unmatched.add(connection, [missed(model)])
            numbers.add(connection, [number_of(model)])
            late.note(connection, [late_one(model)])
            trainings.add(connection, model, {"a": 1}, version="", name="x", at=1, by="x")
            drops.add(connection, [drops.Drop(tenant="a", model=name, reason="r", start=0, rows=1)])
            dead_letters.add(connection, [letter(model=name)])
            incidents.add(connection, [incident(name)])
            incidents.note(connection, [happened(name)])
            notices.add(connection, [notice(name)])
            notices.begin(connection, notice(name), token=ODD, at=1, until=2)
            alerts.put(connection, [alert(name)])
            policies.mark(connection, [policies.Mark(kept_policy.id, model, 1, 2)])
            retrainings.add(connection, job(model, name))
            retrainings.say(connection, job(model, name), 1, [ODD])
            retrainings.answer(connection, job(model, name), 1, b"said")
            rollouts.add(connection, rollout(model, name))
            artifacts.add(connection, artifact(model, ODD))
        assert sorted(models.erase(connection, gone)) == ["going.base", "going.parquet"]
        for table in tables.metadata.sorted_tables:
            if table.name not in OF_NO_MODEL:
                left = connection.scalar(select(func.count()).select_from(table))
                assert (table.name, left) == (table.name, 1)
        assert models.ensure(connection, "a", ["going"], 1)["going"].id > gone


def job(model, name, **more):
    told = dict.fromkeys(("policy", "origin", "target", "token", "runner", "cause"), "")
    told |= {"tenant": "a", "state": "queued", "document": {}, "result": None, "created_by": "me"}
    told |= {"lease_until": None, "started_at": None, "ended_at": None, "is_cancelled": False}
    numbers = dict.fromkeys(("priority", "attempt", "progress", "created_at", "changed_at"), 1)
    given = {"id": name, "key": name, "model": model, **told, **numbers, **more}
    return retrainings.Retraining(**given)


def rollout(model, name):
    return rollouts.Rollout(
        retraining=name,
        tenant="a",
        model=model,
        version=ODD,
        before="",
        state="asked",
        asked_at=1,
        asked_by="me",
        served_at=None,
        ended_at=None,
        changed_at=1,
        document={},
        result=None,
        cause="",
    )


def artifact(model, version, **more):
    told = dict.fromkeys(("uri", "digest", "retraining", "created_by"), ODD)
    told |= dict.fromkeys(("size_bytes", "trained_at", "training_seconds", "gone_at"))
    told |= {"metrics": {"auc": 0.5}, "importance": {ODD: 1.0}, "metadata": {"a": [ODD, None]}}
    told |= {"tenant": "a", "is_pinned": False, "state": "kept", "created_at": 1, "changed_at": 1}
    return artifacts.Artifact(model=model, version=version, **(told | more))


class TestArtifacts:
    def test_one_comes_back_as_it_was_and_changes_from_what_was_seen(self, connection):
        model = models.ensure(connection, "a", ["x"], 1)["x"].id
        first = artifact(model, ODD, size_bytes=1 << 40, trained_at=5, training_seconds=0.5)
        artifacts.add(connection, first)
        assert artifacts.get(connection, model, ODD) == first
        assert artifacts.get(connection, model, "2") is None
        after = replace(first, state="removing", changed_at=2)
        assert artifacts.change(connection, first, after) == after
        assert artifacts.get(connection, model, ODD) == after
        with pytest.raises(StaleError, match="changed meanwhile"):
            artifacts.change(connection, first, after)

    def test_the_newest_come_first_by_when_they_were_trained_or_else_made(self, connection):
        model = models.ensure(connection, "a", ["x"], 1)["x"].id
        for version, trained_at, created_at in (
            ("b", 7, 1),
            ("a", None, 9),
            ("d", 7, 2),
            ("c", 3, 30),
        ):
            artifacts.add(
                connection, artifact(model, version, trained_at=trained_at, created_at=created_at)
            )
        found = artifacts.of_models(connection, [model])[model]
        assert [each.version for each in found] == ["a", "d", "b", "c"]
        assert artifacts.count(connection, model) == 4

    def test_models_are_listed_that_have_any_in_a_state(self, connection):
        known = models.ensure(connection, "a", ["a", "b", "c"], 1)
        other = models.ensure(connection, "z", ["b"], 1)["b"]
        for name, state in (("a", "kept"), ("b", "gone"), ("c", "removing"), ("c", "kept")):
            artifacts.add(connection, artifact(known[name].id, state, state=state))
        artifacts.add(connection, artifact(other.id, "1", tenant="z"))

        def holders(*states, since="", limit=10):
            found = artifacts.holders(connection, "a", states, since, limit)
            return [each.name for each in found]

        assert holders("kept", "removing") == ["a", "c"]
        assert holders("gone") == ["b"]
        assert holders("kept", limit=1) == ["a"]
        assert holders("kept", since="b") == ["c"]

    def test_what_is_gone_for_years_is_forgotten(self, connection):
        model = models.ensure(connection, "a", ["x"], 1)["x"].id
        artifacts.add(connection, artifact(model, "1", state="gone", gone_at=10))
        artifacts.add(connection, artifact(model, "2"))
        artifacts.expire(connection, 700 * 24 * HOUR)
        assert artifacts.count(connection, model) == 2
        artifacts.expire(connection, 800 * 24 * HOUR)
        assert artifacts.get(connection, model, "1") is None
        assert artifacts.count(connection, model) == 1


def outcome(number, start=0, **more):
    told = {"resolution": 3600, "labelled": 2, "body": b"x", "changed_at": 1}
    return outcomes.Outcome(series=number, start=start, **(told | more))


def explained(number, start=0, **more):
    told = {"resolution": 3600, "rows": 2, "body": b"x", "changed_at": 1}
    return attributions.Explained(series=number, start=start, **(told | more))


def estimate_of(number, start=0, **more):
    told = {"resolution": 3600, "rows": 2, "estimator": 1, "body": b"x", "changed_at": 1}
    return estimates.Estimate(series=number, start=start, **(told | more))


def estimator(model, **more):
    told = {"version": "", "baseline": None, "fitted_at": 1, "first_at": 0, "last_at": 1}
    told |= {"rows": 300, "body": b"x", "doubt": None}
    return estimators.Estimator(model=model, **(told | more))


def missed(model, since="", at=1):
    return unmatched.Unmatched(
        model=model, rows=2, at=at, since=since, body=arrivals.packed(["a", ODD])
    )


class TestTruth:
    @pytest.fixture
    def model(self, connection):
        return models.ensure(connection, "a", ["x"], 1)["x"].id

    def test_an_outcome_is_put_and_put_again(self, connection, model):
        number = series.ensure(connection, [(model, "1", "")])[model, "1", ""]
        outcomes.put(connection, [outcome(number), outcome(number, HOUR)])
        outcomes.put(connection, [outcome(number, body=b"y", changed_at=2)])
        first, second = outcomes.between(connection, [number], 3600, 0, 2 * HOUR)
        assert (first.body, first.revision, first.changed_at) == (b"y", 2, 2)
        assert (second.body, second.revision) == (b"x", 1)
        assert outcomes.between(connection, [number], 300, 0, 2 * HOUR) == []
        assert outcomes.expire(connection, 3600, HOUR) == 1
        assert outcomes.between(connection, [number], 3600, 0, 2 * HOUR) == [second]

    def test_attributions_are_put_again_and_expire(self, connection, model):
        number = series.ensure(connection, [(model, "1", "")])[model, "1", ""]
        attributions.put(connection, [explained(number), explained(number, HOUR)])
        attributions.put(connection, [explained(number, rows=3, changed_at=2)])
        first, second = attributions.between(connection, [number], 3600, 0, 2 * HOUR)
        assert (first.rows, first.revision, first.changed_at) == (3, 2, 2)
        assert attributions.between(connection, [number], 86400, 0, 2 * HOUR) == []
        assert attributions.expire(connection, 3600, HOUR) == 1
        assert attributions.between(connection, [number], 3600, 0, 2 * HOUR) == [second]

    def test_labelled_rows_are_counted_by_time(self, connection, model):
        made = series.ensure(connection, [(model, "1", ""), (model, "2", "")])
        first, second = (made[model, version, ""] for version in "12")
        outcomes.put(
            connection, [outcome(first, HOUR), outcome(second), outcome(first, labelled=0)]
        )
        assert outcomes.counts(connection, [first, second], 3600, 0, 2 * HOUR) == [
            (second, 0, 2),
            (first, HOUR, 2),
        ]
        assert outcomes.of_whom(connection) == []
        outcomes.put(connection, [outcome(first, resolution=86400)])
        assert outcomes.of_whom(connection) == [model]

    def test_an_estimate_is_put_and_put_again(self, connection, model):
        number = series.ensure(connection, [(model, "1", "")])[model, "1", ""]
        estimates.put(connection, [estimate_of(number), estimate_of(number, HOUR)])
        estimates.put(connection, [estimate_of(number, body=b"y", estimator=2)])
        first, second = estimates.between(connection, [number], 3600, 0, 2 * HOUR)
        assert (first.body, first.estimator, second.body) == (b"y", 2, b"x")
        assert estimates.made(connection, [number], 3600, 0, 2 * HOUR) == {
            (number, 0): estimates.Made(2, 2, 1),
            (number, HOUR): estimates.Made(2, 1, 1),
        }
        assert estimates.expire(connection, 3600, HOUR) == 1
        assert estimates.between(connection, [number], 3600, 0, 2 * HOUR) == [second]

    def test_the_latest_estimator_of_a_version_that_learned_is_in_use(self, connection, model):
        for version, body in (("", b"a"), ("2", b"b"), ("", b"c"), ("2", b"")):
            estimators.add(connection, estimator(model, version=version, body=body))
        every = estimators.of(connection, model)
        assert [each.number for each in every] == [1, 2, 3, 4]
        assert {v: each.number for v, each in estimators.in_use(every).items()} == {"": 3, "2": 2}

    def test_what_has_come_is_taken_in_its_order_and_goes(self, connection, model):
        other = models.ensure(connection, "a", ["y"], 1)["y"].id
        keys = np.array([7, 3], dtype=np.uint64)
        arrivals.add(connection, [arrivals.of_labels(other, ["o"], 1)])
        arrivals.add(connection, [arrivals.of_labels(model, ["a", ODD], 2)])
        arrivals.add(connection, [arrivals.of_predictions(model, keys, 3)])
        assert arrivals.waiting(connection) == [other, model]
        labels, predictions = arrivals.of(connection, model, 10)
        assert arrivals.ids_of(labels.body) == ["a", ODD]
        assert arrivals.keys_of(predictions.body).tolist() == [3, 7]
        assert [each.id for each in arrivals.of(connection, model, 1)] == [labels.id]
        arrivals.remove(connection, [labels.id, predictions.id])
        assert arrivals.waiting(connection) == [other]

    def test_what_waits_is_counted_and_ends(self, connection, model):
        unmatched.add(connection, [missed(model), missed(model, "0:8", at=5)])
        assert unmatched.models(connection) == {model}
        assert unmatched.again(connection, "0:9") == [model]
        assert unmatched.again(connection, "0:8") == []
        assert unmatched.count(connection, model) == 4
        first, second = unmatched.of(connection, model)
        assert (first.since, second.since) == ("", "0:8")
        assert unmatched.expire(connection, 5) == 1
        unmatched.remove(connection, [second.id])
        assert unmatched.models(connection) == set()


def incident(model):
    return incidents.Kept(
        id=f"of {model}",
        tenant="a",
        key=model,
        model=model,
        family="drift",
        state="open",
        severity="low",
        title="",
        owner="",
        opened_at=1,
        changed_at=1,
        due_at=None,
        revision=1,
        body={},
    )


def happened(model):
    return incidents.Event(incident=f"of {model}", seq=1, at=1, kind="open", who="", detail={})


def notice(model):
    return notices.Kept(
        id=f"about {model}",
        tenant="a",
        incident=f"of {model}",
        channel="c",
        kind="open",
        seq=0,
        status="queued",
        severity="low",
        exempt=False,
        made_at=1,
        body={},
        digest="",
        due_at=1,
        tries=0,
        lease_until=None,
        token="",
        ended_at=None,
        answer="",
    )


def alert(model):
    return alerts.Kept(
        fingerprint=model,
        tenant="a",
        model=model,
        rule="m",
        state="firing",
        incident=f"of {model}",
        rearm_at=None,
        body={},
    )


def monitor(connection, name="m", **more):
    given = {"origin": "file", "at": 1, "by": "me", **more}
    return monitors.add(connection, "a", name, {"kind": "metric"}, **given)


def reading(target, slot, **more):
    given = {
        "status": "ok",
        "severity": None,
        "value": 1.5,
        "n": 3,
        "reason": "",
        "detail": None,
        "revision": 1,
        "made_at": slot + 1,
        **more,
    }
    return readings.Reading(target=target, slot=slot, **given)


class TestMonitors:
    def test_who_saw_an_older_one_changes_nothing(self, connection):
        first = monitor(connection, ODD)
        second = monitors.change(connection, first, {"b": 2}, origin="api", at=9, by="you")
        assert (second.revision, second.document, second.created_at) == (2, {"b": 2}, 1)
        assert monitors.by_name(connection, "a", ODD) == second
        with pytest.raises(StaleError, match="changed meanwhile"):
            monitors.change(connection, first, {}, origin="api", at=9, by="you")
        assert [each.name for each in monitors.listed(connection, "a")] == [ODD]
        assert monitors.listed(connection, "b") == []
        monitors.remove(connection, [first.id])
        assert monitors.listed(connection) == []

    def test_a_target_is_one_and_remembers_the_last_slot(self, connection, model):
        number = monitor(connection).id
        keys = [targets.Of(number, model, "1", ""), targets.Of(number, model, "", ODD)]
        first = targets.ensure(connection, keys)
        assert targets.ensure(connection, keys[::-1]) == first
        told = [targets.Told(first[key].id, 5, b"state", b"rule") for key in keys]
        targets.remember(connection, told)
        found = targets.ensure(connection, keys)[keys[0]]
        assert (found.slot, found.rule, found.state) == (5, b"rule", b"state")
        assert {each.of for each in targets.of_model(connection, model)} == set(keys)


class TestTrainings:
    def test_sets_are_numbered_by_model(self, connection, model):
        other = models.ensure(connection, "a", ["other"], 5)["other"].id
        told = {"version": "", "name": ODD, "at": 5, "by": "me"}
        made = [
            trainings.add(connection, each, {ODD: 0.1, "b": -1e300}, **told)
            for each in (model, model, other)
        ]
        assert [each.number for each in made] == [1, 2, 1]
        assert trainings.listed(connection, model) == made[1::-1]
        assert made[0].metrics == {ODD: 0.1, "b": -1e300}


class TestLate:
    def test_the_oldest_come_first(self, connection, model):
        late.note(connection, [late_one(model, 7, 60), late_one(model, 7, 0), late_one(model, 2)])
        found = late.oldest(connection, 2)
        assert [(each.series, each.start) for each in found] == [(2, 0), (7, 0)]

    def test_what_changed_again_since_it_was_seen_stays(self, connection, model):
        seen = [late_one(model, 1), late_one(model, 2), late_one(model, 3)]
        late.note(connection, seen)
        late.note(connection, [late_one(model, 1, position="0:2")])
        late.remove(connection, seen[:2])
        late.go_on(connection, [late_one(model, 1, slot=5), late_one(model, 3, slot=5)])
        found = late.oldest(connection, 10)
        assert [(each.series, each.position, each.slot) for each in found] == [
            (1, "0:2", 0),
            (3, "0:1", 5),
        ]


class TestReadings:
    @pytest.fixture
    def target(self, connection, model):
        key = targets.Of(monitor(connection).id, model, "", "")
        return targets.ensure(connection, [key])[key].id

    def test_a_slot_is_read_once_and_may_be_restated(self, connection, target):
        readings.add(connection, [reading(target, 60), reading(target, 120)])
        readings.add(connection, [reading(target, 120, value=9.0), reading(target, 180)])
        assert [each.value for each in readings.between(connection, [target], 0, 180)] == [1.5] * 3
        readings.restate(connection, [reading(target, 120, value=None, revision=2)])
        found = readings.between(connection, [target], 60, 120)
        assert [(each.value, each.revision) for each in found] == [(None, 2)]
        assert readings.get(connection, [(target, 120), (target, 240)]) == {(target, 120): found[0]}
        readings.restate(connection, [reading(target, 240)])
        assert readings.get(connection, [(target, 240)]) == {}
        assert readings.latest(connection, [target])[target].slot == 180

    def test_old_ones_become_hours(self, connection, target):
        worst = {"status": "breach", "severity": "high"}
        some = [
            reading(target, HOUR // 2, value=5.0, **worst),
            reading(target, HOUR, value=None, status="breach", severity="low"),
            reading(target, HOUR + 1, value=2.0),
            reading(target, 3 * HOUR, value=4.0),
        ]
        readings.add(connection, some)
        assert readings.down_sample(connection, HOUR - 1) == 0
        assert readings.down_sample(connection, 2 * HOUR) == 2
        assert readings.down_sample(connection, 2 * HOUR) == 1
        assert readings.down_sample(connection, 2 * HOUR) == 0
        first, second = readings.hours(connection, [target], 0, 4 * HOUR)
        assert (first.start, first.readings, first.breaches, first.severity) == (0, 2, 2, "high")
        assert (first.low, first.high, first.last, first.n) == (5.0, 5.0, 5.0, 6)
        assert (second.start, second.last, second.severity) == (HOUR, 2.0, None)
        assert [each.slot for each in readings.between(connection, [target], 0, 9 * HOUR)] == [
            3 * HOUR
        ]
        assert readings.expire(connection, HOUR) == 1


class TestSeries:
    def test_a_series_keeps_its_number(self, connection, model):
        keys = [(model, "1", ""), (model, "1", "tags.region=eu"), (model, ODD, "")]
        first = series.ensure(connection, keys)
        assert set(first) == set(keys)
        assert series.ensure(connection, [*keys, (model, "2", "")])[keys[1]] == first[keys[1]]
        assert [(one.version, one.segment) for one in series.of(connection, model)] == sorted(
            [("1", ""), ("1", "tags.region=eu"), (ODD, ""), ("2", "")]
        )


class TestWindows:
    @pytest.fixture
    def two(self, connection, model):
        keys = [(model, "1", ""), (model, "2", "")]
        return [series.ensure(connection, keys)[key] for key in keys]

    def test_what_is_put_takes_the_place_of_what_was_there(self, connection, two):
        windows.put(connection, [window(two[0], profile=b"one", rows=2**40)])
        first = windows.get(connection, [(two[0], 60, 0)])[two[0], 60, 0]
        assert first == window(two[0], profile=b"one", rows=2**40, revision=1)
        windows.put(connection, [window(two[0], rows=9, traffic=b"", changed_at=8)])
        assert windows.get(connection, [(two[0], 60, 0), (two[1], 60, 0)]) == {
            (two[0], 60, 0): window(two[0], rows=9, traffic=b"", changed_at=8, revision=2)
        }

    def test_many_at_once(self, connection, two):
        many = [window(two[n % 2], n, revision=1) for n in range(2500)]
        windows.put(connection, many[::-1])
        assert windows.get(connection, (w.key for w in many)) == {w.key: w for w in many}

    def test_between_is_half_open_and_in_order(self, connection, two):
        windows.put(connection, [window(n, s) for s in (0, 60, 120, 180) for n in two])
        windows.put(connection, [window(two[0], 60, resolution=300)])
        found = windows.between(connection, two[::-1], 60, 60, 180)
        assert [(w.series, w.start) for w in found] == [
            (two[0], 60), (two[0], 120), (two[1], 60), (two[1], 120)
        ]  # fmt: skip
        assert windows.between(connection, two[:1], 300, 0, 61)[0].resolution == 300
        assert windows.between(connection, [], 60, 0, 999) == []

    @pytest.mark.parametrize("at_once", [1, 3, 4, 100])
    def test_all_series_can_be_gone_through(self, connection, two, at_once):
        windows.put(connection, [window(n, s) for s in (0, 60, 120, 180) for n in two])
        windows.put(connection, [window(two[0], 60, resolution=300)])
        seen = []
        for one in windows.rolled(connection, 60, 60, 180, at_once=at_once):
            seen.append((one.start, one.series))
            windows.put(connection, [window(one.series, one.start, resolution=300)])
        assert seen == [(60, two[0]), (60, two[1]), (120, two[0]), (120, two[1])]

    def test_the_oldest_expire_some_at_a_time(self, connection, two):
        windows.put(connection, [window(n, s) for s in (0, 60, 120) for n in two])
        windows.put(connection, [window(two[0], 0, resolution=3600)])
        assert windows.expire(connection, 60, 120, 3) == 3
        assert [w.start for w in windows.rolled(connection, 60, 0, 999)] == [60, 120, 120]
        assert windows.expire(connection, 60, 120, 3) == 1
        assert windows.expire(connection, 60, 120, 3) == 0
        assert len(list(windows.rolled(connection, 3600, 0, 999))) == 1

    def test_a_new_layout_removes_one_model_s(self, connection, two):
        other = models.ensure(connection, "a", ["other"], 1)["other"].id
        kept = series.ensure(connection, [(other, "1", "")])[other, "1", ""]
        windows.put(connection, [window(n) for n in (*two, kept)])
        windows.put(connection, [window(kept, 60)])
        assert windows.forget(connection, other, since=60) == 1
        assert windows.forget(connection, other) == 1
        assert [w.series for w in windows.rolled(connection, 60, 0, 99)] == two


class TestParts:
    def test_those_that_may_hold_a_time_are_live(self, connection, model):
        other = models.ensure(connection, "a", ["other"], 1)["other"].id
        ids = parts.add(
            connection,
            [
                part(model, "late", 20, 30),
                part(model, "early", 0, 10),
                part(model, "labels", 0, 10, kind="labels"),
                part(other, "other", 0, 10),
            ],
        )

        def files(*times):
            return [one.file for one in parts.live(connection, model, "predictions", *times)]

        assert files() == ["early", "late"]
        assert files(10, 20) == ["early", "late"]
        assert files(11, 19) == []
        assert files(None, 19) == ["early"]
        assert files(11) == ["late"]
        assert parts.live(connection, model, "labels")[0] == part(
            model, "labels", 0, 10, kind="labels", id=ids[2]
        )

    def test_a_file_is_listed_once(self, connection, model):
        first = parts.add(connection, [part(model, "a"), part(model, "b")])
        assert parts.add(connection, [part(model, "b"), part(model, "a")]) == first[::-1]
        assert parts.totals(connection) == (2, 14, 200)
        parts.replace(connection, first[:1], [], 9)
        assert parts.files(connection) == {"a", "b"}
        assert parts.held(connection) == [(model, "predictions", 1, 10)]

    def test_replacing_is_whole_and_can_be_told_twice(self, connection, model):
        old = parts.add(connection, [part(model, "a"), part(model, "b")])
        new = [part(model, "ab", level=1, rows=14)]
        first = parts.replace(connection, old, new, 50)
        assert parts.replace(connection, old, new, 60) == first
        assert [one.file for one in parts.live(connection, model, "predictions")] == ["ab"]
        assert parts.totals(connection, model) == (1, 14, 100)
        assert parts.doomed(connection, 50) == []
        assert [one.file for one in parts.doomed(connection, 51)] == ["a", "b"]
        parts.forget(connection, [*old, *first])
        assert parts.doomed(connection, 51) == []
        assert parts.totals(connection) == (1, 14, 100)

    def test_what_is_replaced_already_is_not_replaced_again(self, connection, model):
        old = parts.add(connection, [part(model, "a"), part(model, "b")])
        parts.replace(connection, old[:1], [], 50)
        with pytest.raises(StaleError, match="1 of 2 parts"):
            parts.replace(connection, old, [part(model, "ab")], 60)

    def test_nothing_is_nothing(self, connection, model):
        assert parts.add(connection, []) == []
        assert parts.totals(connection, model) == (0, 0, 0)


def tail(model, **more):
    given = {"kind": "labels", "position": "1:8", "rows": 5, "bytes": 50, "since": 9, **more}
    return tails.Tail(model=model, **given)


def test_tails_are_put_and_forgotten(connection, model):
    first = tails.Tail(
        model=model, kind="predictions", position="1:8", rows=5, dropped=b"x", bytes=50, since=9
    )
    second = tails.Tail(model=model, kind="labels", position="1:8", rows=5, bytes=50, since=9)
    tails.put(connection, [first, second])
    assert tails.all(connection) == tails.of(connection, model) == [second, first]
    moved = tails.Tail(model=model, kind="labels", position="2:0", rows=0, bytes=0, since=10)
    tails.put(connection, [moved])
    tails.forget(connection, [(model, "predictions"), (model, "never")])
    assert tails.all(connection) == [moved]


def test_id_runs_grow_are_sealed_and_forgotten(connection):
    first = id_runs.IdRun(file="b", rows=5, sealed=False, digest=None, first_at=1, last_at=2)
    id_runs.put(connection, [first])
    grown = id_runs.IdRun(file="b", rows=9, sealed=True, digest="d", first_at=1, last_at=4)
    other = id_runs.IdRun(file="a", rows=1, sealed=False, digest=None, first_at=3, last_at=3)
    id_runs.put(connection, [grown, other])
    assert id_runs.all(connection) == [grown, other]
    id_runs.forget(connection, ["b", "never"])
    assert id_runs.all(connection) == [other]


def signal(model, **more):
    given = {"subject": "features.a", "detail": "x", "rows": 2, "first_at": 5, "last_at": 6, **more}
    return signals.Signal(model=model, **{"code": "late", "start": 0, **given})


def test_signals_add_up_within_an_hour(connection, model):
    signals.add(connection, [signal(model), signal(model, start=HOUR)])
    signals.add(connection, [signal(model, rows=3, first_at=1, last_at=9, detail="say \0 \ud800")])
    signals.add(connection, [signal(model, first_at=7, last_at=8, code="new-feature")])
    summed = signal(model, rows=5, first_at=1, last_at=9, detail="say \ufffd ?")
    new = signal(model, first_at=7, last_at=8, code="new-feature")
    assert signals.of(connection, model, 0, HOUR) == [summed, new]
    assert signals.of(connection, model, 0, HOUR, code="late") == [summed]
    assert signals.of(connection, model, 0, 2 * HOUR)[0].start == HOUR
    assert signals.expire(connection, HOUR) == 2
    assert len(signals.of(connection, model, 0, 2 * HOUR)) == 1


def test_schemas_are_numbered_and_come_back_as_they_were(connection, model):
    other = models.ensure(connection, "a", ["other", "none"], 1)
    first = Schema.of({"age": "numeric", ODD: "category"})
    second = first.edit(age="text")
    schemas.add(connection, model, first, at=1, by="me", why="")
    added = schemas.add(connection, model, second, at=2, by=ODD, why="say \0")
    schemas.add(connection, other["other"].id, first, at=3, by="me", why="")
    assert (added.number, added.schema, added.why) == (2, second, "say \ufffd")
    found = schemas.latest(connection, [model, *(one.id for one in other.values())])
    assert {key: one.number for key, one in found.items()} == {model: 2, other["other"].id: 1}
    assert found[model] == added
    assert [one.schema for one in schemas.listed(connection, model)] == [second, first]


def test_a_layout_is_kept_once_in_each_model(connection, model):
    other = models.ensure(connection, "a", ["other"], 1)["other"].id
    first = layouts.ensure(connection, model, b"\0one", 1)
    assert layouts.ensure(connection, model, b"\0one", 2) == first
    ids = [first.id, layouts.ensure(connection, other, b"\0one", 2).id]
    ids.append(layouts.ensure(connection, model, b"two", 2).id)
    assert {key: one.body for key, one in layouts.get(connection, ids).items()} == dict(
        zip(ids, [b"\0one", b"\0one", b"two"], strict=True)
    )


def baseline(model, layout, **more):
    given = {"source": "learned", "profile": b"\0p", "rows": 10, "name": "first", **more}
    who = {"created_at": 2, "created_by": "tidegauge", "why": ""}
    return baselines.Baseline(model=model, layout=layout, first_at=1, **who, **given)


def test_baselines_are_numbered_and_the_last_is_in_force(connection, model):
    layout = layouts.ensure(connection, model, b"l", 1).id
    baselines.add(connection, baseline(model, layout))
    added = baselines.add(connection, baseline(model, layout, source="upload", version="2"))
    assert (added.number, added.version, added.profile) == (2, "2", b"\0p")
    assert baselines.latest(connection, [model, 999]) == {model: added}
    assert [one.number for one in baselines.listed(connection, model)] == [2, 1]
    assert baselines.files(connection) == set()
    baselines.add(connection, baseline(model, layout, file="f"))
    assert baselines.files(connection) == {"f"}


def letter(**more):
    given = {"model": "m", "kind": "labels", "reason": "r", "detail": "\0", "body": b"\0", **more}
    return dead_letters.DeadLetter(tenant="a", **{"at": 1, "size": 1, "position": "1:1", **given})


def test_dead_letters_are_cut_and_paged(connection):
    dead_letters.add(connection, [letter(at=n, detail=str(n)) for n in range(5)])
    dead_letters.add(connection, [letter(at=9, body=b"x" * 100_000, size=100_000)])
    first = dead_letters.listed(connection, "a", limit=4)
    assert [one.at for one in first] == [9, 4, 3, 2]
    assert (len(first[0].body), first[0].size, first[0].detail) == (65536, 100_000, "\ufffd")
    rest = dead_letters.listed(connection, "a", before=first[-1].id)
    assert [one.at for one in rest] == [1, 0]
    assert dead_letters.listed(connection, "b") == []
    assert dead_letters.expire(connection, 3) == 3


def test_drops_add_up(connection):
    one = drops.Drop(tenant="a", model="m", reason="r", start=0, rows=2)
    later = drops.Drop(tenant="a", model="m", reason="r", start=HOUR, rows=1)
    drops.add(connection, [one, later])
    drops.add(connection, [one])
    assert drops.between(connection, "a", 0, HOUR) == [
        drops.Drop(tenant="a", model="m", reason="r", start=0, rows=4)
    ]
    assert drops.expire(connection, HOUR) == 1
    assert drops.between(connection, "a", 0, 2 * HOUR) == [later]


def test_halves_wait_for_the_other(connection):
    halves = [pending.Pending(kind="kserve", key=f"k{n}", at=n, body=b"%d" % n) for n in range(4)]
    pending.put(connection, halves)
    pending.put(connection, [pending.Pending(kind="other", key="k1", at=1, body=b"x")])
    assert pending.get(connection, "kserve", ["k1", "k9"]) == {"k1": halves[1]}
    assert pending.older(connection, "kserve", 3, 2) == halves[:2]
    pending.forget(connection, "kserve", ["k1"])
    assert pending.older(connection, "kserve", 3, 9) == [halves[0], halves[2]]
    assert len(pending.get(connection, "other", ["k1"])) == 1


def number_of(model, **more):
    given = {"tags": "{}", "n": 1, "total": 2.5, "low": 2.5, "high": 2.5, "last": 2.5, **more}
    return numbers.Number(
        model=model, name="latency", resolution=60, start=0, **{"squares": 6.25, **given}
    )


def test_numbers_add_up(connection):
    numbers.add(connection, [number_of(0)])
    numbers.add(connection, [number_of(0, total=-1.0, low=-1.0, high=-1.0, last=-1.0, squares=1.0)])
    numbers.add(connection, [number_of(0, tags='{"a":"b"}', high=float("inf"))])
    second, first = numbers.between(connection, 0, "latency", 60, 0, 1)
    assert first == number_of(0, n=2, total=1.5, low=-1.0, last=-1.0, squares=7.25)
    assert second.high == float("inf")
    assert numbers.between(connection, 0, "latency", 60, 1, 99) == []
    assert numbers.expire(connection, 60, 1) == 2


def test_tags_make_one_key_however_long_they_are(connection):
    assert numbers.tags_key({"b": "1", "a": ODD}) == numbers.tags_key({"a": ODD, "b": "1"})
    # Nothing that a database could make small.
    long = {f"tag{n}": "".join(chr(0x4E00 + n * 64 + k * 7) for k in range(1000)) for n in range(9)}
    keys = {numbers.tags_key(long), numbers.tags_key({**long, "tag8": "other"})}
    assert len(keys) == 2
    numbers.add(connection, [number_of(0, tags=key) for key in keys])
    assert {one.tags for one in numbers.between(connection, 0, "latency", 60, 0, 1)} == keys


def test_the_audit_is_paged_from_the_latest(connection):
    for at in range(5):
        audit.add(connection, at=at, who="me", what="did", subject=ODD, detail={"at": at, "x": ODD})
    first = audit.listed(connection, limit=3)
    assert [one.at for one in first] == [4, 3, 2]
    assert first[0].detail == {"at": 4, "x": ODD}
    assert [one.at for one in audit.listed(connection, before=first[-1].id)] == [1, 0]


def test_a_job_that_is_over_stays_as_it_is(connection):
    job = jobs.Job(
        id="1", kind="export", subject="m", state="waiting", progress=0.0, detail={},
        created_at=1, changed_at=1, created_by="me",
    )  # fmt: skip
    jobs.add(connection, job)
    jobs.add(connection, job)
    assert jobs.listed(connection, ["waiting"]) == [job]
    running = jobs.change(connection, "1", 2, state="running", progress=0.5)
    assert (running.state, running.progress, running.changed_at) == ("running", 0.5, 2)
    jobs.change(connection, "1", 3, state="cancelled")
    with pytest.raises(StaleError, match="is over"):
        jobs.change(connection, "1", 4, state="done")
    assert jobs.get(connection, "1").state == "cancelled"
    assert jobs.get(connection, "2") is None


def test_keys_are_found_through_the_index_however_large_the_table_is(connection, model):
    """SQLite's planner knows no sizes, so its plan for a few rows is that for many."""
    asked = []
    event.listen(connection, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    windows.get(connection, [(1, 60, 0), (2, 60, 0)])
    series.ensure(connection, [(model, "1", ""), (model, "2", "")])
    windows.expire(connection, 60, 5, 9)
    windows.between(connection, [1, 2], 60, 0, 9)
    list(windows.rolled(connection, 60, 0, 9))
    parts.live(connection, model, "predictions", 0, 9)
    if connection.dialect.name != "sqlite":
        # It plans by size, and reads the whole of a small table: the keys are not turned to ORs.
        assert not any(" OR " in statement for statement, _ in asked)
        return
    for statement, values in [one for one in asked if not one[0].startswith("INSERT")]:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        scanned = [row[-1] for row in plan if row[-1].startswith("SCAN")]
        assert all("wanted" in line or "CONSTANT" in line for line in scanned), (statement, scanned)
