"""References to files through a job's life, on both databases; removal against rollout."""

import threading
from dataclasses import replace

import pytest
from retrain_world import DAY, SECOND, START, TARGET
from sqlalchemy import delete

from tidegauge.catalog import StaleError, artifacts, rollouts, series, tables, windows
from tidegauge.catalog.artifacts import Artifact
from tidegauge.retrain import artifacts as steps
from tidegauge.retrain import queue, rollout
from tidegauge.retrain.artifacts import InUseError
from tidegauge.retrain.policy import Policy
from tidegauge.retrain.rollout import NoRolloutError
from tidegauge.retrain.shelf import held
from tidegauge.series.reach import Reach
from tidegauge.worker.roll import KEPT

CANDIDATE = {"version": "2", "uri": "file:///models/m/2", "size_bytes": 7, "training_seconds": 0.5}
BETTER = {"candidate": CANDIDATE, "proof": {"metric": "accuracy"}}


def named(model, version, **more):
    told = {"uri": "", "digest": "", "metrics": {}, "importance": {}, "metadata": {}}
    told |= dict.fromkeys(("size_bytes", "trained_at", "training_seconds", "gone_at"))
    told |= {"retraining": "", "is_pinned": False, "state": "kept", "created_by": "me"}
    told |= {"created_at": START, "changed_at": START}
    return Artifact(model=model.id, version=version, tenant="default", **(told | more))


def answered(world, model, version, at, rows=3):
    def write(connection):
        number = series.ensure(connection, [(model.id, version, "")])[model.id, version, ""]
        start = at // (3600 * SECOND) * (3600 * SECOND)
        given = {"resolution": 3600, "rows": rows, "traffic": b"", "changed_at": at}
        windows.put(connection, [windows.Window(series=number, start=start, **given)])

    world.catalog.write(write)


def shelf(world, model, keep=1):
    with world.catalog.read() as connection:
        return of(connection, world, model, keep)


def of(connection, world, model, keep=1):
    reach = Reach(world.at, {300: world.at, 3600: world.at, 86400: 0}, KEPT)
    found = held(connection, [model], reach, keep=keep, lag=0.0, at=world.at)[model.id]
    return {each.artifact.version: each for each in found}


def removed(world, model, version):
    return world.catalog.write(lambda c: steps.remove(c, of(c, world, model)[version], world.at))


def trained(world, name="m"):
    """A job whose candidate is there."""
    world.add(name)
    made = world.write(
        queue.ask,
        queue.Wanted(
            model=world.known[name],
            policy=Policy.model_validate({"name": "again", "models": "*", "target": TARGET}),
            origin="manual",
            by="me",
            key=name,
        ),
        world.at,
    )
    assert not isinstance(made, queue.Refusal), made
    return world.write(queue.trained, world.claim(), world.at, CANDIDATE)


class TestAJobsCandidate:
    def test_is_kept_while_it_is_proved_and_when_it_has(self, both):
        job = trained(both)
        model = both.known["m"]
        answered(both, model, "1", both.at)
        both.write(steps.put, named(model, "1"))
        first = shelf(both, model)["2"]
        assert (first.artifact.retraining, first.artifact.training_seconds) == (job.id, 0.5)
        assert first.artifact.trained_at == both.at
        assert first.why == ("its job is not over", True)
        both.write(queue.end, job, "succeeded", both.at, result=BETTER)
        assert shelf(both, model)["2"].why == ("it is one of the newest 1", False)

    def test_is_spare_as_soon_as_it_is_rejected(self, both):
        job = trained(both)
        model = both.known["m"]
        answered(both, model, "1", both.at)
        both.write(steps.put, named(model, "1"))
        both.write(queue.end, job, "rejected", both.at, result=BETTER)
        found = shelf(both, model)["2"]
        assert (found.is_spare, found.job) == (True, "rejected")

    def test_put_by_hand_again_is_still_the_job_s(self, world):
        job = trained(world)
        model = world.known["m"]
        again = world.write(steps.put, named(model, "2", metrics={"auc": 0.9}))
        assert (again.retraining, dict(again.metrics)) == (job.id, {"auc": 0.9})
        assert world.write(steps.put, named(model, "2", metrics={"auc": 0.9})) == again

    def test_under_a_name_that_is_being_removed_cannot_serve(self, world):
        model = world.add("m")
        world.write(steps.put, named(model, "2"))
        world.write(steps.put, named(model, "1"))
        answered(world, model, "1", world.at)
        removed(world, model, "2")
        job = trained(world)
        job = world.write(queue.end, job, "succeeded", world.at, result=BETTER)
        with pytest.raises(NoRolloutError, match="version 2 is being removed"):
            world.write(rollout.promote, job, "1", world.at, "me")


