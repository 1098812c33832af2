"""Numbers of one's own: a formula, a SELECT and Python come to what the rows come to."""

import json
import random
import threading

import pytest
from monitor_labelled import HOURS, Labelled
from worker_case import START, prediction

from tidegauge.catalog import models
from tidegauge.errors import InputError
from tidegauge.monitor import plugin
from tidegauge.monitor.faults import FaultsError, checked, document_of
from tidegauge.monitor.formula import Formula
from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.series.tables import Tables


class Own(Labelled):
    def fresh(self):
        judge = super().fresh()
        source = Source(self.case.catalog, self.case._reader, threading.Lock(), Memory(most=2))
        judge._shared = type(judge._shared)(tables=Tables(source, self.case.store))
        return judge

    def serve(self, rows=200):
        """An hour of rows, most of them labelled; some labels corrected, one withdrawn."""
        chance = random.Random(7)
        self.rows = [prediction(chance, n, at=START + n) for n in range(rows)]
        self.case.send(self.rows, START + HOURS)
        self.true = {}
        for turn in range(2):
            told = []
            for each in self.rows:
                if chance.random() < (0.8, 0.2)[turn]:
                    name, value = each["prediction_id"], chance.choice(["yes", "no"])
                    self.true[name] = value
                    told.append({"model_id": "m", "prediction_id": name, "actual_label": value})
            self.case.send(told, START + HOURS + turn, kind="labels")
        gone = next(iter(self.true))
        del self.true[gone]
        withdrawn = {"model_id": "m", "prediction_id": gone, "retract": True}
        self.case.send([withdrawn], START + HOURS + 5, kind="labels")

    def positive(self, name):
        def said(connection):
            model = models.by_name(connection, "default", "m")
            models.change(connection, model.id, model.revision, START, positive=name)

        self.case.catalog.write(said)

    def ask(self, **told):
        document = {"name": "o", "kind": "custom", "window": "1 h", **told}
        self.write(json.dumps({"monitors": [document]}))
        return self.read(0, 1)


@pytest.fixture
def own(case):
    made = Own(case, "o")
    made.serve()
    made.case.count()
    return made


def pairs(own):
    return [
        (each["prediction_label"], own.true[each["prediction_id"]])
        for each in own.rows
        if each["prediction_id"] in own.true
    ]


