"""What every log promises."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from log_batches import NOON, append_all, batch, numbers

from tidegauge.errors import InputError
from tidegauge.log import START, Batch, ClosedError, Piece, Position

DAY = 24 * 3600 * 1_000_000


def test_what_is_appended_is_read_in_order(open_log):
    log = open_log()
    batches = [batch(i) for i in range(100)]
    positions = append_all(log, batches)
    assert list(log.read(START)) == list(zip(positions, batches, strict=True))


def test_a_batch_comes_back_whole(open_log):
    log = open_log()
    pieces = tuple(
        Piece(kind=kind, model=model, rows=rows, encoding="arrow", body=body)
        for kind, model, rows, body in [
            ("predictions", "übung \ud800 😀", 3, bytes(range(256)) * 50),
            ("labels", "m", 0, b""),
            ("metrics", "", 1, b"TGLf" * 9),
        ]
    )
    whole = Batch(
        tenant="t\n", at=-5, pieces=pieces, batch_id="ä", digest=bytes(32), answer=b"\xff\0"
    )
    bare = Batch(tenant="", at=0, pieces=())
    append_all(log, [whole, bare])
    assert [found for _, found in log.read(START)] == [whole, bare]
    log = open_log()
    assert [found for _, found in log.read(START)] == [whole, bare]


def test_reading_goes_on_after_any_position(open_log):
    log = open_log()
    positions = append_all(log, [batch(i) for i in range(60)])
    for i in range(0, 60, 7):
        assert numbers(log, positions[i]) == list(range(i + 1, 60))


def test_reading_goes_on_after_a_restart(open_log):
    positions = append_all(open_log(), [batch(i) for i in range(30)])
    log = open_log()
    later = append_all(log, [batch(i) for i in range(30, 60)])
    assert numbers(log) == list(range(60))
    assert numbers(log, positions[17]) == list(range(18, 60))
    assert min(later) > max(positions)


def test_one_reading_gives_no_more_than_about_what_is_asked(open_log):
    log = open_log()
    append_all(log, [batch(i, size=1000) for i in range(50)])
    position, given = START, []
    while found := list(log.read(position, most=5000)):
        assert len(found) <= 5
        position = found[-1][0]
        given += [one.batch_id for _, one in found]
    assert given == [f"id-{i}" for i in range(50)]
    assert len(list(log.read(START, most=1))) == 1


def test_a_batch_larger_than_a_segment_is_taken(open_log):
    log = open_log()
    append_all(log, [batch(0), batch(1, size=50_000), batch(2)])
    assert numbers(log) == [0, 1, 2]
    assert numbers(open_log()) == [0, 1, 2]


def test_a_batch_that_no_log_could_take_is_refused_at_once(open_log):
    log = open_log()
    with pytest.raises(InputError, match="split it"):
        log.append(batch(0, size=81 << 20))
    append_all(log, [batch(1)])
    assert numbers(log) == [1]


def test_positions_rise_and_come_back_from_text(open_log):
    positions = append_all(open_log(), [batch(i) for i in range(40)])
    assert positions == sorted(set(positions))
    assert [Position.parse(str(position)) for position in positions] == positions
    assert positions[0] > START
    with pytest.raises(InputError, match="12:4096"):
        Position.parse("nowhere")


def test_all_that_is_resolved_lies_before_the_end(open_log):
    log = open_log()
    for i in range(30):
        (position,) = append_all(log, [batch(i)])
        assert position <= log.end()
        assert numbers(log)[-1] == i


def test_threads_append_side_by_side(open_log):
    log = open_log()
    with ThreadPoolExecutor(8) as pool:
        futures = list(pool.map(lambda i: log.append(batch(i)), range(400)))
    positions = [future.result(10) for future in futures]
    read = {position: found.batch_id for position, found in log.read(START)}
    assert read == {positions[i]: f"id-{i}" for i in range(400)}


def test_a_future_cannot_be_cancelled(open_log):
    log = open_log()
    future = log.append(batch(1))
    assert not future.cancel()
    future.result(10)


def test_a_batch_is_seen_before_its_future_resolves(open_log):
    log = open_log()
    known = []
    future = log.append(batch(5))
    future.add_done_callback(lambda _: known.append(log.seen("acme", "id-5")))
    future.result(10)
    log.close()
    assert known[0].digest == b"digest of 5"
    assert known[0].answer == b'{"accepted":1}'


def test_a_batch_is_seen_by_its_own_tenant_and_id_only(open_log):
    log = open_log()
    append_all(log, [batch(5), Batch(tenant="acme", at=NOON, pieces=())])
    assert log.seen("acme", "id-5") is not None
    assert log.seen("acme", "id-6") is None
    assert log.seen("other", "id-5") is None
    assert log.seen("acme", "") is None


def test_a_batch_is_seen_for_a_day_over_restarts_and_releases(open_log):
    log = open_log()
    positions = append_all(log, [batch(i) for i in range(60)])
    log.release(positions[50])
    log = open_log()
    append_all(log, [batch(i) for i in range(60, 90)])
    log = open_log()
    assert all(log.seen("acme", f"id-{i}").digest == b"digest of %d" % i for i in range(90))
    log = open_log(clock=lambda: NOON + DAY - 1)
    assert log.seen("acme", "id-3") is not None
    log = open_log(clock=lambda: NOON + DAY)
    assert log.seen("acme", "id-3") is None


def test_where_tells_the_batches_that_hold_rows_of_a_model(open_log):
    log = open_log()
    batches = [batch(i, model=f"m{i % 3}", kind=("labels", "metrics")[i % 2]) for i in range(60)]
    positions = append_all(log, batches)
    for again in (log, open_log()):
        places = again.where("acme", "m1", "labels")
        expected = [i for i in range(60) if i % 3 == 1 and i % 2 == 0]
        assert [place.position for place in places] == [positions[i] for i in expected]
        assert [place.rows for place in places] == [i % 7 + 1 for i in expected]
        assert [again.get(place) for place in places] == [batches[i] for i in expected]
        assert len(again.where("acme", "m1")) == 20
        assert len(again.where("acme", "m1", after=positions[40])) == 6
        assert again.where("other", "m1") == again.where("acme", "nobody") == []


def test_rows_of_a_model_in_one_batch_add_up(open_log):
    log = open_log()
    pieces = [
        Piece(kind=kind, model=model, rows=rows, encoding="json", body=b"x")
        for kind, model, rows in [("labels", "a", 2), ("labels", "a", 3), ("metrics", "a", 4)]
    ]
    append_all(log, [Batch(tenant="t", at=1, pieces=tuple(pieces))])
    assert [place.rows for place in log.where("t", "a", "labels")] == [5]
    assert [place.rows for place in log.where("t", "a")] == [9]


def test_what_is_released_gives_room_and_the_rest_stays(open_log):
    log = open_log(cap=1 << 16)
    given = 0
    for start in range(0, 600, 20):
        positions = append_all(log, [batch(i) for i in range(start, start + 20)])
        assert numbers(log, positions[0]) == list(range(start + 1, start + 20))
        log.release(positions[-1])
        given += len(positions)
    assert given == 600
    assert log.health().unread_bytes == 0
    assert log.health().state == "ok"


def test_nothing_beyond_the_end_can_be_released(open_log):
    log = open_log()
    append_all(log, [batch(1)])
    with pytest.raises(InputError, match="cannot be released"):
        log.release(Position(log.end().segment + 7, 0))
    assert numbers(log) == [1]


def test_an_older_release_takes_nothing_back(open_log):
    log = open_log()
    positions = append_all(log, [batch(i) for i in range(60)])
    log.release(positions[-1])
    log.release(positions[0])
    assert log.health().unread_bytes == 0


def test_closing_waits_for_what_was_appended(open_log):
    log = open_log()
    futures = [log.append(batch(i)) for i in range(200)]
    log.close()
    assert all(future.done() and not future.exception() for future in futures)
    with pytest.raises(ClosedError):
        log.append(batch(1))
    log.close()
    assert numbers(open_log()) == list(range(200))


def test_health_tells_how_much_waits(open_log):
    log = open_log()
    assert (log.health().unread_bytes, log.health().oldest_at) == (0, None)
    append_all(log, [batch(i, at=NOON + i) for i in range(10)])
    health = log.health()
    assert health.state == "ok"
    assert health.detail == ""
    assert health.oldest_at == NOON
    assert health.unread_bytes >= 10 * 600
    assert (health.aside, health.damaged, health.torn_bytes) == (0, 0, 0)
