"""Every format is judged by the same rules, and tells the same faults."""

import gzip
import math
from datetime import UTC, datetime

import orjson
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.arrow import pa
from tidegauge.ingest.accept import accept
from tidegauge.ingest.problem import ProblemError
from tidegauge.ingest.request import ARROW, JSON, NDJSON, Options, Request
from tidegauge.record.columns import from_stream, to_records, to_stream, to_table

NOW = 1_800_000_000_000_000


def judged(body, media=JSON, kind="predictions", encoding="", **options):
    if not isinstance(body, bytes):
        body = orjson.dumps(body)
    request = Request(
        kind=kind, media=media, body=body, encoding=encoding, now=NOW, options=Options(**options)
    )
    return accept(request, {})


def kept(verdict):
    found = []
    for piece in verdict.pieces:
        records = (
            orjson.loads(piece.body)
            if piece.encoding == "json"
            else to_records(from_stream(piece.body))
        )
        assert len(records) == piece.rows
        assert all(record.get("model_id", "") == piece.model for record in records)
        found += records
    return found


def moment(micros):
    return datetime.fromtimestamp(micros // 1_000_000, UTC).isoformat()


RECORDS = [
    {"model_id": "a", "prediction_id": "1", "timestamp": moment(NOW), "features": {"x": 1.5}},
    {"model_id": "b", "prediction_id": "1", "timestamp": moment(NOW), "features": {"x": 2.5}},
    {"model_id": "a", "prediction_id": "2", "timestamp": moment(NOW), "tags": {"r": "eu"}},
]
STORED = [{**record, "timestamp": NOW} for record in RECORDS]


def by_id(records):
    return sorted(records, key=lambda record: (record["model_id"], record["prediction_id"]))


BODIES = {
    "records": (JSON, orjson.dumps({"records": RECORDS})),
    "array": (JSON, orjson.dumps(RECORDS)),
    "lines": (NDJSON, b"\r\n\n".join(map(orjson.dumps, RECORDS))),
    "arrow": (ARROW, to_stream(to_table(STORED))),
    "arrow lz4": (ARROW, to_stream(to_table(STORED), "lz4")),
    "arrow zstd": (ARROW, to_stream(to_table(STORED), "zstd")),
    "columns": (
        JSON,
        orjson.dumps(
            {
                "columns": {
                    "model_id": ["a", "b", "a"],
                    "prediction_id": ["1", "1", "2"],
                    "timestamp": [moment(NOW)] * 3,
                    "features": {"x": [1.5, 2.5, None]},
                    "tags.r": [None, None, "eu"],
                }
            }
        ),
    ),
}


def present(record):
    kept_ = {}
    for name, value in record.items():
        if isinstance(value, dict):
            value = {key: item for key, item in value.items() if item is not None}  # noqa: PLW2901
        if value not in ({}, None):
            kept_[name] = value
    return kept_


@pytest.mark.parametrize("form", BODIES)
@pytest.mark.parametrize("encoding", ["", "gzip", "zstd"])
def test_all_forms_say_the_same(form, encoding):
    media, body = BODIES[form]
    if encoding == "gzip":
        body = gzip.compress(body)
    elif encoding == "zstd":
        body = zstandard.compress(body)
    verdict = judged(body, media, encoding=encoding)
    assert (verdict.accepted, verdict.rejected, verdict.duplicate) == (3, 0, 0)
    assert by_id(map(present, kept(verdict))) == by_id(map(present, STORED))


def test_one_record_alone_is_a_batch_of_one():
    verdict = judged(RECORDS[0])
    assert verdict.single
    assert verdict.ids == ("1",)
    assert kept(verdict) == [STORED[0]]


def test_what_was_sent_is_kept_byte_for_byte_where_nothing_is_refused():
    body = to_stream(to_table([STORED[0]]))
    assert judged(body, ARROW).pieces[0].body is body


odd = st.sampled_from(
    [None, "", "x" * 129, "a/b", 1, 1.5, True, math.inf, "a\0", [], {}, {"k": "v"}, "ok"]
)
fields = st.sampled_from(["model_id", "prediction_id", "prediction_score", "weight", "user_id"])
values = st.one_of(st.just("ok"), st.sampled_from(["", "x" * 129, "a/b", "a\0", None]))
scores = st.one_of(st.floats(), st.none())
rows = st.lists(
    st.fixed_dictionaries(
        {
            "model_id": st.sampled_from(["m", "n", "a/b", "", None]),
            "prediction_id": st.one_of(st.none(), st.text(max_size=3), st.just("x" * 129)),
        },
        optional={
            "prediction_score": scores,
            "weight": scores,
            "rank": scores,
            "user_id": values,
            "probabilities": st.fixed_dictionaries({"a": scores, "b": scores}),
            "features": st.dictionaries(
                st.sampled_from(["f", "g"]), st.one_of(scores, st.text(max_size=3))
            ),
            "actual_label": values,
            "tags": st.dictionaries(st.sampled_from(["t"]), st.sampled_from(["v", "v" * 1025])),
            "timestamp": st.sampled_from(
                [NOW, NOW + 2 * 86_400_000_000, NOW - 86_400_000_000 * 90]
            ),
        },
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=300, deadline=None)
@given(rows)
def test_columns_and_records_are_refused_alike(records):
    """The search over columns is a wide net: it must let nothing through that a record may not."""

    def finite(value):
        # JSON cannot say them; the rules for them are tested with the records.
        return not isinstance(value, float) or math.isfinite(value)

    records = [
        {
            name: {k: v for k, v in value.items() if finite(v)}
            if isinstance(value, dict)
            else value
            for name, value in record.items()
            if finite(value)
        }
        for record in records
    ]
    spoken = [
        {**record, "timestamp": moment(record["timestamp"])} if "timestamp" in record else record
        for record in records
    ]

    def outcome(media, body):
        try:
            verdict = judged(body, media)
        except ProblemError as problem:
            # A column without any value of a required field is told as a column.
            if problem.errors and "index" not in problem.errors[0]:
                return None
            return problem.slug, faults(problem.errors), []
        return "ok", faults(verdict.errors), by_id(map(present, kept(verdict)))

    by_record = outcome(JSON, orjson.dumps({"records": spoken}))
    by_column = outcome(ARROW, to_stream(to_table(records)))
    if by_column is not None:
        assert by_column == by_record


def faults(errors):
    # Of a map the first fault is told, and columns come in another order.
    return sorted((each["index"], each["pointer"].split("/")[1], each["code"]) for each in errors)


class TestABatch:
    def test_bad_records_do_not_sink_the_good(self):
        records = [{"model_id": "m", "prediction_id": str(n)} for n in range(100)]
        for n in (3, 50, 99):
            records[n]["prediction_id"] = n
        verdict = judged({"records": records})
        assert verdict.accepted == 97
        assert [fault["index"] for fault in verdict.errors] == [3, 50, 99]
        assert len(kept(verdict)) == 97

    def test_atomic_is_all_or_nothing(self):
        records = [{"model_id": "m", "prediction_id": "1"}, {"model_id": "m"}]
        with pytest.raises(ProblemError, match="atomic") as caught:
            judged({"records": records, "atomic": True})
        assert caught.value.slug == "invalid-request"
        assert caught.value.errors[0]["index"] == 1

    def test_the_same_record_twice_is_a_duplicate(self):
        record = {"model_id": "m", "prediction_id": "1", "prediction_score": 0.5}
        verdict = judged({"records": [record, record]})
        assert (verdict.accepted, verdict.duplicate, verdict.rejected) == (1, 1, 0)

    def test_other_content_under_the_same_id_is_refused(self):
        record = {"model_id": "m", "prediction_id": "1", "prediction_score": 0.5}
        verdict = judged({"records": [record, {**record, "prediction_score": 0.6}]})
        assert (verdict.accepted, verdict.rejected) == (1, 1)
        assert verdict.errors[0]["code"] == "prediction-id-conflict"

    def test_columns_find_the_same_doubles(self):
        record = {"model_id": "m", "prediction_id": "1", "prediction_score": 0.5}
        records = [record, record, {**record, "prediction_score": 0.6}, {**record, "model_id": "n"}]
        verdict = judged(to_stream(to_table(records)), ARROW)
        assert (verdict.accepted, verdict.duplicate, verdict.rejected) == (2, 1, 1)

    def test_fields_beside_the_records_hold_for_each(self):
        body = {"model_id": "m", "records": [{"prediction_id": "1"}, {"prediction_id": "2"}]}
        assert judged(body).accepted == 2
        rows_ = to_stream(pa.table({"prediction_id": ["1", "2"]}))
        assert judged(rows_, ARROW, defaults={"model_id": "m"}).accepted == 2

    def test_ids_are_made_on_request_and_told(self):
        verdict = judged({"records": [{"model_id": "m"}] * 3, "generate_ids": True})
        assert len(set(verdict.ids)) == 3
        rows_ = to_stream(pa.table({"model_id": ["m", "m"]}))
        assert len(set(judged(rows_, ARROW, generate_ids=True).ids)) == 2

    def test_what_a_client_dropped_is_kept_beside_its_batch(self):
        drops = [{"model_id": "m", "reason": "queue_full", "records": 7, "from": 1, "to": 2}]
        table = to_table([{"model_id": "m", "prediction_id": "1"}])
        table = table.replace_schema_metadata({"tidegauge.drops": orjson.dumps(drops)})
        pieces = judged(to_stream(table), ARROW).pieces
        assert [piece.kind for piece in pieces] == ["predictions", "drops"]
        assert orjson.loads(pieces[1].body) == drops

    def test_a_digest_tells_payloads_apart(self):
        first, second = (judged(RECORDS[n], batch_id="b") for n in (0, 1))
        assert first.digest != second.digest
        assert first.batch_id == "b"
