"""Attributions that nobody logs: those of plain shap on the rows that were sent, from a process
of their own."""

import random
import threading

import numpy as np
import pytest
from worker_case import START, Case
from worker_predictors import install

from tidegauge import failpoint
from tidegauge.catalog import attributions, models, series
from tidegauge.explain import decode
from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.window import DAY, HOUR, SECOND, floor
from tidegauge.worker import computing, explainer
from tidegauge.worker.computed import Explanations
from tidegauge.worker.truth import Truth

HOURS, DAYS = HOUR * SECOND, DAY * SECOND


class Computing(Case):
    at = START
    known = frozenset({"m"})

    @property
    def source(self):
        return Source(self.catalog, self._reader, threading.Lock(), Memory(most=4))

    def predict(self, hour, rows=20, *, model="m", seed=None, **more):
        chance = random.Random(hour if seed is None else seed)
        sent = [
            {
                "model_id": model,
                "prediction_id": f"{hour}-{seed}-{n}",
                "timestamp": START + hour * HOURS + n,
                "features": {
                    "a": round(chance.gauss(0, 1), 3),
                    "b": round(chance.gauss(0, 1), 3),
                    "c": round(chance.gauss(0, 1), 3),
                    "plan": chance.choice(["pro", "free"]),
                },
                "prediction_score": 0.5,
                **more,
            }
            for n in range(rows)
        ]
        self.send(sent, START + (hour + 1) * HOURS)
        self.at = max(self.at, START + (hour + 1) * HOURS)
        return sent

    def explain(self, *some):
        self.send([{"model_id": "m", **each} for each in some], self.at, kind="explanations")

    def compute(self):
        """How often something was done."""
        self.count()
        truth = Truth(self.catalog, self.source, self.store, clock=lambda: self.at)
        while truth.step():
            pass
        work = Explanations(
            self.catalog, self.source, self.store, self.known, clock=lambda: self.at
        )
        count = 0
        while work.step():
            count += 1
        return count

    def found(self, size=HOUR):
        """By version and start, as they are kept."""
        with self.catalog.read() as connection:
            model = models.by_name(connection, "default", "m")
            return {
                (each.version, one.start): one
                for each in series.of(connection, model.id)
                for one in attributions.between(connection, [each.id], size, 0, 1 << 62)
            }


@pytest.fixture
def made(tmp_path, monkeypatch):
    cases = []

    def make(**named):
        install(tmp_path / "site", monkeypatch, **named)
        case = Computing(tmp_path / "data")
        case.known = frozenset(name.replace("_of_", "/") for name in named)
        cases.append(case)
        return case

    yield make
    for case in cases:
        case.close()


def by_shap(rows):
    import shap
    from my_forest import Forest

    x = np.array([[each["features"][name] for name in "abc"] for each in rows])
    return shap.TreeExplainer(Forest()).shap_values(x)


def assert_are(kept, values, weights=1.0):
    of = decode(kept.body)[""]
    assert of.features == ("a", "b", "c")
    assert of.sums.value == pytest.approx((weights * values.T).sum(axis=1))
    assert of.sums.size == pytest.approx((weights * np.abs(values).T).sum(axis=1))


