"""Estimates are those of a direct call on the rows that were sent, whatever came in between."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from worker_case import START
from worker_estimated import DAYS, HOURS, Estimated

from tidegauge import failpoint
from tidegauge.arrow import pa
from tidegauge.catalog import FencedError, models
from tidegauge.estimate import fit, from_bytes, read
from tidegauge.performance import encode
from tidegauge.record.columns import to_table
from tidegauge.reference.fit import adopt
from tidegauge.series.reference import of_file, rows_of_file
from tidegauge.store import DamagedError, new_name
from tidegauge.window import DAY
from tidegauge.worker import estimates as worker_estimates
from tidegauge.worker import estimating


@pytest.fixture
def case(tmp_path):
    made = Estimated(tmp_path)
    yield made
    made.close()


def begin(case, hours=12, **more):
    """Some hours whose labels have come, and one more."""
    sent = [case.predict(hour, **more) for hour in range(hours)]
    case.label(START + hours * HOURS)
    sent.append(case.predict(hours, **more))
    case.estimate(START + (hours + 3) * HOURS)
    return sent


def direct(case, rows, number=-1):
    """What the estimator says of these rows."""
    estimator = from_bytes(case.estimators()[number].body)
    return estimator, estimator.estimate(read(to_table(rows)))


def assert_same(estimator, found, expected):
    assert found.rows == pytest.approx(expected.rows)
    assert dict(found.doubts) == pytest.approx(dict(expected.doubts))
    ours, theirs = (estimator.figures(each, "yes") for each in (found, expected))
    assert ours.keys() == theirs.keys()
    for name, figure in ours.items():
        assert figure == pytest.approx(theirs[name]), name


class TestMade:
    def test_each_hour_and_day_is_estimated_of_its_rows(self, case):
        sent = begin(case)
        for hour, rows in enumerate(sent):
            estimator, expected = direct(case, rows)
            found, kept = case.estimates()["", "", START + hour * HOURS]
            assert_same(estimator, found, expected)
            assert (kept.rows, kept.estimator) == (60, 1)
        days = case.estimates(DAY)
        for day in {key[2] for key in days}:
            own = [r for rows in sent for r in rows if r["timestamp"] // DAYS * DAYS == day]
            estimator, expected = direct(case, own)
            found, kept = days["", "", day]
            assert_same(estimator, found, expected)
            assert kept.rows == len(own)

    def test_versions_and_segments_have_their_own(self, case):
        case.pin("m", case.predict(0), segments=["variant"])
        case.sent = []
        more = {"variant": lambda c: c.choice("ab"), "model_version": lambda c: c.choice("12")}
        rows = begin(case, **more)[-1]
        for version in "12":
            for variant in ("", "a", "b"):
                own = [
                    each
                    for each in rows
                    if each["model_version"] == version and variant in {"", each["variant"]}
                ]
                segment = f"variant={variant}" if variant else ""
                found, _kept = case.estimates()[version, segment, START + 12 * HOURS]
                assert_same(*_swapped(direct(case, own), found))

    def test_of_many_rows_a_sample_stands_for_all(self, case, monkeypatch):
        monkeypatch.setattr(estimating, "MOST", 40)
        monkeypatch.setattr(worker_estimates, "MOST", 40)
        begin(case)
        found, kept = case.estimates()["", "", START]
        assert kept.rows == 60
        assert found.rows == pytest.approx(60)
        assert found.measured.n == pytest.approx(60)
        days = case.estimates(DAY)
        hours = case.estimates()
        for (_v, _s, day), (of_day, kept) in days.items():
            own = [each for key, each in hours.items() if key[2] // DAYS * DAYS == day]
            assert of_day.rows == pytest.approx(sum(each.rows for each, _k in own))
            assert kept.rows == 60 * len(own)

    def test_rows_that_come_late_change_their_hour(self, case):
        sent = begin(case)
        case.predict(5, rows=30)
        case.estimate(START + 16 * HOURS)
        again = sent[5] + [each for each, _true in case.sent if each["timestamp"] // HOURS]
        late = [
            each for each in again if START + 5 * HOURS <= each["timestamp"] < START + 6 * HOURS
        ]
        found, kept = case.estimates()["", "", START + 5 * HOURS]
        assert kept.rows == len(late) == 90
        assert_same(*_swapped(direct(case, late), found))

    def test_nothing_is_made_again_that_says_the_same(self, case):
        begin(case)
        before = case.estimates() | case.estimates(DAY)
        case.estimate(START + 16 * HOURS)
        after = case.estimates() | case.estimates(DAY)
        assert {k: each for k, (_e, each) in before.items()} == {
            k: each for k, (_e, each) in after.items()
        }
        assert len(case.estimators()) == 1


def _swapped(made, found):
    estimator, expected = made
    return estimator, found, expected


class TestLearned:
    def test_nothing_is_learned_of_few_labels(self, case):
        begin(case, hours=4)
        assert case.estimators() == []
        assert case.estimates() == {}

    def test_it_is_learned_again_when_labels_have_doubled(self, case):
        begin(case)
        (first,) = case.estimators()
        assert (first.first_at, first.last_at) == (START, START + 12 * HOURS)
        assert (first.rows, first.baseline, first.version) == (720, None, "")
        for hour in range(13, 22):
            case.predict(hour)
        case.label(START + 22 * HOURS)
        case.estimate(START + 24 * HOURS)
        assert len(case.estimators()) == 1
        for hour in range(22, 30):
            case.predict(hour)
        case.label(START + 30 * HOURS)
        case.estimate(START + 33 * HOURS)
        _first, second = case.estimators()
        assert second.rows >= 2 * first.rows
        assert {kept.estimator for _e, kept in case.estimates().values()} == {second.number}

    def test_a_later_version_gets_its_own(self, case):
        begin(case, model_version="1")
        for hour in range(24, 48):
            case.predict(hour, model_version="2")
        case.label(START + 48 * HOURS)
        case.estimate(START + 50 * HOURS)
        general, own = case.estimators()[0], case.estimators()[-1]
        assert (general.version, own.version) == ("", "2")
        assert own.first_at == START + 24 * HOURS
        by_version = {}
        for (version, _s, _start), (_e, kept) in case.estimates().items():
            by_version.setdefault(version, set()).add(kept.estimator)
        assert by_version["2"] == {own.number}
        assert own.number not in by_version["1"]

    def test_what_cannot_be_learned_says_why_and_is_not_tried_again(self, case):
        begin(case, hours=1)
        model = case.model("m")
        case.catalog.write(
            lambda c: models.change(c, model.id, model.revision, START, task="ranking")
        )
        for hour in range(2, 14):
            case.predict(hour)
        case.label(START + 14 * HOURS)
        case.estimate(START + 16 * HOURS)
        case.estimate(START + 16 * HOURS)
        (failed,) = case.estimators()
        assert failed.body == b""
        assert "tell nothing" in failed.doubt
        assert case.estimates() == {}


class TestUploaded:
    def upload(self, case, tmp_path, labels=1_000):
        """A reference with labels, before any label of the model's own has come."""
        chance = np.random.default_rng(1)
        x = chance.normal(size=labels)
        score = 1 / (1 + np.exp(-2.5 * x))
        table = pa.table(
            {
                "x": x,
                "plan": chance.choice(["free", "pro"], labels),
                "prediction_score": score.round(4),
                "prediction_label": np.where(score > 0.5, "yes", "no"),
                "target": np.where(chance.random(labels) < score, "yes", "no"),
            }
        )
        path, name = tmp_path / "labelled.parquet", new_name("references", 1, START)
        pq.write_table(table, path)
        with case.store.create(name) as file:
            file.write(path.read_bytes())
        made = of_file(path, None, START)
        told = {"source": "upload", "name": "file", "first_at": START, "last_at": None}
        told |= {"at": START, "by": "me", "why": "", "file": name}
        told |= {"labelled": made.truth.labelled, "truth": encode(made.truth.measured)}
        number = case.model("m").id
        case.catalog.write(lambda c: adopt(c, number, made.profile, **told))
        return path

    def test_it_is_learned_from_before_labels_come(self, case, tmp_path):
        rows = case.predict(0)
        case.count()
        path = self.upload(case, tmp_path)
        case.estimate(START + 2 * HOURS)
        (made,) = case.estimators()
        assert (made.rows, made.baseline, made.version) == (1_000, 2, "")
        expected = fit(rows_of_file(path, None, 50_000), "binary")
        found, kept = case.estimates()["", "", START]
        assert kept.rows == 60
        assert_same(expected, found, expected.estimate(read(to_table(rows))))
        truth = sum(each["prediction_score"] for each in rows) / 60
        assert expected.figures(found, "yes")["prevalence"].value == pytest.approx(truth, abs=0.1)

    def test_it_is_not_learned_from_again(self, case, tmp_path):
        case.predict(0)
        case.count()
        self.upload(case, tmp_path)
        for hour in range(1, 14):
            case.predict(hour)
        case.label(START + 13 * HOURS)
        case.estimate(START + 15 * HOURS)
        case.estimate(START + 15 * HOURS)
        assert [each.baseline for each in case.estimators()] == [2]

    def test_of_few_labels_nothing_is_learned(self, case, tmp_path):
        case.predict(0)
        case.count()
        self.upload(case, tmp_path, labels=100)
        case.estimate(START + 2 * HOURS)
        assert case.estimators() == []


