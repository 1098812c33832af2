"""Explanations in any order: attributions are those of a naive oracle, over the rows sent."""

import random
import threading

import numpy as np
import pytest
from worker_case import MINUTES, START, Case, prediction

from tidegauge import failpoint
from tidegauge.catalog import arrivals, attributions, models, series
from tidegauge.explain import decode
from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.window import DAY, HOUR, SECOND, floor
from tidegauge.worker.truth import Truth

HOURS, DAYS = HOUR * SECOND, DAY * SECOND


class Explaining(Case):
    at = START

    @property
    def truth(self):
        source = Source(self.catalog, self._reader, threading.Lock(), Memory(most=4))
        return Truth(self.catalog, source, self.store, clock=lambda: self.at)

    def measure(self):
        self.count()
        truth = self.truth
        while truth.step():
            pass

    def explain(self, *some, at=START):
        self.send([{"model_id": "m", **each} for each in some], at, kind="explanations")

    def found(self):
        """By version, output, size and start, what was put there; and how often."""
        told, revisions = {}, {}
        with self.catalog.read() as connection:
            model = models.by_name(connection, "default", "m")
            for each in series.of(connection, model.id):
                for size in (HOUR, DAY):
                    for one in attributions.between(connection, [each.id], size, 0, 1 << 62):
                        revisions[each.version, size, one.start] = one.revision
                        for output, of in decode(one.body).items():
                            told[each.version, output, size, one.start] = of
        return told, revisions

    def importances(self, version="", output="", size=DAY):
        (of,) = [
            each
            for (v, o, s, _start), each in self.found()[0].items()
            if (v, o, s) == (version, output, size)
        ]
        return dict(zip(of.features, of.importances().value.tolist(), strict=True)), of.whole.n


@pytest.fixture
def case(tmp_path):
    made = Explaining(tmp_path)
    yield made
    made.close()


def made(name, at=START, **shap):
    return {"prediction_id": name, "timestamp": at, "shap_values": shap}


def oracle(rows):
    """From one row for each prediction and output: sums, in plain loops."""
    found = {}
    for version, output, at, shap, weight in rows:
        for size in (HOUR, DAY):
            own = found.setdefault((version, output, size, floor(at, size)), {})
            own["rows"] = own.get("rows", 0) + weight
            for name, value in shap.items():
                tally = own.setdefault(f"f.{name}", [0.0, 0.0, 0.0])
                tally[0] += weight
                tally[1] += weight * value
                tally[2] += weight * abs(value)
    return found


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for key, own in expected.items():
        of = found[key]
        assert of.whole.n == pytest.approx(own["rows"])
        features = sorted(name[2:] for name in own if name != "rows")
        assert list(of.features) == features
        for at, name in enumerate(features):
            n, value, size = own[f"f.{name}"]
            assert of.sums.n[at] == pytest.approx(n)
            assert of.sums.value[at] == pytest.approx(value)
            assert of.sums.size[at] == pytest.approx(size)


@pytest.mark.parametrize("seed", range(4))
def test_any_order_gives_what_a_naive_oracle_says(case, seed):
    chance = random.Random(seed)
    sent, expected = [], {}
    for n in range(120):
        at = START + chance.randrange(30) * HOURS + n
        version, name = chance.choice(["1", "2"]), f"p{n}"
        shap = {f: round(chance.uniform(-2, 2), 3) for f in "abc" if chance.random() < 0.8}
        if not shap:
            continue
        weight = chance.choice([1, 100])
        row = prediction(
            chance, name, at=at, model_version=version, features={"a": 1, "b": 2, "c": 3}
        )
        if chance.random() < 0.4:
            row |= {"shap_values": shap, "weight": weight}
            expected[name, ""] = (version, "", at, shap, weight)
        sent.append(("predictions", at, [row | {"prediction_id": name}]))
        if chance.random() < 0.6:
            for output in chance.sample(["", "yes", "no"], chance.randint(1, 3)):
                for later in range(chance.randint(1, 3)):
                    shap = {"a": round(chance.uniform(-2, 2), 3), "b": -0.5}
                    own = min(at - at % DAYS + DAYS - 1, at + later * MINUTES)
                    told = made(name, own, **shap)
                    told |= {"model_version": version, "model_id": "m"}
                    if output:
                        told["output"] = output
                    sent.append(("explanations", at + 10 * MINUTES + later, [told]))
                    expected[name, output] = (version, output, own, shap, 1)
    chance.shuffle(sent)
    for number, (kind, at, rows) in enumerate(sent):
        case.send(rows, at + 40 * HOURS if kind == "predictions" else at, kind=kind)
        if number % 50 == 20:
            case.measure()
        if number == 70:
            case.write_parts()
            case.restart()
    case.measure()
    assert_same(case.found()[0], oracle(expected.values()))


