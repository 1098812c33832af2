"""What changes when files are applied, what is wrong with them, and rule tests."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.catalog.models import Model
from tidegauge.catalog.monitors import Kept
from tidegauge.errors import InputError
from tidegauge.monitor.cycle import Set, chosen
from tidegauge.monitor.faults import FaultsError, checked, document_of
from tidegauge.monitor.file import read_one, read_text
from tidegauge.monitor.plan import plan
from tidegauge.monitor.rehearsal import Minutes, rehearse, series_of, told_of
from tidegauge.monitor.usual import documents
from tidegauge.monitor.watching import watching
from tidegauge.window import MINUTE

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "monitors.md"
SLOW = {"name": "slow", "metric": "latency_avg_ms", "conditions": [{"max": 10}]}


def kept(document, *, origin="file", number=1, revision=1):
    return Kept(
        id=number,
        tenant="default",
        name=document["name"],
        document=document,
        origin=origin,
        revision=revision,
        created_at=0,
        changed_at=0,
        changed_by="me",
    )


def steps(before, after):
    return {each.name: each for each in plan(before, [checked(one) for one in after])}


class TestThePlan:
    def test_saying_a_default_is_no_change(self):
        said = {**SLOW, "window": "5 min", "min_rows": 30, "models": "*", "kind": "metric"}
        assert steps([kept(SLOW)], [said])["slow"].what == "unchanged"
        assert steps([kept(said)], [SLOW])["slow"].what == "unchanged"

    def test_a_change_is_told_field_by_field(self):
        after = {
            **SLOW,
            "window": "1 h",
            "conditions": [{"max": 20}, {"change": "10 %", "against": "7 days ago"}],
        }
        (step,) = steps([kept(SLOW)], [after]).values()
        told = {each.field: (each.old, each.new) for each in step.differences}
        assert told == {
            "window": ("5 min", "1 h"),
            "conditions[0].max": (10.0, 20.0),
            "conditions[1].change": (None, 0.1),
            "conditions[1].against": (None, "7 d ago"),
            "conditions[1].direction": (None, "both"),
            "conditions[1].severity": (None, "medium"),
        }
        assert step.what == "changed"

    def test_files_remove_only_what_files_made(self):
        before = [
            kept({**SLOW, "name": origin}, origin=origin, number=n)
            for n, origin in enumerate(("file", "api", "default"))
        ]
        found = steps(before, [])
        assert {name: each.what for name, each in found.items()} == {"file": "removed"}

    @pytest.mark.parametrize("origin", ["api", "default"])
    def test_a_file_takes_over_what_others_kept(self, origin):
        (step,) = steps([kept(SLOW, origin=origin)], [SLOW]).values()
        assert (step.what, step.takes_over, step.differences) == ("changed", origin, [])

    def test_what_another_version_wrote_is_a_change(self):
        (step,) = steps([kept({**SLOW, "colour": "red"})], [SLOW]).values()
        assert step.what == "changed"
        assert ("colour", "red", None) in step.differences

    @given(st.lists(st.sampled_from("abcdef"), unique=True), st.data())
    def test_each_name_is_told_once(self, names, data):
        before = [
            kept(
                {**SLOW, "name": name},
                origin=data.draw(st.sampled_from(["file", "api", "default"])),
            )
            for name in data.draw(st.lists(st.sampled_from("abcdef"), unique=True))
        ]
        found = plan(before, [checked({**SLOW, "name": name}) for name in names])
        assert [each.name for each in found] == sorted({each.name for each in found})
        gone = {each.name for each in found if each.what == "removed"}
        assert {each.name for each in found} - gone == set(names)
        assert gone == {b.name for b in before if b.origin == "file"} - set(names)


class TestADocument:
    @pytest.mark.parametrize("document", [SLOW, *documents()], ids=lambda each: each["name"])
    def test_is_the_monitor_that_it_was_made_of(self, document):
        monitor = read_one(document)
        assert checked(document_of(monitor)) == monitor
        assert len(document_of(monitor)) <= len(document) + 1

    @pytest.mark.parametrize(
        ("document", "where"),
        [
            ({**SLOW, "conditions": [{"change": math.inf}]}, ("conditions", 0, "change")),
            ({**SLOW, "conditions": [{"change": "1e999 %"}]}, ("conditions", 0, "change")),
            ({**SLOW, "runbook": "a\0"}, ("runbook",)),
            ({**SLOW, "window": f"{'9' * 400} d"}, ("window",)),
            ({**SLOW, "name": "a\ud800"}, ("name",)),
            ({"name": "a", "kind": []}, ()),
            ([], ()),
            (None, ()),
        ],
    )
    def test_that_cannot_be_kept_is_refused(self, document, where):
        with pytest.raises(FaultsError) as caught:
            checked(document)
        assert caught.value.faults[0].loc == where


@given(st.data())
def test_who_watches_is_counted_as_the_judge_chooses(data):
    pattern = st.sampled_from(["*", "a*", "b-?", "a-1", "[ab]-2", "nobody", "A*"])
    sets = [
        {
            **SLOW,
            "name": f"m{n}",
            "models": data.draw(pattern),
            "enabled": data.draw(st.booleans()),
        }
        for n in range(data.draw(st.integers(0, 5)))
    ]
    held = [
        kept(document, number=n, origin=data.draw(st.sampled_from(["file", "default"])))
        for n, document in enumerate(sets)
    ]
    models = [model_of(name) for name in ("a-1", "a-2", "b-1", "b-2", "[ab]-2")]
    read = [Set(each.id, read_one(each.document), each.origin == "default") for each in held]
    expected = {each.id: 0 for each in held}
    for model in models:
        for one in chosen(read, model.name):
            expected[one.id] += 1
    unwatched = model_of("a-9", watched=False)
    assert watching(held, [*models, unwatched]) == expected


def model_of(name, *, watched=True):
    return Model(
        id=1,
        tenant="default",
        name=name,
        task=None,
        likely_task=None,
        owner="",
        description="",
        tags={},
        segments=[],
        hot_days=None,
        cold_days=None,
        created_at=0,
        changed_at=0,
        archived_at=None,
        revision=1,
        watched=watched,
    )


def alarms(values, rows="1000", baseline=None, **more):
    monitor = checked({**SLOW, "window": "1 min", **more})
    told = np.array(series_of(values))
    held = np.broadcast_to(np.array(series_of(rows)), told.shape)
    fold = {"predictions": "sum"}.get(monitor.metric, "mean")
    return [
        (each.at // MINUTE, each.until and each.until // MINUTE, each.severity)
        for each in told_of(monitor, Minutes(told, held, fold, baseline))
    ]


class TestARehearsal:
    def test_alarms_after_so_many_breaches_in_a_row(self):
        values = "5x3 50x1 5x1 50x4 5x2"
        assert alarms(values, for_count=1) == [(4, 5, "medium"), (6, 10, "medium")]
        assert alarms(values, for_count=2) == [(7, 10, "medium")]
        assert alarms(values, for_count=4) == [(9, 10, "medium")]
        assert alarms(values, for_count=5) == []

    def test_what_tells_nothing_is_neither_fine_nor_a_breach(self):
        assert alarms("5 50 _x3 50 5", for_count=2) == [(6, 7, "medium")]
        assert alarms("50x3", rows="1000 3 1000", for_count=2) == [(3, None, "medium")]
        assert alarms("50x3", rows="3") == []

    def test_the_window_is_the_mean_of_its_minutes_by_their_rows(self):
        # (5 * 4 + 50) / 5 = 14, and 5 rows of 50 among 1,000 of 5 are none.
        assert alarms("5x4 50 5x5", window="5 min", for_count=1) == [(5, 10, "medium")]
        rows = "1000x4 5 1000x5"
        assert alarms("5x4 50 5x5", rows=rows, window="5 min", for_count=1) == []

    def test_the_worst_severity_is_told(self):
        told = [{"max": 10, "severity": "low"}, {"max": 40, "severity": "critical"}]
        assert alarms("5 20x3 50x2 20 5", conditions=told) == [(3, 8, "critical")]

    def test_it_is_read_as_often_as_it_says(self):
        found = alarms("5x10 50x20 5x10", every="5 min", for_count=2)
        assert found == [(20, 35, "medium")]

    def test_late_rows_are_waited_for(self):
        assert alarms("5x3 50x4 5x9", delay="3 min", for_count=1) == [(7, 11, "medium")]

    @pytest.mark.parametrize(
        ("against", "values", "expected"),
        [
            ("previous window", "10x10 20x10", [(11, 12, "medium")]),
            ("5 min ago", "10x10 20x10", [(11, 16, "medium")]),
            # Whole hours: for the third hour the second, for the fourth the third.
            ("last 1 h", "20x60 10x60 20x90", [(121, 181, "medium")]),
            ("same hour", "20x10080 20x30 40x10 20x20", [(10111, 10121, "medium")]),
        ],
    )
    def test_what_it_is_compared_with_is_in_the_values(self, against, values, expected):
        condition = {"change": "50 %", "direction": "up", "against": against}
        found = alarms(values, for_count=1, conditions=[condition])
        assert found == expected

    def test_what_the_values_do_not_hold_is_the_baseline(self):
        more = {"metric": "mean", "column": "x", "conditions": [{"absolute_change": 5}]}
        assert alarms("10x3 20x3", baseline=11, **more) == [(5, None, "medium")]
        assert alarms("10x3 20x3", **more) == []

    def test_counts_add_up(self):
        more = {"metric": "predictions", "window": "3 min", "conditions": [{"min": 25}]}
        assert alarms("10x5 2x5 10x5", for_count=1, **more)[-1] == (6, 13, "medium")

    @pytest.mark.parametrize("told", ["ten", "10x", "10xx5", "1e999", "nan", "5x1000000", "1.2.3"])
    def test_other_values_are_refused(self, told):
        with pytest.raises(InputError):
            series_of(told)


GOOD = """
files: [m.yaml]
tests:
  - name: t
    monitor: slow
    values: 5x10 50x10
    alarms: [{at: 16 min}]
