"""Whatever happens to the files: exactly the batches that are whole, and a word about the rest."""

import shutil

import pytest
from log_batches import NOON, append_all, batch, numbers, seeded, small_log

from tidegauge.log import START, LogReader

BATCHES = 60


class Laid:
    """A log that is closed, and where each batch lies in its files."""

    def __init__(self, directory):
        log = small_log(directory)
        positions = append_all(log, [batch(i) for i in range(BATCHES)])
        starts = [
            position.offset - place.bytes
            for position, place in zip(positions, log.where("acme", "churn"), strict=True)
        ]
        log.close()
        self.directory = directory
        self.segments = {}
        for i, (position, start) in enumerate(zip(positions, starts, strict=True)):
            self.segments.setdefault(position.segment, []).append((start, position.offset, i))

    def path(self, number):
        return self.directory / f"{number:012}.log"

    def write(self, number, at, content):
        with self.path(number).open("r+b") as file:
            file.seek(at)
            file.write(content)

    def flip(self, number, at):
        byte = self.path(number).read_bytes()[at]
        self.write(number, at, bytes([byte ^ 16]))

    def lost(self, number, start, end):
        """The batches that have a byte in a part of a segment."""
        return {i for first, last, i in self.segments[number] if first < end and last > start}


def flip_at(offset):
    def damage(laid, number, frame):
        start, _, i = frame
        laid.flip(number, start + offset)
        return {i}

    return damage