class TestTrees:
    def test_they_are_those_of_plain_shap_on_the_same_rows(self, made):
        case = made(m="my_forest:Forest")
        sent = [case.predict(hour) for hour in range(3)]
        assert case.compute() >= 1
        for hour, rows in enumerate(sent):
            kept = case.found()["", START + hour * HOURS]
            assert (kept.rows, kept.sample_of) == (20, 20)
            assert_are(kept, by_shap(rows))
        days = case.found(DAY)
        for (_version, day), kept in days.items():
            own = [each for rows in sent for each in rows if floor(each["timestamp"], DAY) == day]
            assert (kept.rows, kept.sample_of) == (len(own), len(own))
            assert_are(kept, by_shap(own))

    def test_of_many_rows_a_sample_stands_for_all(self, made, monkeypatch):
        monkeypatch.setattr(computing, "ROWS", 30)
        case = made(m="my_forest:Forest")
        sent = case.predict(0, rows=300)
        case.compute()
        (kept,) = case.found().values()
        assert (kept.rows, kept.sample_of) == (30, 300)
        of = decode(kept.body)[""]
        assert of.whole.n == pytest.approx(300)
        assert of.worth == pytest.approx(30)
        expected = np.abs(by_shap(sent)).mean(axis=0)
        assert of.magnitudes().value == pytest.approx(expected, rel=0.5, abs=0.05)

    def test_rows_of_a_weighted_sample_count_for_what_they_stand_for(self, made):
        case = made(m="my_forest:Forest")
        sent = case.predict(0, weight=5.0)
        case.compute()
        (kept,) = case.found().values()
        assert_are(kept, by_shap(sent), weights=5.0)

    def test_a_version_has_its_own(self, made):
        case = made(m_of_2="my_forest:Forest", m="my_functions:adds")
        case.predict(0, model_version="1")
        second = case.predict(1, model_version="2")
        case.compute()
        found = case.found()
        assert decode(found["1", START].body)[""].features == ("a", "b", "c", "plan")
        assert_are(found["2", START + HOURS], by_shap(second))


class TestFunctions:
    def test_it_is_asked_against_rows_of_the_reference(self, made):
        case = made(m="my_functions:adds")
        sent = case.predict(0, rows=60)
        case.compute()
        (kept,) = case.found().values()
        of = decode(kept.body)[""]
        told = dict(zip(of.features, of.sums.size, strict=True))
        assert set(told) == {"a", "b", "c", "plan"}
        assert told["b"] == told["c"] == pytest.approx(0, abs=1e-9)
        answers = [2 * each["features"]["a"] + (each["features"]["plan"] == "pro") for each in sent]
        added_up = of.sums.value.sum() + of.base.mean * 60
        assert added_up == pytest.approx(sum(answers))

    def test_an_uploaded_reference_is_read_where_it_is_kept(self, made, tmp_path):
        import pyarrow.parquet as pq

        from tidegauge.arrow import pa
        from tidegauge.catalog import baselines
        from tidegauge.store import new_name

        case = made(m="my_functions:adds")
        case.predict(0)
        case.count()
        name = new_name("references", 1, START)
        path = tmp_path / "usual.parquet"
        pq.write_table(
            pa.table({"a": [10.0] * 50, "b": [0.0] * 50, "c": [0.0] * 50, "plan": ["pro"] * 50}),
            path,
        )
        with case.store.create(name) as file:
            file.write(path.read_bytes())

        def adopted(connection):
            before = baselines.latest(connection, [1])[1]
            told = {each: getattr(before, each) for each in before.__slots__}
            told |= {"source": "upload", "file": name, "last_at": None}
            baselines.add(connection, baselines.Baseline(**told))

        case.catalog.write(adopted)
        case.compute()
        (kept,) = case.found().values()
        assert decode(kept.body)[""].base.mean == pytest.approx(21)

    def test_when_time_is_over_each_hour_has_what_was_done_by_then(self, made, monkeypatch):
        monkeypatch.setattr(explainer, "SECONDS", 0.5)
        case = made(m="my_functions:is_slow")
        for hour in range(2):
            case.predict(hour, rows=50)
        case.count()
        work = Explanations(
            case.catalog, case.source, case.store, case.known, clock=lambda: case.at
        )
        assert work.step() == 1
        first, second = case.found().values()
        assert 0 < first.rows < 50
        assert 0 < second.rows < 50
        assert decode(first.body)[""].whole.n == pytest.approx(50)


