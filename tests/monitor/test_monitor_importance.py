"""Of columns that drifted those come first that moved far and count."""

from tidegauge.monitor.evidence import by_importance


def moved(column, psi):
    return {"column": column, "effects": {"psi": {"value": psi}}}


SOME = [moved("features.a", 0.5), moved("features.b", 0.4), moved("prediction_score", 0.3)]


def names(found):
    return [each["column"].removeprefix("features.") for each in found]


def test_where_nothing_is_explained_they_are_as_they_were():
    found = by_importance(SOME, {}, 3)
    assert names(found) == ["a", "b", "prediction_score"]
    assert {each["importance"] for each in found} == {None}


def test_one_that_counts_comes_before_one_that_moved_further():
    found = by_importance(SOME, {"a": 0.1, "b": 0.9}, 3)
    assert names(found) == ["b", "prediction_score", "a"]
    assert [each["importance"] for each in found] == [0.9, None, 0.1]


def test_an_effect_that_is_not_known_comes_last():
    found = by_importance([moved("features.a", None), *SOME[1:]], {"a": 0.9, "b": 0.1}, 3)
    assert names(found)[-1] == "a"
