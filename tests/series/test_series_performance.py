"""How good a model was: the numbers of the API against scikit-learn's over the rows sent."""

import random

import pytest
from series_api import DAYS, HOURS, history, micros, moment
from series_truth import join, label
from sklearn import metrics
from worker_case import START, prediction

YES_NO = ("yes", "no")


def truths(sent, seed=2, share=0.6):
    """Labels that agree with most predictions, of some of them."""
    chance = random.Random(seed)
    found = {}
    for each in sent:
        if chance.random() < share:
            right = each["prediction_label"]
            wrong = "no" if right == "yes" else "yes"
            found[each["prediction_id"]] = right if chance.random() < 0.8 else wrong
    return found


def told(found, at=None):
    return [
        {"prediction_id": name, "actual_label": value} | ({} if at is None else {"timestamp": at})
        for name, value in found.items()
    ]


@pytest.fixture
def labelled(api):
    sent = history(api, hours=30)
    known = truths(sent)
    later = START + 36 * HOURS
    label(api, told(known, later), later)
    join(api, later)
    return sent, known


def positive(api, value):
    etag = api.key("read").get("models/m").headers["ETag"]
    return api.ask("PATCH", "models/m", json={"positive_label": value}, headers={"If-Match": etag})


class TestTwoClasses:
    def test_all_is_as_scikit_learn_has_it(self, api, labelled):
        sent, known = labelled
        assert positive(api, "yes")["positive_label"] == "yes"
        found = api.between("models/m/performance", START, START + 30 * HOURS, step=3600)
        rows = [each for each in sent if each["prediction_id"] in known]
        true = [known[each["prediction_id"]] for each in rows]
        said = [each["prediction_label"] for each in rows]
        score = [each["prediction_score"] for each in rows]
        is_yes = [each == "yes" for each in true]
        total = found["total"]
        assert (total["predictions"], total["labelled"]) == (len(sent), len(rows))
        assert total["coverage"] == pytest.approx(len(rows) / len(sent))
        wanted = {
            "accuracy": metrics.accuracy_score(true, said),
            "precision": metrics.precision_score(true, said, pos_label="yes"),
            "recall": metrics.recall_score(true, said, pos_label="yes"),
            "f1": metrics.f1_score(true, said, pos_label="yes"),
            "log_loss": metrics.log_loss(is_yes, score),
            "brier": metrics.brier_score_loss(is_yes, score),
        }
        values = {name: each["value"] for name, each in total["metrics"].items()}
        assert {name: values[name] for name in wanted} == pytest.approx(wanted)
        auc = total["metrics"]["roc_auc"]
        assert abs(auc["value"] - metrics.roc_auc_score(is_yes, score)) <= auc["bound"]
        matrix = {
            (each["actual"], each["predicted"]): each["count"] for each in found["confusion_matrix"]
        }
        table = metrics.confusion_matrix(true, said, labels=YES_NO)
        assert matrix == {
            (a, b): table[i][j] for i, a in enumerate(YES_NO) for j, b in enumerate(YES_NO)
        }
        assert sum(each["count"] for each in found["calibration"]) == len(rows)

    def test_each_step_is_of_its_own_rows(self, api, labelled):
        sent, known = labelled
        found = api.between("models/m/performance", START, START + 30 * HOURS, step=3600)
        assert len(found["data_points"]) == 30
        for point in found["data_points"]:
            start = micros(point["timestamp"])
            own = [each for each in sent if start <= each["timestamp"] < start + HOURS]
            rows = [each for each in own if each["prediction_id"] in known]
            right = [each["prediction_label"] == known[each["prediction_id"]] for each in rows]
            assert (point["predictions"], point["labelled"]) == (len(own), len(rows))
            accuracy = point["metrics"]["accuracy"]
            assert accuracy["value"] == pytest.approx(sum(right) / len(right))
            assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]
            assert accuracy["n"] == len(rows)

    @pytest.mark.usefixtures("labelled")
    def test_without_a_positive_class_nothing_is_taken_for_it(self, api):
        found = api.between("models/m/performance", START, START + 30 * HOURS)
        assert found["positive_label"] is None
        assert "roc_auc" not in found["total"]["metrics"]
        assert found["calibration"] == []
        assert "accuracy" in found["total"]["metrics"]

    @pytest.mark.usefixtures("labelled")
    def test_only_what_is_asked_for(self, api):
        found = api.between(
            "models/m/performance", START, START + 30 * HOURS, metric=["accuracy", "f1"]
        )
        assert found["total"]["metrics"].keys() == {"accuracy", "f1"}

    def test_late_labels_restate_the_past_and_say_so(self, api, labelled):
        sent, known = labelled
        before = api.between("models/m/performance", START, START + DAYS, step=3600)
        wrong = next(each for each in sent if each["prediction_id"] in known)
        right = {"yes": "no", "no": "yes"}[known[wrong["prediction_id"]]]
        later = START + 40 * HOURS
        label(api, [{"prediction_id": wrong["prediction_id"], "actual_label": right}], later)
        join(api, later)
        after = api.between("models/m/performance", START, START + DAYS, step=3600)
        changed = [
            (old, new)
            for old, new in zip(before["data_points"], after["data_points"], strict=True)
            if old != new
        ]
        ((old, new),) = changed
        assert (old["revision"], new["revision"]) == (1, 2)
        assert old["timestamp"] == moment(wrong["timestamp"] - wrong["timestamp"] % HOURS).replace(
            "+00:00", "Z"
        )