class TestFormula:
    def test_of_errors(self, own):
        own.positive("yes")
        found = own.ask(formula="sum(if(fp(), 1, 0) * -100)")
        wrong = sum(said == "yes" and true == "no" for said, true in pairs(own))
        assert (found.status, found.value, found.n) == ("ok", -100 * wrong, len(own.rows))

    def test_of_inputs(self, own):
        found = own.ask(formula="avg(features.amount) / quantile(prediction_score, 0.5)")
        amounts = [each["features"]["amount"] for each in own.rows]
        scores = sorted(each["prediction_score"] for each in own.rows)
        middle = (scores[99] + scores[100]) / 2
        assert found.value == pytest.approx(sum(amounts) / len(amounts) / middle)

    def test_of_what_is_right(self, own):
        found = own.ask(formula="sum(if(correct(), 1.0, 0.0)) / count(actual_label)")
        right = sum(said == true for said, true in pairs(own))
        assert found.value == pytest.approx(right / len(pairs(own)))

    def test_without_any_label(self, case):
        made = Own(case, "o")
        made.case.send([prediction(random.Random(1), n, at=START + n) for n in range(40)], START)
        found = made.ask(formula="count(actual_label) + 0")
        assert (found.status, found.value) == ("ok", 0.0)

    def test_by_nothing_there_is_no_value(self, own):
        found = own.ask(formula="sum(prediction_score) / sum(prediction_score * 0)")
        assert found.status == "insufficient_data"

    def test_conditions_judge_it(self, own):
        found = own.ask(formula="avg(prediction_score)", conditions=[{"max": 0.1}])
        assert found.status == "breach"
        assert found.reason.startswith("o: 0.")
        assert "is above 0.1" in found.reason

    def test_it_is_compared_with_rows_before(self, own):
        later = [
            prediction(random.Random(2), f"l{n}", at=START + HOURS + n, prediction_score=0.99)
            for n in range(100)
        ]
        own.case.send(later, START + 2 * HOURS)
        own.write(
            "monitors: [{name: o, kind: custom, window: 1 h, formula: avg(prediction_score),"
            " conditions: [{change: 50 %, against: previous window, severity: high}]}]"
        )
        found = own.read(0, 2)
        assert (found.status, found.severity) == ("breach", "high")
        assert found.value == pytest.approx(0.99)

    def test_who_is_positive_has_to_be_said(self, own):
        found = own.ask(formula="sum(if(fp(), 1, 0))")
        assert found.status == "error"
        assert "positive_label" in found.reason

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("avg(features.amuont)", "did you mean 'features.amount'?"),
            ("prediction_score", "put it into sum"),
            ("1 + 1", "comes to no single number"),
            ("sum(avg(prediction_score))", "stands in another summary"),
            ("sum(open('x'))", r"no function open\(\)"),
            ("__import__('os').system('x')", "not allowed"),
            ("sum(x) for x in y", "cannot be read"),
            ("sum([1, 2])", "not allowed"),
            ("sum(if(1, 2))", r"if\(\) takes 3"),
        ],
    )
    def test_what_is_none_is_refused(self, text, said):
        with pytest.raises(InputError, match=said):
            Formula.of(text).query(["prediction_score", "features.amount"], [], "")

    def test_quotes_end_nothing(self, own):
        hostile = 'avg(if(prediction_label == "x\' or 1=1 --", 1, 0))'
        assert own.ask(formula=hostile).value == 0.0


class TestSql:
    def test_a_value_and_its_rows(self, own):
        query = 'select avg("features.age") as value, count("features.age") as n from predictions'
        found = own.ask(sql=query)
        ages = [each["features"]["age"] for each in own.rows if "age" in each["features"]]
        assert (found.value, found.n) == (pytest.approx(sum(ages) / len(ages)), len(ages))

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("select 1 union all select 2", "came to 2"),
            ("select 'a'", "must be a number"),
            ("drop table predictions", "only one SELECT"),
            ("select * from read_csv('/etc/passwd')", "not allowed"),
        ],
    )
    def test_what_it_may_not(self, own, query, said):
        found = own.ask(sql=query)
        assert found.status == "error"
        assert said in found.reason


PACKAGE = """
def profit(rows):
    told = rows.select(["prediction_label", "actual_label"]).drop_null().to_pylist()
    right = sum(each["prediction_label"] == each["actual_label"] for each in told)
    print("this is no answer")
    return float(right), rows.num_rows

class Fails:
    def __call__(self, rows):
        raise ValueError("no such thing")

def sleeps(rows):
    import time
    time.sleep(60)
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package with metrics, as a distribution that Python finds."""
    folder = tmp_path / "site"
    about = folder / "my_metrics-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "my_metrics.py").write_text(PACKAGE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-metrics\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[tidegauge.metrics]\nprofit = my_metrics:profit\nfails = my_metrics:Fails\n"
        "sleeps = my_metrics:sleeps\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.mark.usefixtures("installed")
class TestPlugin:
    def test_it_is_given_rows_with_their_labels(self, own):
        found = own.ask(plugin="profit")
        right = sum(said == true for said, true in pairs(own))
        assert (found.status, found.value, found.n) == ("ok", right, len(own.rows))

    def test_what_it_fails_with_is_said(self, own):
        found = own.ask(plugin="fails")
        assert found.status == "error"
        assert "ValueError: no such thing" in found.reason

    def test_one_that_is_not_installed(self, own):
        found = own.ask(plugin="profits")
        assert found.status == "error"
        assert "did you mean 'profit'?" in found.reason

    def test_one_that_hangs_is_stopped(self, own, monkeypatch):
        monkeypatch.setattr(plugin, "SECONDS", 1.0)
        found = own.ask(plugin="sleeps")
        assert found.status == "error"
        assert "was stopped after 1 s" in found.reason