"""


@pytest.fixture
def write(tmp_path):
    (tmp_path / "m.yaml").write_text(
        "monitors: [{name: slow, metric: latency_avg_ms, every: 2 min, window: 4 min,"
        " conditions: [{max: 30}]}, {name: moved, kind: drift}]"
    )

    def written(text):
        path = tmp_path / "tests.yaml"
        path.write_text(text)
        return path

    return written


class TestAFileOfTests:
    def test_is_run_and_says_where_it_is_otherwise(self, write):
        (outcome,) = rehearse(write(GOOD))
        assert outcome.faults == []
        (outcome,) = rehearse(write(GOOD.replace("16", "14")))
        assert [each.split(":")[0] for each in outcome.faults] == [
            "no alarm at 14 min",
            "not expected",
        ]
        (outcome,) = rehearse(write(GOOD.replace("{at: 16 min}", "")))
        assert "at 16 min until the end, medium" in outcome.faults[0]
        wrong = "{at: 16 min, until: 18 min, severity: high}"
        (outcome,) = rehearse(write(GOOD.replace("{at: 16 min}", wrong)))
        assert len(outcome.faults) == 2

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("16 min", "15 min", "reads every 2 min"),
            ("16 min", "22 min", "the values end at 20 min"),
            ("monitor: slow", "monitor: slw", "did you mean 'slow'"),
            ("monitor: slow", "monitor: moved", "tests are for the kind metric"),
            ("5x10 50x10", "''", "there are no values"),
            ("values: ", "rows: 5x3\n    values: ", "3 minutes of rows, and 20 of values"),
            ("values: ", "rows: -5\n    values: ", "minutes of rows"),
            ("values", "vlaues", "tests[0].vlaues"),
            ("m.yaml", "n.yaml", "n.yaml"),
            ("tests:", "tests: [", "tests.yaml:"),
        ],
    )
    def test_that_is_wrong_says_where(self, write, old, new, said):
        with pytest.raises(InputError, match=re.escape(said)):
            rehearse(write(GOOD.replace(old, new)))


def test_the_examples_of_the_documentation_are_right(tmp_path):
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    files = [each for each in blocks if "\nmonitors:" in f"\n{each}"]
    assert [len(read_text(each)) for each in files] == [4, 1, 6, 3, 3]
    for monitor in (one for each in files for one in read_text(each)):
        assert checked(document_of(monitor)) == monitor
    (tests,) = [each for each in blocks if each not in files]
    (tmp_path / "monitors.yaml").write_text(files[0], encoding="utf-8")
    (tmp_path / "tests.yaml").write_text(tests, encoding="utf-8")
    outcomes = rehearse(tmp_path / "tests.yaml")
    assert [each.faults for each in outcomes] == [[]] * 3
