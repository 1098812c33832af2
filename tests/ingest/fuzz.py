"""Bodies that were valid once, changed at random: a request is refused or judged, never more.

`python tests/ingest/fuzz.py --json 1000000 --arrow 100000` is the nightly form; it fails, too, when
a body takes over a second.  The tests run a short one.
"""

import argparse
import random
import sys
import time
from dataclasses import dataclass, field

import orjson

from tidegauge.ingest.accept import accept
from tidegauge.ingest.decoder import Decoder
from tidegauge.ingest.problem import ProblemError
from tidegauge.ingest.receivers import RECEIVERS
from tidegauge.ingest.request import ARROW, JSON, NDJSON, Request
from tidegauge.record.columns import to_stream, to_table
from tidegauge.record.fields import KINDS

NOW = 1_800_000_000_000_000
RECORD = {
    "model_id": "m",
    "prediction_id": "p1",
    "features": {"a": 1.5, "b": "text", "c": True, "d": None},
    "prediction_label": "ok",
    "probabilities": {"ok": 0.75, "no": 0.25},
    "embeddings": {"e": [0.5, 0.25]},
    "tags": {"region": "eu"},
}
TENSOR = {"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [1, 2, 3, 4]}
JSONS = [
    orjson.dumps(each)
    for each in (
        {**RECORD, "timestamp": "2026-11-21T12:00:00Z"},
        [RECORD, {**RECORD, "prediction_id": "p2"}],
        {"records": [RECORD], "batch_id": "b", "atomic": True},
        {
            "columns": {
                "model_id": ["m", "n"],
                "prediction_id": ["1", "2"],
                "features": {"a": [1, 2]},
            }
        },
        {"model_id": "m", "prediction_id": "p", "actual_label": "ok"},
        {"metric_name": "x", "value": 1.5},
        {"inputs": [TENSOR]},
        {"outputs": [TENSOR], "model_name": "m"},
        {"instances": [[1, 2]], "predictions": [1]},
        {"data": {"names": ["a"], "tensor": {"shape": [1, 1], "values": [1]}}},
        {"request": {"dataframe_split": {"columns": ["a"], "data": [[1]]}}, "response": [1]},
    )
]
TOKENS = [
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u0000", b"\\ud800", b"null", b"true"),
    *(
        b"NaN",
        b"1e400",
        b"-0",
        b"18446744073709551616",
        b"9" * 400,
        b"\xff",
        b"\x00",
        b"\xef\xbb\xbf",
    ),
    *(b'"a":1,"a":2', b"[" * 40, b"{}" * 3, b'"__proto__"', b"0.1234567890123456789"),
]
ARROWS = [
    to_stream(
        to_table([{**RECORD, "timestamp": NOW, "prediction_id": str(n)} for n in range(9)]), how
    )
    for how in (None, "lz4", "zstd")
]
ATTRIBUTES = {"type": "org.kubeflow.serving.inference.request", "id": "c", "modelid": "m"}
EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1, (1 << 64) - 1)


@dataclass
class Told:
    judged: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    slowest: float = 0.0
    deaths: int = 0

    def note(self, ask) -> None:
        started = time.perf_counter()
        try:
            ask()
        except ProblemError as problem:
            self.refused[problem.slug] = self.refused.get(problem.slug, 0) + 1
        else:
            self.judged += 1
        self.slowest = max(self.slowest, time.perf_counter() - started)


def changed(body: bytes, chance: random.Random) -> bytes:
    made = bytearray(body)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        at = chance.randrange(len(made) + 1)
        match chance.randrange(6):
            case 0 if at < len(made):
                made[at] ^= 1 << chance.randrange(8)
            case 1:
                del made[at : at + chance.randrange(1, 9)]
            case 2:
                made[at:at] = chance.choice(TOKENS)
            case 3:
                start = chance.randrange(len(made) + 1)
                made[at:at] = made[start : start + chance.randrange(1, 33)]
            case 4:
                made[at : at + 8] = chance.choice(EDGES).to_bytes(8, "little")
            case _:
                made[at : at + chance.randrange(1, 5)] = chance.randbytes(chance.randrange(1, 5))
    return bytes(made)


def fuzz_json(count: int, seed: int) -> Told:
    chance, told, names = random.Random(seed), Told(), {}
    kinds, receivers = [*KINDS, *["predictions"] * 3], ["", "", "", *RECEIVERS]
    for _ in range(count):
        receiver = chance.choice(receivers)
        request = Request(
            kind="predictions" if receiver else chance.choice(kinds),
            media=JSON if receiver else chance.choice((JSON, JSON, NDJSON)),
            body=changed(chance.choice(JSONS), chance),
            receiver=receiver,
            attributes=ATTRIBUTES if receiver else {},
            now=NOW,
        )
        told.note(lambda: accept(request, names))  # noqa: B023 - it is called at once
        names.clear()
    return told


def fuzz_arrow(count: int, seed: int) -> Told:
    chance, told, decoder = random.Random(seed), Told(), Decoder()
    try:
        for _ in range(count):
            body = changed(chance.choice(ARROWS), chance)
            request = Request(kind="predictions", media=ARROW, body=body, now=NOW)
            told.note(lambda: decoder.judge(request))  # noqa: B023 - it is called at once
        told.deaths = decoder.deaths
    finally:
        decoder.stop()
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=int, default=1_000_000)
    parser.add_argument("--arrow", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    given = parser.parse_args()
    print(f"seed {given.seed}")  # noqa: T201 - it is a script
    slow = False
    for name, told in (
        ("json", fuzz_json(given.json, given.seed)),
        ("arrow", fuzz_arrow(given.arrow, given.seed)),
    ):
        print(f"{name}: {told}")  # noqa: T201 - it is a script
        slow |= told.slowest > 1.0 and not told.deaths
    sys.exit(1 if slow else 0)


if __name__ == "__main__":
    main()