class TestSegments:
    """Rows of a region, of a version, or of both together with another column."""

    @pytest.fixture
    def parted(self, case):
        made = Own(case, "o")
        segments = ["tags.region", "tags.region & features.plan"]
        case.pin("m", [prediction(random.Random(0), "r")], segments=segments)
        chance = random.Random(3)
        made.rows = [
            prediction(
                chance,
                n,
                at=START + n,
                tags={"region": chance.choice(["eu", "us"])},
                model_version=chance.choice(["1", "2"]),
            )
            for n in range(300)
        ]
        case.send(made.rows, START + HOURS)
        told = [
            {"model_id": "m", "prediction_id": each["prediction_id"], "actual_label": "yes"}
            for each in made.rows
        ]
        case.send(told, START + HOURS, kind="labels")
        case.count()
        return made

    @pytest.mark.parametrize("how", ["formula", "sql", "plugin"])
    @pytest.mark.usefixtures("installed")
    def test_a_number_is_of_the_rows_of_its_segment(self, parted, how):
        told = {
            "formula": "sum(if(correct(), 1.0, 0.0))",
            "sql": "select count(*) from predictions where prediction_label = 'yes'",
            "plugin": "profit",
        }
        found = parted.ask(**{how: told[how]}, segment="tags.region=eu", min_rows=1)
        own = [each for each in parted.rows if each["tags"]["region"] == "eu"]
        right = sum(each["prediction_label"] == "yes" for each in own)
        assert (found.status, found.value) == ("ok", right)
        assert how == "sql" or found.n == len(own)

    def test_a_column_watches_each_of_its_values(self, parted):
        document = {"name": "o", "kind": "custom", "window": "1 h", "formula": "count()"}
        parted.write(json.dumps({"monitors": [{**document, "segment": "tags.region"}]}))
        parted.at(START + HOURS)
        for region in ("eu", "us"):
            (found,) = parted.readings("o", segment=f"tags.region={region}")
            own = [each for each in parted.rows if each["tags"]["region"] == region]
            assert found.value == len(own)

    def test_of_columns_together_and_of_a_version(self, parted):
        segment = "tags.region & features.plan=us & pro"
        found = parted.ask(formula="count()", segment=segment, version="2", min_rows=1)
        own = [
            each
            for each in parted.rows
            if (each["tags"]["region"], each["features"]["plan"], each["model_version"])
            == ("us", "pro", "2")
        ]
        assert found.value == len(own) > 0

    def test_a_formula_may_leave_the_column_out_of_the_answer(self, parted):
        found = parted.ask(formula="avg(features.amount)", segment="tags.region=us")
        own = [each["features"]["amount"] for each in parted.rows if each["tags"]["region"] == "us"]
        assert found.value == pytest.approx(sum(own) / len(own))


class TestFiles:
    def test_it_is_kept_as_it_was_written(self):
        found = checked({"name": "o", "kind": "custom", "formula": "count()"})
        assert checked(document_of(found)) == found

    @pytest.mark.parametrize(
        ("told", "said"),
        [
            ({}, "give one of formula, sql, plugin"),
            ({"formula": "count()", "sql": "select 1"}, "this has 2"),
            ({"formula": "nothing("}, "cannot be read"),
            (
                {"formula": "count()", "conditions": [{"change": 0.1, "against": "training"}]},
                "rows before",
            ),
        ],
    )
    def test_what_is_none_is_refused(self, told, said):
        with pytest.raises(FaultsError, match=said):
            checked({"name": "o", "kind": "custom", **told})


def test_where_rows_are_not_at_hand_it_says_so(case):
    made = Labelled(case, "o")
    made.case.send([prediction(random.Random(1), n, at=START + n) for n in range(40)], START)
    made.write("monitors: [{name: o, kind: custom, formula: count()}]")
    assert made.read(1).status == "not_applicable"