class TestRemoving:
    @pytest.fixture
    def model(self, world):
        model = world.add("m")
        for version in "123":
            world.write(steps.put, named(model, version, created_at=START + int(version)))
        answered(world, model, "1", world.at - 30 * DAY)
        answered(world, model, "2", world.at - 3600 * SECOND)
        return model

    def test_refuses_what_answers_and_what_answered_before_it(self, world, model):
        for version in "12":
            with pytest.raises(InUseError, match=f"version {version} is kept"):
                removed(world, model, version)
        assert removed(world, model, "3").state == "removing"
        assert removed(world, model, "3").state == "removing"

    def test_goes_one_way_until_it_is_put_again(self, world, model):
        own = shelf(world, model)["3"].artifact
        with pytest.raises(InUseError, match="removed first"):
            world.write(steps.gone, own, world.at)
        leaving = removed(world, model, "3")
        with pytest.raises(InUseError, match="put it when it is gone"):
            world.write(steps.put, named(model, "3"))
        with pytest.raises(InUseError, match="none to pin"):
            world.write(steps.pin, leaving, world.at, is_pinned=True)
        gone = world.write(steps.gone, leaving, world.at)
        assert (gone.state, gone.gone_at) == ("gone", world.at)
        assert world.write(steps.gone, gone, world.at) == gone
        assert shelf(world, model)["3"].why == ("its file is gone", False)
        again = world.write(steps.put, named(model, "3"))
        assert (again.state, again.gone_at) == ("kept", None)

    def test_a_pin_holds_it(self, world, model):
        own = shelf(world, model)["3"].artifact
        pinned = world.write(steps.pin, own, world.at, is_pinned=True)
        with pytest.raises(InUseError, match="it is pinned"):
            removed(world, model, "3")
        world.write(steps.pin, pinned, world.at, is_pinned=False)
        assert removed(world, model, "3").state == "removing"

    def test_who_uses_it_is_told(self, world, model):
        found = shelf(world, model)
        assert (found["2"].use.rows, found["2"].use.last_at) == (3, world.at - 3600 * SECOND)
        assert (found["1"].use.rows, found["1"].use.is_way_back) == (0, True)
        assert (found["3"].use.rows, found["3"].use.last_at) == (0, None)


def test_one_cannot_go_back_to_what_is_gone(world):
    job = trained(world)
    model = world.known["m"]
    job = world.write(queue.end, job, "succeeded", world.at, result=BETTER)
    lost = named(model, "1", state="gone", gone_at=1)
    world.write(artifacts.add, lost)
    out = world.write(rollout.promote, job, "1", world.at, "me")
    with pytest.raises(NoRolloutError, match="nothing to go back to: version 1 is gone"):
        world.write(rollout.roll_back, job, out, world.at, "bad")


def test_of_removal_and_rollout_one_wins_however_they_meet(both):
    """Both look before they write: whoever comes second has to see the first."""
    job = trained(both)
    model = both.known["m"]
    job = both.write(queue.end, job, "succeeded", both.at, result=BETTER)
    both.write(steps.put, named(model, "1"))
    answered(both, model, "1", both.at)
    ends = set()
    for _turn in range(20):
        start, won = threading.Barrier(2), []

        def promote(start=start, won=won):
            start.wait()
            try:
                both.write(rollout.promote, job, "1", both.at, "me")
                won.append("rolled out")
            except NoRolloutError:
                pass

        def remove(start=start, won=won):
            start.wait()
            try:
                removed(both, model, "2")
                won.append("removed")
            except (InUseError, StaleError):
                pass

        threads = [threading.Thread(target=each) for each in (promote, remove)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert len(won) == 1
        ends.update(won)
        both.write(reset, job, model)
    assert ends


def reset(connection, job, model):
    table = tables.rollouts
    connection.execute(delete(table).where(table.c.retraining == job.id))
    assert not rollouts.unended(connection, model.id)
    before = artifacts.get(connection, model.id, "2")
    later = replace(before, state="kept", changed_at=before.changed_at + 1)
    artifacts.change(connection, before, later)
