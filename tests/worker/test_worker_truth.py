"""Labels and predictions in any order: outcomes are those of a naive oracle (PR-1 to PR-3)."""

import random
import threading
from collections import defaultdict

import pytest
from worker_case import MINUTES, START, Case, prediction

from tidegauge import failpoint
from tidegauge.catalog import FencedError, arrivals, models, outcomes, series, unmatched
from tidegauge.performance import decode
from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.store import DamagedError
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, SECOND
from tidegauge.worker.truth import Truth

SIZES = (FIVE_MINUTES, HOUR, DAY)


class Joining(Case):
    at = START

    @property
    def truth(self):
        source = Source(self.catalog, self._reader, threading.Lock(), Memory(most=4))
        return Truth(self.catalog, source, self.store, clock=lambda: self.at)

    def join(self):
        self.count()
        truth = self.truth
        while truth.step():
            pass

    def labels(self, *labels, at=None):
        self.send([{"model_id": "m", **label} for label in labels], at or self.at, kind="labels")

    def outcomes(self, sizes=SIZES):
        """By version, segment, size and start."""
        found = {}
        with self.catalog.read() as connection:
            model = models.by_name(connection, "default", "m")
            for each in series.of(connection, model.id):
                for size in sizes:
                    for one in outcomes.between(connection, [each.id], size, 0, 1 << 62):
                        found[each.version, each.segment, size, one.start] = one
        return found

    def waiting(self):
        with self.catalog.read() as connection:
            model = models.by_name(connection, "default", "m")
            return unmatched.count(connection, model.id)

    def accuracy(self, size=DAY):
        (one,) = self.outcomes([size]).values()
        return decode(one.body)[""].figures()["accuracy"].value


@pytest.fixture
def case(tmp_path):
    made = Joining(tmp_path)
    yield made
    made.close()


def said(number, label="yes", at=START, **more):
    return prediction(random.Random(number), number, at=at, prediction_label=label, **more)


def true(number, label="yes", **more):
    return {"prediction_id": f"m-{number}", "actual_label": label, **more}


class TestOrder:
    def test_a_label_after_its_prediction(self, case):
        case.send([said(1), said(2, "no"), said(3)], START)
        case.labels(true(1), true(2))
        case.join()
        assert {one.labelled for one in case.outcomes().values()} == {2}
        assert case.accuracy() == 0.5

    def test_a_label_before_its_prediction_waits_for_it(self, case):
        case.send([said(1)], START)
        case.labels(true(1), true(2, "no"))
        case.join()
        assert case.waiting() == 1
        case.send([said(3)], START + 1)
        case.join()
        assert case.waiting() == 1
        case.send([said(2)], START + 2)
        case.join()
        assert case.waiting() == 0
        assert case.accuracy() == 0.5

    def test_a_prediction_that_is_counted_while_its_label_is_looked_for(self, case, monkeypatch):
        case.send([said(1)], START)
        case.count()
        case.labels(true(2, "no"))
        case.count()
        truth = case.truth
        looked = truth._predictions

        def late(*args):
            """It was looked for, and only now it comes."""
            found = looked(*args)
            monkeypatch.setattr(truth, "_predictions", looked)
            case.send([said(2)], START + 1)
            case.count()
            return found

        monkeypatch.setattr(truth, "_predictions", late)
        truth.step()
        assert case.waiting() == 1
        truth.step()
        assert case.waiting() == 0
        assert case.accuracy() == 0.0

    def test_a_label_waits_for_a_month_and_no_longer(self, case):
        case.labels(true(1))
        case.join()
        case.at += 29 * DAY * SECOND
        case.labels(true(2))
        case.join()
        assert case.waiting() == 2
        case.at += 2 * DAY * SECOND
        case.labels(true(3))
        case.join()
        case.truth._tidy()
        assert case.waiting() == 2

    def test_what_does_not_change_is_not_put_again(self, case):
        case.send([said(1), said(2)], START)
        case.labels(true(1), true(2))
        case.join()
        case.labels(true(1))
        case.join()
        assert {one.revision for one in case.outcomes().values()} == {1}
        case.labels(true(1, "no", timestamp=START + 9))
        case.join()
        assert {one.revision for one in case.outcomes().values()} == {2}

    def test_what_is_withdrawn_is_known_no_more(self, case):
        case.send([said(1)], START)
        case.labels(true(1))
        case.join()
        case.labels({"prediction_id": "m-1", "retract": True}, at=START + 1)
        case.join()
        assert {one.labelled for one in case.outcomes().values()} == {0}

    def test_a_truth_that_came_with_the_prediction(self, case):
        case.send([said(1, actual_label="no"), said(2)], START)
        case.join()
        assert case.accuracy() == 0.0

    def test_a_row_that_stands_for_several_counts_as_so_many(self, case):
        case.send([said(1, weight=100), said(2, "no", weight=300)], START)
        case.labels(true(1), true(2))
        case.join()
        assert {one.labelled for one in case.outcomes().values()} == {400}
        assert case.accuracy() == 0.25

    def test_training_rows_are_not_measured(self, case):
        case.send([said(1, environment="training"), said(2)], START)
        case.labels(true(1), true(2))
        case.join()
        assert {one.labelled for one in case.outcomes().values()} == {1}