class TestDeclaredLater:
    def test_a_segment_is_measured_of_the_past_too(self, api, labelled):
        sent, known = labelled
        api.ask("PUT", "models/m/schema", json={"segments": ["features.plan"]})
        join(api, START + 36 * HOURS)
        for plan in ("free", "pro", "team"):
            found = api.between(
                "models/m/performance",
                START,
                START + 30 * HOURS,
                segment=f"features.plan={plan}",
            )["total"]
            rows = [
                each
                for each in sent
                if each["prediction_id"] in known and each["features"]["plan"] == plan
            ]
            right = [each["prediction_label"] == known[each["prediction_id"]] for each in rows]
            assert found["labelled"] == len(rows)
            assert found["metrics"]["accuracy"]["value"] == pytest.approx(sum(right) / len(right))

    @pytest.mark.usefixtures("labelled")
    def test_a_task_is_another_way_to_measure(self, api):
        etag = api.key("read").get("models/m").headers["ETag"]
        api.ask("PATCH", "models/m", json={"task": "regression"}, headers={"If-Match": etag})
        join(api, START + 36 * HOURS)
        found = api.between("models/m/performance", START, START + 30 * HOURS)
        assert "accuracy" not in found["total"]["metrics"]


class TestCoverage:
    def test_says_how_much_is_known_and_how_long_it_takes(self, api):
        sent = history(api, hours=10)
        known = truths(sent, share=0.5)
        for each in sent:
            if each["prediction_id"] in known:
                at = each["timestamp"] + 6 * HOURS
                label(api, told({each["prediction_id"]: known[each["prediction_id"]]}, at), at)
        label(api, told({"of-nobody": "yes"}), START + 20 * HOURS)
        join(api, START + 20 * HOURS)
        found = api.between("models/m/labels/coverage", START, START + 10 * HOURS, step=3600)
        assert found["unmatched"] == 1
        assert (found["predictions"], found["labelled"]) == (len(sent), len(known))
        delay = found["label_delay"]
        assert delay["n"] == len(known)
        # To a fifth, as bins of a quarter octave tell it.
        assert delay["p50_hours"] == pytest.approx(6, rel=0.2)
        first = found["data_points"][0]
        due = micros(first["final_by"]) - micros(first["timestamp"])
        assert due == pytest.approx(7 * HOURS, rel=0.2)
        assert first["is_mature"]

    def test_a_model_without_labels(self, api):
        history(api, hours=2)
        found = api.between("models/m/labels/coverage", START, START + 2 * HOURS)
        assert (found["labelled"], found["coverage"], found["label_delay"]) == (0, 0.0, None)
        shown = api.between("models/m/performance", START, START + 2 * HOURS)
        assert shown["total"]["metrics"] == {}
        assert shown["performance_trend"] is None


