"""Each planted fault is in the rows: a figure before it, and one after."""

import numpy as np
import pytest
from demo_case import BY_NAME, MODELS, NOW, column, history, live, moments, split

from tidegauge.demo.season import DAYS, HOURS, MINUTES


def halves(name, since):
    return split(history(BY_NAME[name], days=9).rows(0, NOW), since)


def where(table, name, value):
    return table.filter(column(table, name) == value)


def medians(of, *tables):
    return [float(np.nanmedian(column(table, of))) for table in tables]


def test_every_fault_is_in_the_last_three_days_or_still_to_come():
    faults = [fault for model in MODELS for fault in model.faults]
    assert {fault.model_id for fault in faults} == set(BY_NAME)
    assert all(NOW - 3 * DAYS <= fault.start <= NOW + 5 * MINUTES for fault in faults)
    # Until the demo goes live, one model has nothing wrong.
    assert [fault.model_id for fault in faults if fault.start > NOW] == ["recommender"]


def test_one_channel_of_card_fraud_sends_cents():
    before, after = halves("card-fraud", BY_NAME["card-fraud"].cents_since)
    for channel in ("web", "app", "terminal", "phone"):
        was, is_ = medians(
            "features.amount",
            where(before, "tags.channel", channel),
            where(after, "tags.channel", channel),
        )
        assert is_ / was == pytest.approx(100 if channel == "app" else 1, rel=0.2)


def test_version_2_1_0_took_over_eight_days_ago():
    model = BY_NAME["card-fraud"]
    before, after = halves("card-fraud", model.released)
    assert 7 * DAYS < NOW - model.released < 9 * DAYS
    assert set(before["model_version"].to_pylist()) == {"2.0.0"}
    assert set(after["model_version"].to_pylist()) == {"2.1.0"}


def test_the_weather_of_one_city_is_missing():
    before, after = halves("restaurant-demand", BY_NAME["restaurant-demand"].blind_since)
    for feature in ("temperature_c", "rain_mm", "wind_ms"):
        for city in ("Lisbon", "Turin"):
            was, is_ = (
                where(table, "tags.city", city)[f"features.{feature}"].null_count
                / where(table, "tags.city", city).num_rows
                for table in (before, after)
            )
            assert was < 0.02
            assert is_ == pytest.approx(0.6, abs=0.08) if city == "Lisbon" else is_ < 0.02


def right(rows, labels):
    """The share of calls whose label was right, before the label is late."""
    truth = dict(zip(*(labels[name].to_pylist() for name in ("prediction_id", "actual_label")),
                     strict=True))  # fmt: skip
    pairs = zip(*(rows[name].to_pylist() for name in ("prediction_id", "prediction_label")),
                strict=True)  # fmt: skip
    hits = [truth[key] == said for key, said in pairs if key in truth and said is not None]
    return sum(hits) / len(hits)


def test_the_market_turns_and_the_model_is_as_right_as_before():
    before, after = halves("trading-signal", BY_NAME["trading-signal"].storm_since)
    for feature in ("volatility_5m_bp", "spread_bp"):
        was, is_ = medians(f"features.{feature}", before, after)
        assert is_ / was > 1.5
    labels = history(BY_NAME["trading-signal"], days=9).labels(0, NOW + HOURS)
    assert right(after, labels) == pytest.approx(right(before, labels), abs=0.03)
    assert right(before, labels) > 0.55


def test_variant_b_takes_twice_as_long():
    before, after = halves("page-personalisation", BY_NAME["page-personalisation"].slow_since)
    for variant in "AB":
        was, is_ = medians(
            "prediction_latency_ms",
            where(before, "variant", variant),
            where(after, "variant", variant),
        )
        assert is_ / was == pytest.approx(2 if variant == "B" else 1, rel=0.2)


def test_new_departments_come_while_the_demo_is_live():
    model = BY_NAME["recommender"]
    old = history(model).rows(0, NOW)
    before, after = split(live(model).rows(NOW, NOW + HOURS), model.new_since)
    fresh = {"e-bikes", "smart-garden"}
    assert not fresh & set(old["features.item_category"].to_pylist())
    assert before.num_rows
    assert not fresh & set(before["features.item_category"].to_pylist())
    share = np.isin(column(after, "features.item_category").astype(str), list(fresh)).mean()
    assert share == pytest.approx(0.18, abs=0.02)


def test_a_new_camera_moves_the_embeddings():
    before, after = halves("product-images", BY_NAME["product-images"].camera_since)
    assert "studio-c" not in before["tags.camera"].to_pylist()
    share = (column(after, "tags.camera") == "studio-c").mean()
    assert share == pytest.approx(0.4, abs=0.05)

    def vectors(table):
        return np.stack(column(table, "embeddings.image"))

    assert vectors(before).shape[1] == 32
    centre, spread = vectors(before).mean(axis=0), vectors(before).std(axis=0)
    moved = vectors(where(after, "tags.camera", "studio-c")).mean(axis=0) - centre
    stayed = vectors(where(after, "tags.camera", "studio-a")).mean(axis=0) - centre
    assert np.abs(moved / spread).mean() > 0.5
    assert np.abs(stayed / spread).mean() < 0.15


def test_models_have_calls_that_fail_and_inputs_that_are_missing():
    for model in MODELS:
        rows = history(model, days=20).rows(0, NOW)
        failed = (column(rows, "status") != "ok").mean()
        assert 0.001 < failed < 0.011, model.model_id
        assert rows["error"].null_count == (column(rows, "status") == "ok").sum()


def test_labels_follow_the_scores():
    model = BY_NAME["recommender"]
    rows, labels = history(model).rows(0, NOW), history(model).labels(0, NOW + DAYS)
    rank = dict(zip(rows["prediction_id"].to_pylist(), column(rows, "rank"), strict=True))
    by_rank = np.zeros(9)
    for key, relevance in zip(
        labels["prediction_id"].to_pylist(), column(labels, "relevance"), strict=True
    ):
        by_rank[int(rank[key])] += relevance
    assert (np.diff(by_rank[1:]) < 0).all()
    assert (np.diff(moments(rows)) >= 0).all()