class TestFailures:
    @pytest.mark.parametrize("point", ["truth.measured", "truth.committed"])
    def test_a_crash_changes_nothing_that_comes_of_it(self, case, monkeypatch, point):
        case.send([said(1), said(2, "no")], START)
        case.labels(true(1), true(2), true(3))
        case.count()

        def ends(name):
            if name == point:
                raise KeyboardInterrupt(name)

        with monkeypatch.context() as patch:
            patch.setattr(failpoint, "hit", ends)
            with pytest.raises(KeyboardInterrupt):
                case.truth.step()
        case.join()
        assert {(one.labelled, one.revision) for one in case.outcomes().values()} == {(2, 1)}
        assert (case.accuracy(), case.waiting()) == (0.5, 1)

    def test_who_was_taken_over_from_writes_nothing(self, case):
        old = case.truth
        case.send([said(1)], START)
        case.labels(true(1))
        case.count()
        _new = case.truth
        with pytest.raises(FencedError):
            old.step()
        assert case.outcomes() == {}
        case.join()
        assert case.accuracy() == 1.0

    def test_a_model_that_cannot_be_joined_holds_up_no_other(self, case, monkeypatch):
        case.send([said(1), said(2, model="other")], START)
        case.labels(true(1))
        case.send(
            [{"model_id": "other", "prediction_id": "other-2", "actual_label": "yes"}],
            START,
            kind="labels",
        )
        case.count()
        truth = case.truth
        measure = truth._measure

        def damaged(model, days):
            if model.name == "other":
                raise DamagedError("a part", "it cannot be read")
            return measure(model, days)

        monkeypatch.setattr(truth, "_measure", damaged)
        assert truth.step() == 1
        assert case.accuracy() == 1.0
        # What could not be joined is still there for the next one.
        assert case.truth.step() == 1


class Oracle:
    """All rows and labels in plain dicts."""

    def __init__(self):
        self.said = {}
        self.true = {}
        self._count = 0

    def predict(self, record):
        self.said.setdefault(record["prediction_id"], record)

    def label(self, label, at):
        self._count += 1
        key = label.get("timestamp", at), at, self._count
        before = self.true.get(label["prediction_id"])
        if before is None or key > before[0]:
            self.true[label["prediction_id"]] = key, label

    def outcomes(self):
        """By version, segment, size and start: rows, and how many were right."""
        found = defaultdict(lambda: [0, 0])
        for name, record in self.said.items():
            if name not in self.true or self.true[name][1].get("retract"):
                continue
            label = self.true[name][1]["actual_label"]
            for segment in ("", f"tags.region={record['tags']['region']}"):
                for size in SIZES:
                    start = record["timestamp"] - record["timestamp"] % (size * SECOND)
                    one = found[record["model_version"], segment, size, start]
                    one[0] += 1
                    one[1] += label == record["prediction_label"]
        return {key: tuple(one) for key, one in found.items()}


@pytest.mark.parametrize("seed", range(4))
def test_whatever_comes_in_whatever_order(case, seed):
    """Late, early, corrected, withdrawn, repeated; over commits, parts and restarts."""
    chance = random.Random(seed)
    oracle = Oracle()
    case.pin("m", [said(n, tags={"region": "eu"}) for n in range(3)], segments=["tags.region"])
    case.at = START + DAY * SECOND
    for _step in range(40):
        case.at += chance.randrange(1, 20 * MINUTES)
        action = chance.random()
        if action < 0.4:
            records = [
                said(
                    number,
                    chance.choice(["yes", "no"]),
                    at=case.at - chance.randrange(23 * HOUR * SECOND),
                    model_version=chance.choice(["1", "2"]),
                    tags={"region": chance.choice(["eu", "us"])},
                )
                for number in chance.sample(range(400), chance.randrange(1, 30))
            ]
            case.send(records, case.at)
            for record in records:
                oracle.predict(record)
        elif action < 0.8:
            labels = []
            for _row in range(chance.randrange(1, 40)):
                label = true(chance.randrange(400), chance.choice(["yes", "no"]))
                if chance.random() < 0.5:
                    label["timestamp"] = case.at - chance.randrange(DAY * SECOND)
                if chance.random() < 0.1:
                    label["retract"] = True
                labels.append(label)
                oracle.label(label, case.at)
            case.labels(*labels)
        elif action < 0.9:
            case.join()
        elif action < 0.95:
            case.count()
            case.write_parts()
        else:
            case.restart()
    case.join()
    found = {
        key: (one.labelled, round(decode(one.body)[""].figures()["accuracy"].value * one.labelled))
        for key, one in case.outcomes().items()
        if one.labelled
    }
    assert found == oracle.outcomes()
    assert case.waiting() == len(oracle.true.keys() - oracle.said.keys())
    with case.catalog.read() as connection:
        assert arrivals.waiting(connection) == []
