"""The demo's rows depend on seed and time alone, and each of them is a valid record."""

import itertools

import numpy as np
import pyarrow as pa
import pytest
from demo_case import BY_NAME, MODELS, NOW, column, history, live, moments
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.demo import models
from tidegauge.demo import stream as streams
from tidegauge.demo.season import DAYS, HOURS, MINUTES
from tidegauge.demo.stream import Stream
from tidegauge.ingest.accept import accept
from tidegauge.ingest.request import ARROW, Request
from tidegauge.record.columns import to_stream

KINDS = ("rows", "labels", "feedback")
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.model_id)


def forget():
    streams._block.cache_clear()
    streams._known.cache_clear()


@every_model
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_and_span_make_the_same_bytes(model, kind):
    def bytes_of(of):
        forget()
        stream = Stream(of, NOW - 2 * DAYS, NOW, 100)
        return to_stream(getattr(stream, kind)(NOW - DAYS, NOW))

    assert bytes_of(model) == bytes_of(BY_NAME[model.model_id])
    (other,) = (each for each in models(2, NOW) if each.model_id == model.model_id)
    if getattr(history(model), kind)(NOW - DAYS, NOW).num_rows:
        assert bytes_of(model) != bytes_of(other)


@every_model
@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(0, 4 * DAYS), max_size=4).map(sorted))
def test_spans_join_to_the_whole_however_they_are_cut(model, cuts):
    stream = history(model)
    start = NOW - 4 * DAYS
    edges = [start, *(start + cut for cut in cuts), NOW]
    for kind in KINDS:
        make = getattr(stream, kind)
        pieces = [make(*span) for span in itertools.pairwise(edges)]
        assert pa.concat_tables(pieces).equals(make(start, NOW)), kind


@every_model
def test_no_call_is_outside_its_stream(model):
    start, stop = NOW - DAYS - 7 * MINUTES, NOW - 3 * MINUTES
    stream = Stream(model, start, stop, 100)
    rows = stream.rows(0, NOW + DAYS)
    assert start <= moments(rows).min()
    assert moments(rows).max() < stop
    ids = set(rows["prediction_id"].to_pylist())
    assert len(ids) == rows.num_rows
    for late in (stream.labels(start, NOW + 20 * DAYS), stream.feedback(start, NOW + 20 * DAYS)):
        told = late["prediction_id"].to_pylist()
        assert len(set(told)) == len(told)
        assert set(told) <= ids


@every_model
def test_history_and_live_rows_are_of_one_shape_and_share_no_id(model):
    old, new = history(model).rows(NOW - DAYS, NOW), live(model).rows(NOW, NOW + 10 * MINUTES)
    assert old.column_names == [*new.column_names, "weight"]
    assert old.schema.remove(old.schema.get_field_index("weight")).equals(new.schema)
    assert not set(old["prediction_id"].to_pylist()) & set(new["prediction_id"].to_pylist())


@every_model
def test_history_stands_for_as_much_traffic_as_there_is_live(model):
    span = NOW - 6 * HOURS, NOW
    thinned = history(model).rows(*span)
    whole = Stream(model, *span).rows(*span).num_rows
    assert column(thinned, "weight").sum() == pytest.approx(whole, rel=0.25)


@every_model
@pytest.mark.parametrize("kind", KINDS)
def test_every_record_is_taken(model, kind):
    span = NOW - 3 * DAYS, NOW
    name = {"rows": "predictions"}.get(kind, kind)
    for stream in (history(model), live(model)):
        table = getattr(stream, kind)(*(span if stream.thinned > 1 else (NOW, NOW + 10 * MINUTES)))
        for first in range(0, table.num_rows, 5_000):
            body = to_stream(table.slice(first, 5_000), "lz4")
            request = Request(
                kind=name, media=ARROW, body=body, now=NOW + HOURS, oldest=NOW - 30 * DAYS
            )
            verdict = accept(request, {})
            assert verdict.accepted == min(table.num_rows - first, 5_000)
            assert not verdict.rejected
            assert not verdict.errors


@every_model
def test_labels_come_as_late_as_the_model_says(model):
    stream = history(model, days=20)
    rows, labels = stream.rows(0, NOW), stream.labels(0, NOW + 20 * DAYS)
    called = dict(zip(rows["prediction_id"].to_pylist(), moments(rows).tolist(), strict=True))
    delays = moments(labels) - [called[each] for each in labels["prediction_id"].to_pylist()]
    assert delays.min() > 0
    assert delays.max() <= model.latest
    assert (np.diff(moments(labels)) >= 0).all()
    shortest, typical, longest = np.quantile(delays, (0, 0.5, 1)) / HOURS
    match model.model_id:
        case "card-fraud":
            assert shortest >= 2
            assert 24 < typical < 24 * 7
            assert 24 * 13 < longest <= 24 * 14
        case "restaurant-demand":
            assert 24 <= shortest <= longest <= 25
        case "trading-signal":
            assert 1 / 12 <= shortest <= longest < 0.1
        case "product-images":
            assert 4 <= shortest <= longest <= 48
            assert 0.1 < len(delays) / rows.num_rows < 0.15
        case _:
            assert longest <= 6


def test_a_month_of_all_six_is_a_quarter_of_a_million_rows():
    total = sum(history(model, days=30).rows(0, NOW).num_rows for model in MODELS)
    assert 250_000 < total < 400_000


def test_a_demo_that_starts_again_within_the_hour_has_its_faults_where_they_were():
    hour = NOW - NOW % HOURS
    early, late = models(1, hour + MINUTES), models(1, hour + 40 * MINUTES)
    for one, other in zip(early, late, strict=True):
        span = hour - 2 * DAYS, hour
        assert Stream(one, *span, 100).rows(*span).equals(Stream(other, *span, 100).rows(*span))


def test_traffic_has_days_and_weeks():
    model = BY_NAME["restaurant-demand"]
    at = NOW - np.arange(14 * 24) * HOURS
    busy = model.busy(at)
    assert busy.max() / busy.min() > 3
    assert busy.mean() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_a_span_without_calls_is_an_empty_table(kind):
    stream = history(MODELS[0])
    make = getattr(stream, kind)
    assert make(NOW, NOW).num_rows == 0
    assert make(NOW - 60 * DAYS, NOW - 59 * DAYS).num_rows == 0
    assert make(0, 0).schema.equals(make(NOW - DAYS, NOW).schema)