class TestOtherTasks:
    def test_numbers(self, api):
        chance = random.Random(1)
        sent = [
            prediction(
                chance, n, at=START + n, prediction_score=float(n % 17), prediction_label=None
            )
            for n in range(200)
        ]
        for each in sent:
            del each["prediction_label"]
        api.case.send(sent, START + HOURS)
        true = {
            each["prediction_id"]: each["prediction_score"] + chance.gauss(1, 2) for each in sent
        }
        label(api, [{"prediction_id": name, "actual_score": y} for name, y in true.items()])
        join(api, START + HOURS)
        found = api.between("models/m/performance", START, START + HOURS)["total"]["metrics"]
        said = [each["prediction_score"] for each in sent]
        wanted = {
            "mae": metrics.mean_absolute_error(list(true.values()), said),
            "rmse": metrics.root_mean_squared_error(list(true.values()), said),
            "r2": metrics.r2_score(list(true.values()), said),
        }
        assert {name: found[name]["value"] for name in wanted} == pytest.approx(wanted)

    def test_several_outputs_have_their_names(self, api):
        chance = random.Random(1)
        sent = [
            prediction(chance, n, at=START + n, outputs={"a": 1.0, "b": float(n)})
            for n in range(50)
        ]
        api.case.send(sent, START + HOURS)
        label(
            api,
            [
                {
                    "prediction_id": each["prediction_id"],
                    "actual_label": each["prediction_label"],
                    "actual_outputs": {"a": 2.0, "b": each["outputs"]["b"]},
                }
                for each in sent
            ],
        )
        join(api, START + HOURS)
        found = api.between("models/m/performance", START, START + HOURS)["total"]["metrics"]
        assert found["outputs.a.mae"]["value"] == 1.0
        assert found["outputs.b.mae"]["value"] == 0.0
        assert found["accuracy"]["value"] == 1.0

    def test_ranked_lists(self, api):
        chance = random.Random(1)
        sent = [
            prediction(chance, f"{n}-{k}", at=START + n, group_id=f"g{n}", rank=k + 1)
            for n in range(30)
            for k in range(4)
        ]
        api.case.send(sent, START + HOURS)
        # What is good is always in the second place.
        label(
            api,
            [
                {"prediction_id": each["prediction_id"], "relevance": float(each["rank"] == 2)}
                for each in sent
            ],
        )
        join(api, START + HOURS)
        found = api.between("models/m/performance", START, START + HOURS)["total"]["metrics"]
        assert (found["mrr"]["value"], found["mrr"]["n"]) == (0.5, 30)
        assert found["hit_rate_at_1"]["value"] == 0.0
        assert found["hit_rate_at_3"]["value"] == 1.0

    def test_signals_earn_returns(self, api):
        chance = random.Random(1)
        sent = [
            prediction(chance, n, at=START + n, prediction_label=["buy", "sell", "hold"][n % 3])
            for n in range(60)
        ]
        api.case.send(sent, START + HOURS)
        label(
            api,
            [
                {
                    "prediction_id": each["prediction_id"],
                    "actual_label": "buy",
                    "actual_score": 0.01,
                }
                for each in sent
            ],
        )
        join(api, START + HOURS)
        found = api.between("models/m/performance", START, START + HOURS)["total"]["metrics"]
        assert found["win_rate"]["value"] == 0.5
        assert (found["total_return"]["value"], found["total_return"]["n"]) == (
            pytest.approx(0.0, abs=1e-12),
            40,
        )

    def test_flags_and_zeros_and_ones_are_the_same_two_classes(self, api):
        sent = [
            prediction(random.Random(n), n, at=START + n, prediction_label=n % 2 == 0)
            for n in range(20)
        ]
        api.case.send(sent, START + HOURS)
        label(
            api,
            [{"prediction_id": f"m-{n}", "actual_label": int(n % 2 == 0)} for n in range(20)],
        )
        join(api, START + HOURS)
        found = api.between("models/m/performance", START, START + HOURS)
        assert found["total"]["metrics"]["accuracy"]["value"] == 1.0


def test_the_trend_is_told_only_where_there_is_no_doubt(api):
    sent = history(api, hours=20)
    later = START + 20 * HOURS
    known = {
        each["prediction_id"]: each["prediction_label"]
        if each["timestamp"] < START + 10 * HOURS
        else {"yes": "no", "no": "yes"}[each["prediction_label"]]
        for each in sent
    }
    label(api, told(known, later), later)
    join(api, later)
    found = api.between("models/m/performance", START, START + 20 * HOURS, step=3600)
    assert found["performance_trend"] == "degrading"
    early = api.between("models/m/performance", START, START + 10 * HOURS, step=3600)
    assert early["performance_trend"] == "stable"


def test_an_error_that_grows_is_no_improvement(api):
    """Whatever it is the error of."""
    chance = random.Random(1)
    sent = [
        prediction(chance, n, at=START + n * HOURS // 10, outputs={"price": 1.0})
        for n in range(200)
    ]
    api.case.send(sent, START + 20 * HOURS)
    label(
        api,
        [
            {
                "prediction_id": each["prediction_id"],
                "actual_label": each["prediction_label"],
                "actual_outputs": {"price": 1.1 + chance.random() / 9 + n // 100},
            }
            for n, each in enumerate(sent)
        ],
    )
    join(api, START + 20 * HOURS)
    found = api.between(
        "models/m/performance", START, START + 20 * HOURS, step=3600, metric="outputs.price.mae"
    )
    assert found["performance_trend"] == "degrading"
