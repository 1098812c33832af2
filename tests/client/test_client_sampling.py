"""A part of the predictions stands for all."""

import numpy as np
import pytest

from tidegauge.client import Sample
from tidegauge.errors import InputError


def test_what_is_kept_stands_for_what_is_not(server, make):
    client = make(server.url, sample=0.1, max_records=100_000)
    source = np.random.default_rng(0)
    values = source.normal(5, 2, 20_000)
    for place, value in enumerate(values):
        client.log(model_id="m", prediction_id=f"p{place}", features={"a": float(value)})
    assert client.flush(20)
    stats = client.stats()
    assert stats.sampled_out + stats.acked == 20_000
    assert stats.queued == 0
    records = server.records()
    weights = np.array([each["weight"] for each in records])
    kept = np.array([each["features"]["a"] for each in records])
    # Four standard errors of the estimate.
    assert weights.sum() == pytest.approx(20_000, abs=4 * np.sqrt(20_000 * 9))
    assert np.average(kept, weights=weights) == pytest.approx(values.mean(), abs=4 * 2 / 2_000**0.5)


def test_the_choice_is_by_the_id_and_always_the_same():
    sample = Sample(0.3)
    ids = [{"prediction_id": f"p{place}"} for place in range(1_000)]
    first = [sample.weight(each) for each in ids]
    assert first == [sample.weight(each) for each in ids]
    # A larger rate keeps what a smaller one kept.
    more = [Sample(0.6).weight(each) for each in ids]
    assert all(b is not None for a, b in zip(first, more, strict=True) if a is not None)


def test_strata_are_kept_whole_each_for_itself():
    sample = Sample(1e-6, keep_scores_below=0.6, keep_scores_above=0.95)
    for record, weight in (
        ({"prediction_score": 0.5}, 1.0),
        ({"prediction_score": 0.99}, 1.0),
        ({"prediction_score": 0.8}, None),
        ({"status": "timeout"}, 1.0),
        ({"status": "ok"}, None),
        ({"error": "ValueError"}, 1.0),
    ):
        assert sample.weight({"prediction_id": "p", **record}) == weight
    assert Sample(1e-6, keep_errors=False).weight({"prediction_id": "p", "error": "x"}) is None


def test_each_model_has_its_own_rate(server, make):
    client = make(server.url, sample={"often": 1.0, "seldom": Sample(1e-6)})
    for model in ("often", "seldom", "other"):
        for place in range(20):
            client.log(model_id=model, prediction_id=f"{model}{place}")
    client.log_actual(model_id="seldom", prediction_id="seldom1", actual_label=1)
    assert client.flush()
    assert {each["model_id"] for each in server.records()} == {"often", "other"}
    assert len(server.records("labels")) == 1
    assert client.stats().sampled_out == 20


def test_a_weight_that_was_given_is_kept_in_mind(server, make):
    client = make(server.url, sample=Sample(0.5))
    for place in range(20):
        client.log(model_id="m", prediction_id=f"p{place}", weight=3)
    assert client.flush()
    assert {each["weight"] for each in server.records()} == {6.0}


@pytest.mark.parametrize("rate", [0, -1, 1.5, float("nan"), True, None])
def test_a_rate_is_above_zero_and_at_most_one(rate):
    with pytest.raises(InputError):
        Sample(rate)
