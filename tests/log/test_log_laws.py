"""Laws for any batches and any damage."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from log_batches import append_all, small_log

from tidegauge.log import START, Batch, Piece
from tidegauge.log.frame import Identity, batch_of, batch_parts, buffers
from tidegauge.log.index import Index
from tidegauge.log.scan import Frame, Hole, scan

texts = st.text(st.characters(exclude_categories=[]), max_size=8)
pieces = st.builds(
    Piece,
    kind=texts,
    model=texts,
    rows=st.integers(0, 10**6),
    encoding=st.sampled_from(["arrow", "json"]),
    body=st.binary(max_size=300),
)
batches = st.builds(
    Batch,
    tenant=texts,
    at=st.integers(-(2**62), 2**62),
    pieces=st.lists(pieces, max_size=3).map(tuple),
    batch_id=texts,
    digest=st.binary(max_size=32),
    answer=st.binary(max_size=40),
)


def in_file(content, start=0):
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        return list(scan(file.fileno(), Identity(7, 3), start, len(content)))


def framed(some):
    content, ends = b"", []
    for one in some:
        content += b"".join(buffers(batch_parts(one), Identity(7, 3), len(content)))
        ends.append(len(content))
    return content, ends


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(batches, max_size=15), max_size=3))
def test_any_batches_come_back_over_restarts(rounds):
    with tempfile.TemporaryDirectory() as folder:
        positions, given_ = [], []
        for some in rounds:
            log = small_log(Path(folder) / "log")
            positions += append_all(log, some)
            given_ += some
            log.close()
        log = small_log(Path(folder) / "log")
        assert list(log.read(START)) == list(zip(positions, given_, strict=True))
        for one in given_:
            places = [
                log.get(place) for p in one.pieces for place in log.where(one.tenant, p.model)
            ]
            assert not places or one in places
        log.close()


@settings(max_examples=200, deadline=None)
@given(st.lists(batches, min_size=1, max_size=6), st.data())
def test_after_any_damage_each_batch_is_exact_or_absent(some, data):
    content, ends = framed(some)
    spoiled = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(spoiled) - 1))
        spoiled[at] ^= data.draw(st.integers(1, 255))
    found = in_file(bytes(spoiled))
    exact = dict(zip(ends, some, strict=True))
    starts = dict(zip(ends, [0, *ends], strict=False))
    whole = {one.end for one in found if isinstance(one, Frame)}
    for one in found:
        if isinstance(one, Frame):
            assert batch_of(one.head, one.body) == exact[one.end]
    for end in ends:
        if spoiled[starts[end] : end] == content[starts[end] : end]:
            assert end in whole
    lost = sum(one.frames for one in found if isinstance(one, Hole))
    assert (lost > 0) == (len(whole) < len(some))
    assert lost <= len(some) - len(whole)


@settings(max_examples=100, deadline=None)
@given(st.lists(batches, max_size=6), st.binary(max_size=200), st.integers(0, 4000))
def test_scanning_covers_every_byte_once(some, junk, cut):
    content, _ = framed(some)
    content = (content + junk)[: cut + 1]
    at = 0
    for one in in_file(content):
        assert one.start == at
        assert one.end > at
        at = one.end
    assert at == len(content)


@settings(max_examples=60, deadline=None)
@given(st.lists(batches, max_size=8))
def test_an_index_comes_back_from_its_bytes(some):
    index, at = Index(7, 3), 0
    for one in some:
        index.add(one, at, at + 64)
        at += 64
    again = Index.of(index.to_bytes())
    assert vars(again) == vars(index)
    for tenant, batch_id in {(one.tenant, one.batch_id) for one in some if one.batch_id}:
        assert [e.tenant for _, e in again.entries() if e.batch_id == batch_id].count(tenant) > 0