class TestDue:
    def test_of_the_same_rows_once_and_of_late_ones_again(self, made):
        case = made(m="my_functions:adds")
        first = case.predict(0)
        assert case.compute() == 1
        before = case.found()
        assert case.compute() == 0
        assert case.found() == before
        late = case.predict(0, seed=9)
        case.at += HOURS
        assert case.compute() == 1
        (kept,) = case.found().values()
        assert (kept.rows, kept.sample_of, kept.revision) == (40, 40, 2)
        of = decode(kept.body)[""]
        answers = [
            2 * each["features"]["a"] + (each["features"]["plan"] == "pro") for each in first + late
        ]
        assert of.sums.value.sum() + of.base.mean * 40 == pytest.approx(sum(answers))

    def test_a_day_of_which_explanations_are_logged_is_left_alone(self, made):
        case = made(m="my_functions:adds")
        sent = case.predict(0)
        case.compute()
        name = sent[0]["prediction_id"]
        case.explain({"prediction_id": name, "timestamp": case.at, "shap_values": {"a": 7.0}})
        case.compute()
        for size in (HOUR, DAY):
            told = [each for each in case.found(size).values() if each.rows]
            assert [(each.rows, each.sample_of) for each in told] == [(1, None)]
            assert decode(told[0].body)[""].sums.value == pytest.approx([7.0])
        case.predict(0, seed=9)
        case.at += HOURS
        assert case.compute() == 0

    def test_what_is_logged_of_another_version_leaves_what_was_computed(self, made):
        case = made(m="my_functions:adds")
        case.predict(0, model_version="1")
        sent = case.predict(1, model_version="2")
        case.compute()
        before = case.found()["1", START]
        told = {"prediction_id": sent[0]["prediction_id"], "timestamp": case.at - HOURS}
        case.explain(told | {"shap_values": {"a": 7.0}})
        case.compute()
        assert case.found()["1", START] == before
        assert case.found()["2", START + HOURS].sample_of is None

    def test_a_model_without_a_predictor_is_not_touched(self, made):
        case = made(n="my_functions:adds")
        case.predict(0)
        assert case.compute() == 0
        assert case.found() == {}


class TestFailures:
    @pytest.mark.parametrize(
        ("what", "said"),
        [
            ("my_functions:fails", "ValueError: no such thing"),
            ("my_functions:dies", "ended with 7"),
            ("my_functions:missing", "AttributeError"),
        ],
    )
    def test_what_it_fails_with_is_told(self, made, what, said):
        case = made(m=what)
        case.predict(0)
        case.compute()
        assert case.found() == {}
        (told,) = case.details("m", "not-explained")
        assert "the predictor 'm' failed" in told
        assert said in told

    def test_one_that_hangs_is_stopped(self, made, monkeypatch):
        monkeypatch.setattr(explainer, "PATIENCE", 3.0)
        case = made(m="my_functions:hangs")
        case.predict(0)
        case.compute()
        assert case.details("m", "not-explained") == ["the predictor 'm' was stopped after 3 s"]

    def test_others_go_on_beside_it(self, made):
        case = made(m="my_functions:fails", other="my_functions:adds")
        case.predict(0)
        case.predict(0, model="other")
        case.compute()
        assert case.found() == {}
        with case.catalog.read() as connection:
            other = models.by_name(connection, "default", "other")
            numbers = [each.id for each in series.of(connection, other.id)]
            assert attributions.between(connection, numbers, HOUR, 0, 1 << 62)

    @pytest.mark.parametrize("point", ["explanations.made", "explanations.committed"])
    def test_a_crash_repeats_what_it_did(self, made, monkeypatch, point):
        case = made(m="my_functions:adds")
        case.predict(0)
        case.count()

        def ends(name):
            if name == point:
                raise KeyboardInterrupt(name)

        with monkeypatch.context() as patch:
            patch.setattr(failpoint, "hit", ends)
            with pytest.raises(KeyboardInterrupt):
                case.compute()
        case.restart()
        case.compute()
        (kept,) = case.found().values()
        assert (kept.rows, kept.revision) == (20, 1)
