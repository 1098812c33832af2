"""What kills a decoder kills nothing else."""

import os
import signal

import pytest

from tidegauge.arrow import pa
from tidegauge.ingest.decoder import Decoder
from tidegauge.ingest.problem import ProblemError
from tidegauge.ingest.request import ARROW, JSON, Request
from tidegauge.record.columns import to_stream, to_table


@pytest.fixture(scope="module")
def decoder():
    made = Decoder()
    yield made
    made.stop()


GOOD = to_stream(to_table([{"model_id": "m", "prediction_id": "p", "features": {"t": "text"}}]))


def judge(decoder, body, media=ARROW):
    return decoder.judge(Request(kind="predictions", media=media, body=body))


def test_a_verdict_comes_back_whole(decoder):
    verdict = judge(decoder, GOOD)
    assert verdict.accepted == 1
    assert verdict.pieces[0].body is GOOD
    body = b'[{"model_id": "m", "prediction_id": "p"}, {"model_id": "n"}]'
    verdict = judge(decoder, body, JSON)
    assert verdict.pieces[0].body == b'[{"model_id":"m","prediction_id":"p"}]'
    assert verdict.errors[0]["code"] == "required"


def test_a_dead_one_is_replaced(decoder):
    judge(decoder, GOOD)
    process = decoder._process
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert judge(decoder, GOOD).accepted == 1


def test_one_that_dies_of_a_body_is_replaced():
    decoder = Decoder()
    decoder.start()
    os.kill(decoder._process.pid, signal.SIGSTOP)
    decoder._socket.settimeout(0.2)
    with pytest.raises(ProblemError, match="could not be decoded"):
        judge(decoder, GOOD)
    assert decoder.deaths == 1
    assert judge(decoder, GOOD).accepted == 1
    decoder.stop()


def test_a_forged_size_is_not_allocated(decoder):
    table = pa.table({"model_id": ["m"] * 100, "prediction_id": [str(n) for n in range(100)]})
    body = to_stream(table, "zstd")
    # The length before a compressed buffer says how much to allocate.
    for forged in (100 << 30, 3 << 30):
        place = body.rindex(b"\x28\xb5\x2f\xfd") - 8
        bad = body[:place] + forged.to_bytes(8, "little", signed=True) + body[place + 8 :]
        with pytest.raises(ProblemError) as caught:
            judge(decoder, bad)
        assert caught.value.status in {400, 413}
    assert judge(decoder, GOOD).accepted == 1


def test_memory_is_limited(decoder):
    """Twenty times 3 bytes: a small document of empty arrays is large in Python."""
    body = b'{"model_id":"m","x":[' + b"[]," * 20_000_000 + b"[]]}"
    with pytest.raises(ProblemError) as caught:
        judge(decoder, body, JSON)
    assert caught.value.status == 413
    assert judge(decoder, GOOD).accepted == 1
