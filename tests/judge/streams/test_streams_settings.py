"""Settings in files, and detectors as bytes."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tidegauge.errors import InputError, UnreadableError
from tidegauge.judge.streams import (
    ADWIN,
    DDM,
    EDDM,
    GLR,
    HDDMA,
    KINDS,
    KSWIN,
    STREAM_METHODS,
    PageHinkley,
    StreamDetector,
    StreamMethod,
)

DOCS = Path(__file__).parents[3] / "docs"


class Watch(BaseModel):
    """As a file of monitors holds a method."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    method: Annotated[StreamMethod, Field(discriminator="kind")] = Field(default_factory=GLR)


@pytest.mark.parametrize("method", STREAM_METHODS)
def test_a_file_can_hold_every_method(method):
    watch = Watch(method=method())
    assert Watch.model_validate_json(watch.model_dump_json()) == watch
    assert Watch.model_validate({"method": {"kind": method().kind}}) == watch


def test_a_file_says_what_is_wrong_with_it():
    assert Watch.model_validate({"method": {"kind": "glr", "run_length": 5000}}) == Watch(
        method=GLR(run_length=5000)
    )
    with pytest.raises(ValidationError, match="run_lenght"):
        Watch.model_validate({"method": {"kind": "glr", "run_lenght": 5000}})
    with pytest.raises(ValidationError, match="delta is 2"):
        Watch.model_validate({"method": {"kind": "adwin", "delta": 2}})
    with pytest.raises(ValidationError, match="tag"):
        Watch.model_validate({"method": {"kind": "guess"}})
    with pytest.raises(ValidationError, match="direction"):
        Watch.model_validate({"method": {"kind": "cusum", "direction": "sideways"}})


@pytest.mark.parametrize(
    ("method", "wrong", "word"),
    [
        (GLR, {"run_length": 1}, "run_length is 1"),
        (GLR, {"run_length": float("nan")}, "run_length is nan"),
        (GLR, {"ever": 0}, "ever is 0"),
        (ADWIN, {"delta": 0}, "delta is 0"),
        (ADWIN, {"clock": 0}, "clock is 0"),
        (ADWIN, {"warm_up": 3}, "warm_up is 3"),
        (DDM, {"warning": 4}, "warning is 4"),
        (EDDM, {"drift": 0.99}, "drift is 0.99"),
        (HDDMA, {"drift": 0.5}, "drift is 0.5"),
        (KSWIN, {"recent": 60}, "recent is 60"),
        (PageHinkley, {"tolerance": -1}, "tolerance is -1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(method, wrong, word):
    with pytest.raises(InputError, match=word):
        method(**wrong)


def test_every_kind_has_a_name_of_its_own():
    assert list(KINDS.values()) == list(STREAM_METHODS)
    assert all(method().kind == kind for kind, method in KINDS.items())
    assert len({method.title for method in STREAM_METHODS}) == len(STREAM_METHODS)


@pytest.mark.parametrize("method", STREAM_METHODS)
def test_every_kind_is_in_the_guide(method):
    guide = (DOCS / "how-to" / "streams.md").read_text(encoding="utf-8")
    rows = [line for line in guide.splitlines() if line.startswith(f"| `{method.__name__}`")]
    assert len(rows) == 1
    assert f"`{method().kind}`" in rows[0]


def test_damaged_bytes_are_refused():
    detector = StreamDetector()
    detector.update_many([0, 1, 1, 0] * 20)
    data = detector.encode()
    for cut in (0, 3, 7, 20, len(data) - 1):
        with pytest.raises(UnreadableError):
            StreamDetector.decode(data[:cut])
    for at in range(0, len(data), 7):
        with pytest.raises(UnreadableError):
            StreamDetector.decode(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def test_bytes_of_another_version_are_refused():
    from tidegauge.judge.streams.packed import pack, unpack

    found = unpack(StreamDetector().encode())
    more = found | {"state": found["state"] | {"mood": 1}}
    other = found | {"method": {"kind": "glr", "mood": 1}}
    unknown = found | {"method": {"kind": "guess"}}
    for wrong in (more, other, unknown, {}, {"method": 3}):
        with pytest.raises(UnreadableError, match="another version"):
            StreamDetector.decode(pack(wrong))