class TestCrashes:
    @pytest.mark.parametrize("point", ["estimates.fitted", "estimates.made", "estimates.committed"])
    def test_a_crash_repeats_what_it_did(self, case, monkeypatch, point):
        for hour in range(12):
            case.predict(hour)
        case.label()
        case.at = START + 13 * HOURS
        case.join()

        def ends(name):
            if name == point:
                raise KeyboardInterrupt(name)

        with monkeypatch.context() as patch:
            patch.setattr(failpoint, "hit", ends)
            with pytest.raises(KeyboardInterrupt):
                case.estimate()
        case.restart()
        case.estimate()
        assert len(case.estimators()) == 1
        assert sorted(start for _v, _s, start in case.estimates()) == [
            START + hour * HOURS for hour in range(12)
        ]

    def test_who_was_taken_over_from_writes_nothing(self, case):
        for hour in range(12):
            case.predict(hour)
        case.label()
        case.at = START + 13 * HOURS
        case.join()
        old = case.estimating
        _new = case.estimating
        with pytest.raises(FencedError):
            old.step()
        assert case.estimators() == []

    def test_a_model_that_cannot_be_read_holds_up_no_other(self, case, monkeypatch):
        for hour in range(12):
            case.predict(hour)
            case.predict(hour, model="other")
        case.label()
        case.at = START + 13 * HOURS
        case.join()
        worker = case.estimating
        held = type(worker.source).held

        def broken(self, model, *args, **more):
            if model.name == "m":
                raise DamagedError("a part is damaged")
            return held(self, model, *args, **more)

        monkeypatch.setattr(type(worker.source), "held", broken)
        while worker.step():
            pass
        assert case.estimates() == {}
        assert len(case.estimates(model="other")) == 12

    def test_what_is_old_is_let_go(self, case):
        begin(case)
        worker = case.estimating
        case.at = START + 100 * DAYS
        worker._tidy()
        assert case.estimates() == {}
        assert case.estimates(DAY)
        case.at = START + 800 * DAYS
        worker._tidy()
        assert case.estimates(DAY) == {}