def tear(laid, number, frame):
    start, end, _ = frame
    with laid.path(number).open("r+b") as file:
        file.truncate((start + end) // 2)
    return laid.lost(number, start, 1 << 30)


def zero_page(laid, number, frame):
    page = frame[0] // 4096 * 4096
    laid.write(number, page, bytes(4096))
    return laid.lost(number, page, page + 4096)


def cut_middle(laid, number, frame):
    start, end, _ = frame
    content = laid.path(number).read_bytes()
    laid.path(number).write_bytes(content[: start + 40] + content[end - 40 :])
    return laid.lost(number, start, 1 << 30)


def whole_segment(laid, number):
    return laid.lost(number, 0, 1 << 30)


def empty(laid, number, _):
    laid.path(number).write_bytes(b"")
    return whole_segment(laid, number)


def all_zeros(laid, number, _):
    laid.path(number).write_bytes(bytes(8192))
    return whole_segment(laid, number)


def missing(laid, number, _):
    laid.path(number).unlink()
    return whole_segment(laid, number)


def later_version(laid, number, _):
    for start in [0, *(start for start, _, _ in laid.segments[number])]:
        laid.write(number, start + 4, b"\x02")
    return whole_segment(laid, number)


def garbage(laid, number, _):
    laid.path(number).write_bytes(seeded(4).randbytes(8192))
    return whole_segment(laid, number)


def garbage_tail(laid, number, _):
    end = laid.segments[number][-1][1]
    laid.write(number, end, seeded(4).randbytes(900))
    return set()


def damaged_opening(laid, number, _):
    laid.flip(number, 60)
    return set()


def copy_to_new_name(laid, number, _):
    shutil.copy(laid.path(number), laid.path(77))
    return set()


def copy_over_another(laid, number, _):
    other = next(one for one in laid.segments if one != number)
    shutil.copy(laid.path(number), laid.path(other))
    return whole_segment(laid, other)


def swap(laid, number, _):
    other = next(one for one in laid.segments if one != number)
    laid.path(number).rename(laid.directory / "between")
    laid.path(other).rename(laid.path(number))
    (laid.directory / "between").rename(laid.path(other))
    return set()


DAMAGES = {
    "torn record": tear,
    "bad magic": flip_at(0),
    "bad version": flip_at(4),
    "bad length": flip_at(9),
    "bad segment": flip_at(24),
    "bad header checksum": flip_at(45),
    "bad checksum": flip_at(41),
    "bad meta": flip_at(70),
    "bad content": flip_at(400),
    "zeroed page": zero_page,
    "truncated middle": cut_middle,
    "empty file": empty,
    "file of zeros": all_zeros,
    "file of garbage": garbage,
    "missing file": missing,
    "future version": later_version,
    "garbage tail": garbage_tail,
    "damaged opening": damaged_opening,
    "file copied to a new name": copy_to_new_name,
    "file copied over another": copy_over_another,
    "swapped files": swap,
}
WHERE = {"first": 0, "middle": None, "last": -1}
HARMLESS = {"garbage tail", "file copied to a new name", "swapped files"}


def pick(values, where):
    values = list(values)
    return values[len(values) // 2 if WHERE[where] is None else WHERE[where]]


def without_notes(directory):
    """As a power loss may leave it: nothing but what was synced before each answer."""
    for path in [*directory.glob("*.index"), *directory.glob("durable")]:
        path.unlink()


@pytest.mark.parametrize("notes", ["with indexes", "without indexes"])
@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("name", DAMAGES)
def test_damage_costs_what_it_hit_and_no_more(tmp_path, name, where, notes):
    laid = Laid(tmp_path / "log")
    number = pick(laid.segments, where)
    frame = pick(laid.segments[number], where)
    lost = DAMAGES[name](laid, number, frame)
    if notes == "without indexes":
        without_notes(laid.directory)
    log = small_log(laid.directory)
    kept = [i for i in range(BATCHES) if i not in lost]
    assert numbers(log) == kept
    reader = LogReader(laid.directory)
    assert numbers(reader) == kept
    reader.close()
    # Without its index, nothing tells the end of the last segment from a torn one.
    is_end = notes == "without indexes" and where == "last"
    if name in HARMLESS:
        assert log.health().damaged == 0
    elif not is_end:
        assert 1 <= log.health().damaged <= max(1, len(lost))
        assert (log.health().aside > 0) == (name != "missing file")
    # It goes on, and comes to the same the next time.
    append_all(log, [batch(100)])
    assert numbers(log) == [*kept, 100]
    log.close()
    log = small_log(laid.directory)
    assert numbers(log) == [*kept, 100]
    log.close()


@pytest.mark.parametrize("where", WHERE)
def test_a_file_of_a_later_version_is_kept_untouched(tmp_path, where):
    laid = Laid(tmp_path / "log")
    number = pick(laid.segments, where)
    later_version(laid, number, None)
    before = laid.path(number).read_bytes()
    without_notes(laid.directory)
    log = small_log(laid.directory)
    (position,) = append_all(log, [batch(100)])
    assert position.segment > number
    log.close()
    assert (laid.directory / "aside" / laid.path(number).name).read_bytes() == before


def test_a_torn_end_is_cut_off_and_counted(tmp_path):
    laid = Laid(tmp_path / "log")
    number = list(laid.segments)[-1]
    without_notes(laid.directory)
    start, end, i = laid.segments[number][-1]
    laid.write(number, end - 100, bytes(100))
    log = small_log(laid.directory)
    assert numbers(log) == list(range(i))
    assert 0 < log.health().torn_bytes <= end - start
    assert log.health().damaged == 0
    assert log.health().aside == 1
    log.close()


def test_the_loss_of_an_answered_end_is_no_torn_end(tmp_path):
    laid = Laid(tmp_path / "log")
    number = list(laid.segments)[-1]
    for path in laid.directory.glob("*.index"):
        path.unlink()
    # A killed process leaves this; a closed one has gone on to a number beyond.
    from tidegauge.log import Position
    from tidegauge.log.marks import DurableEnd

    durable = DurableEnd(laid.directory / "durable", write=True)
    durable.publish(Position(number, laid.segments[number][-1][1]))
    durable.close()
    laid.flip(number, laid.segments[number][-1][0] + 300)
    log = small_log(laid.directory)
    assert log.health().damaged == 1
    assert log.health().torn_bytes == 0
    assert log.health().aside == 1
    log.close()


def test_damage_that_comes_while_the_log_is_open_is_found_when_it_is_read(tmp_path):
    log = small_log(tmp_path / "log")
    positions = append_all(log, [batch(i) for i in range(40)])
    path = tmp_path / "log" / f"{positions[5].segment:012}.log"
    content = bytearray(path.read_bytes())
    content[positions[5].offset - 100] ^= 1
    path.write_bytes(content)
    assert numbers(log) == [i for i in range(40) if i != 5]
    assert numbers(log) == [i for i in range(40) if i != 5]
    assert log.health().damaged == 1
    assert log.health().aside == 1
    log.release(positions[-1])
    log.close()
    assert (tmp_path / "log" / "aside" / path.name).read_bytes() == content


def test_a_frame_hidden_in_a_body_is_never_taken_for_one(tmp_path):
    laid = Laid(tmp_path / "log")
    copied = laid.path(1).read_bytes()
    log = small_log(tmp_path / "other")
    pieces = batch(1).pieces
    hidden = type(pieces[0])(kind="labels", model="m", rows=1, encoding="json", body=copied)
    bad = type(batch(1))(tenant="mallory", at=NOON, pieces=(hidden,), batch_id="id-7")
    positions = append_all(log, [batch(0), bad, batch(2)])
    log.close()
    path = tmp_path / "other" / f"{positions[1].segment:012}.log"
    content = bytearray(path.read_bytes())
    content[content.index(b"TGLf", content.index(b"mallory") - 80)] ^= 1
    path.write_bytes(content)
    without_notes(tmp_path / "other")
    log = small_log(tmp_path / "other")
    assert {found.tenant for _, found in log.read(START)} == {"acme"}
    log.close()


def test_the_stamp_is_found_again_in_the_segments(tmp_path):
    laid = Laid(tmp_path / "log")
    before = (laid.directory / "stamp").read_bytes()
    (laid.directory / "stamp").write_bytes(b"damaged")
    log = small_log(laid.directory)
    assert numbers(log) == list(range(BATCHES))
    log.close()
    assert (laid.directory / "stamp").read_bytes() == before