def test_of_several_of_one_prediction_the_last_counts(case):
    case.explain(made("p", START + 5 * MINUTES, a=1.0), made("p", START, b=1.0))
    case.measure()
    assert case.importances() == ({"a": 1.0}, 1)
    case.explain(made("p", START + 6 * MINUTES, c=2.0), at=START + HOURS)
    case.measure()
    assert case.importances() == ({"c": 1.0}, 1)


def test_one_that_tells_no_version_has_its_prediction_s(case):
    case.send([prediction(random.Random(1), "p", model_version="7")], START)
    case.explain(made("m-p", a=1.0), made("other", a=3.0))
    case.measure()
    assert {key[0] for key in case.found()[0]} == {"7", ""}
    assert case.importances("7")[1] == 1


def test_before_what_came_with_the_prediction_comes_what_was_said_later(case):
    row = prediction(random.Random(1), "p", features={"a": 1.0})
    case.send([row | {"shap_values": {"a": 1.0}}], START)
    case.measure()
    version = row.get("model_version", "")
    assert case.importances(version) == ({"a": 1.0}, 1)
    case.explain(made("m-p", b=1.0))
    case.measure()
    assert case.importances(version) == ({"b": 1.0}, 1)


def test_it_is_not_measured_again_when_nothing_came(case):
    case.explain(made("p", a=1.0))
    case.measure()
    case.send([prediction(random.Random(1), "q")], START)
    case.measure()
    case.explain(made("p", a=1.0), at=START + 1)
    case.measure()
    assert set(case.found()[1].values()) == {1}


def test_training_rows_do_not_count(case):
    row = prediction(random.Random(1), "p", features={"a": 1.0}, environment="training")
    case.send([row | {"shap_values": {"a": 1.0}}], START)
    case.measure()
    assert case.found() == ({}, {})


@pytest.mark.parametrize("point", ["truth.measured", "truth.committed"])
def test_a_crash_repeats_what_it_did(case, point, monkeypatch):
    class Died(BaseException):
        pass

    def hit(name):
        if name == point:
            raise Died

    case.explain(made("p", a=1.0, b=-3.0))
    case.count()
    with monkeypatch.context() as patched:
        patched.setattr(failpoint, "hit", hit)
        with pytest.raises(Died):
            case.truth.step()
    case.restart()
    case.measure()
    assert case.importances() == ({"a": 0.25, "b": 0.75}, 1)
    assert set(case.found()[1].values()) == {1}
    with case.catalog.read() as connection:
        assert arrivals.waiting(connection) == []


def test_thousands_of_features_are_measured(case):
    wide = {f"f{n}": (n % 7) - 3.0 for n in range(5_000)}
    case.explain(*[made(f"p{n}", START + n, **wide) for n in range(6)])
    case.measure()
    told, n = case.importances()
    assert (len(told), n) == (5_000, 6)
    assert sum(told.values()) == pytest.approx(1.0)
    assert told["f0"] == pytest.approx(3 / sum(map(abs, wide.values())))


def test_ids_for_outputs_do_not_grow_without_end(case):
    some = [made(f"p{n}", START + n, a=1.0) | {"output": f"o{n}"} for n in range(80)]
    case.explain(*some, *[made(f"q{n}", a=1.0) | {"output": "yes"} for n in range(3)])
    case.measure()
    outputs = {key[1] for key in case.found()[0]}
    assert len(outputs) == 50
    assert "yes" in outputs


def test_what_is_too_old_for_hours_has_a_day(case):
    case.at = START + 100 * DAYS
    case.explain(made("p", a=1.0))
    case.measure()
    assert {key[2] for key in case.found()[0]} == {DAY}
    case.at = START + 800 * DAYS
    truth = case.truth
    truth._tidy()
    assert case.found() == ({}, {})


def test_zero_and_huge_values_are_finite_numbers(case):
    case.explain(made("p", a=0.0), made("q", START + 1, a=1e300, b=-1e-300))
    case.measure()
    told, n = case.importances()
    assert n == 2
    assert np.isfinite(list(told.values())).all()
