"""Bodies and requests of the bad-input tables that no table could hold."""

import gzip
import random
import zlib

import orjson
import zstandard

from tidegauge.arrow import pa
from tidegauge.record.columns import to_stream, to_table

MIB = 1024 * 1024
GOOD = {"model_id": "m", "prediction_id": "p"}


def records(count, **more):
    return [{"model_id": "m", "prediction_id": f"g{n}", **more} for n in range(count)]


# Requests, whole.


def large_header():
    return b"GET /livez HTTP/1.1\r\nHost: h\r\nX: " + b"x" * (70 * 1024) + b"\r\n\r\n"


def many_headers():
    return b"GET /livez HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * 1001 + b"\r\n"


def long_address():
    return b"GET /livez?" + b"x" * (17 * 1024) + b" HTTP/1.1\r\nHost: h\r\n\r\n"


RAW = {"large_header", "many_headers", "long_address"}


# Bodies.


def utf16():
    return '{"model_id": "m"}'.encode("utf-16")


def gzipped():
    return gzip.compress(orjson.dumps(GOOD))


def gzipped_and_cut():
    return gzipped()[:-6]


def zstd_claiming_32_tib():
    return b"\x28\xb5\x2f\xfd" + b"\xe0" + (32 << 40).to_bytes(8, "little") + b"\x01\x00\x00"


def zstd_bomb():
    packer = zstandard.ZstdCompressor().compressobj()
    return b"".join([*(packer.compress(bytes(MIB)) for _ in range(256)), packer.flush()])


def gzip_bomb():
    packer = zlib.compressobj(wbits=31)
    return b"".join([*(packer.compress(bytes(MIB)) for _ in range(256)), packer.flush()])


def seventeen_mib():
    return b" " * (17 * MIB)


def seventeen_mib_in_chunks():
    return (b" " * MIB for _ in range(17))


def nested(depth):
    return b'{"model_id":"m","prediction_id":"p","x":' + b"[" * depth + b"]" * depth + b"}"


def depth_33():
    return nested(32)


def depth_100000():
    return nested(100_000)


def integer_of_5000_digits():
    good = b'{"model_id":"m","prediction_id":"5000"}'
    return b'[%b,{"model_id":"m","prediction_id":"x","features":{"a":%b}}]' % (good, b"9" * 5000)


def not_utf8():
    return b'{"model_id": "\xff"}'


def many_categories():
    return orjson.dumps(
        [{**record, "features": {"c": f"value {n}"}} for n, record in enumerate(records(10_000))]
    )


def record_over_1_mib():
    texts = {f"t{n}": "x" * 60_000 for n in range(18)}
    return orjson.dumps([{**GOOD, "features": texts}, {**GOOD, "prediction_id": "P-36"}])


def long_batch_id():
    return orjson.dumps({"records": [GOOD], "batch_id": "b" * 200})


def a_new_feature_each():
    return orjson.dumps(
        [
            {**record, "model_id": "sparse", "features": {f"f{n}": 1}}
            for n, record in enumerate(records(10_000))
        ]
    )


def records_10001():
    return orjson.dumps(records(10_001))


def lines_one_bad():
    lines = [orjson.dumps(record) for record in records(10_000)]
    lines[5000] = b'{"model_id": '
    return b"\n".join(lines)


def noise():
    return random.Random(1).randbytes(MIB)


# Arrow.


def columns(**more):
    return pa.table({"model_id": ["m"], "prediction_id": ["p"], **more})


def arrow_file():
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, columns().schema) as file:
        file.write_table(columns())
    return sink.getvalue().to_pybytes()


def with_offsets(offsets):
    """A text column whose offsets say what is not so."""
    table = pa.table({"model_id": ["m"] * 3, "prediction_id": ["1", "2", "3"]})
    body = to_stream(table.append_column("features.t", pa.array(["ab", "cd", "ef"])))
    true, forged = (
        b"".join(each.to_bytes(4, "little", signed=True) for each in list_)
        for list_ in ([0, 2, 4, 6], offsets)
    )
    assert body.count(true) == 1
    return body.replace(true, forged)


def to_stream_as_it_is(table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        for batch in table.to_batches():
            stream.write_batch(batch)
    return sink.getvalue().to_pybytes()


def arrow_offset_beyond():
    return with_offsets([0, 2, 4, 1_000_000])


def arrow_offset_negative():
    return with_offsets([-4, 2, 4, 6])


def arrow_offset_decreasing():
    return with_offsets([0, 4, 2, 6])


def claiming(size):
    table = pa.table({"model_id": ["m"] * 100, "prediction_id": [str(n) for n in range(100)]})
    body = to_stream(table, "zstd")
    place = body.rindex(b"\x28\xb5\x2f\xfd") - 8
    return body[:place] + size.to_bytes(8, "little", signed=True) + body[place + 8 :]


def arrow_claiming_100_gb():
    return claiming(100 << 30)


def arrow_claiming_3_gb():
    return claiming(3 << 30)


def arrow_claiming_minus_5():
    return claiming(-5)


def arrow_of_a_billion_nulls():
    nulls = pa.nulls(10**9)
    return to_stream_as_it_is(pa.table({"model_id": nulls, "prediction_id": nulls}))


def of_type(array):
    return to_stream_as_it_is(columns().append_column("features.x", array))


def arrow_decimal():
    return of_type(pa.array([1], pa.decimal256(50, 2)))


def arrow_half_float():
    return of_type(pa.array([1.0]).cast(pa.float16()))


def arrow_nested_64():
    kind, value = pa.int64(), 1
    for _ in range(60):
        kind, value = pa.list_(kind), [value]
    return of_type(pa.array([value], kind))


def arrow_struct():
    return of_type(pa.array([{f"f{n}": 1 for n in range(1000)}]))


def arrow_union():
    kinds = pa.array([0], pa.int8())
    return of_type(pa.UnionArray.from_sparse(kinds, [pa.array([1])]))


def arrow_run_end():
    return of_type(pa.RunEndEncodedArray.from_arrays(pa.array([1], pa.int32()), pa.array([1.5])))


def arrow_not_utf8():
    wrong = pa.array([b"\xff\xfe"], pa.binary()).view(pa.string())
    return of_type(wrong)


def arrow_column_twice():
    return to_stream_as_it_is(columns().append_column("model_id", pa.array(["n"])))


def arrow_column_without_name():
    return to_stream_as_it_is(columns().append_column("", pa.array([1])))


def arrow_of_10200_columns():
    return to_stream_as_it_is(pa.table({f"features.f{n}": [1] for n in range(10_200)}))


def arrow_without_ids():
    return to_stream_as_it_is(pa.table({"model_id": ["m"]}))


def arrow_integer_ids():
    return to_stream_as_it_is(pa.table({"model_id": ["m"], "prediction_id": [1]}))


def arrow_naive_times():
    return to_stream_as_it_is(columns(timestamp=pa.array([1], pa.timestamp("us"))))


def arrow_not_finite():
    rows = records(2)
    rows[0] |= {"features": {"a": float("nan"), "b": float("inf")}}
    rows[1] |= {"prediction_score": float("nan")}
    return to_stream(to_table(rows))
