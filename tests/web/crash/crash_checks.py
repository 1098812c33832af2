"""Promises in their short form: each is held against the server, and against its sabotage."""

import contextlib
import http.client
import selectors
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import orjson
import zstandard
from crash_ledger import ARROW, PATH, Ledger, Post, arrow_post, json_post, send
from crash_server import Worker

MIB = 1 << 20
IN_FLIGHT_MIB = 64
BOMB_MIB = 512
# What one request may take: 64 MiB unpacked, twice for a moment while its pieces become one.
UNPACKED_MIB = 160


def what_is_acknowledged_is_durable(web):
    """ING-1: a disk that takes its time, and a kill as soon as the answer is there."""
    server, ledger = web(failpoint="log.before-write:sleep").start(), Ledger()
    post = ledger.add(json_post("first", 3, 1))
    assert ledger.note(post, *send(server, post))
    server.kill()
    ledger.check(stored(server.without_failpoint()))


def batch_ids_outlive_restarts(web):
    """ING-4: the same batch again, after the server has left in order, and after it was killed."""
    server, ledger = web().start(), Ledger()
    posts = [ledger.add(json_post("small", 1, 1)), ledger.add(arrow_post("large", 50, 1))]

    def all_are_acked():
        return all(ledger.note(post, *send(server, post)) for post in posts)

    assert all_are_acked()
    assert server.stop() == 0
    server.start()
    assert all_are_acked()
    server.kill()
    server.start()
    assert all_are_acked()
    ledger.check(stored(server))


def what_was_received_is_answered(web):
    """ING-11: SIGTERM while requests are in full inside, one of them in the log's hands."""
    server, ledger = web(failpoint="log.before-write:stop@2").start(), Ledger()
    first = ledger.add(json_post("first", 1, 1))
    assert ledger.note(first, *send(server, first))
    with ThreadPoolExecutor(4) as pool:
        post = ledger.add(json_post("held", 1, 2))
        answer = pool.submit(send, server, post)
        server.wait_until_stopped()
        server.send_signal(signal.SIGTERM)
        server.go_on()
        try:
            assert ledger.note(post, *answer.result(30))
        except (OSError, http.client.HTTPException) as error:
            raise AssertionError(f"the server left without an answer: {error!r}") from error
    assert server.died() == 0
    assert server.said_events()[-1] == "stopped"
    ledger.check(stored(server.without_failpoint()))


def one_bad_record_sinks_no_other(web):
    """ING-9."""
    server = web().start()
    good = orjson.loads(json_post("some", 9, 1).body)
    records = [*good[:4], {"model_id": "churn", "prediction_id": 7}, *good[4:]]
    with server.client() as client:
        answer = client.post(PATH, json=records)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["accepted"], told["rejected"]) == (9, 1)
    assert [fault["index"] for fault in told["errors"]] == [4]


def a_bomb_is_refused_before_it_is_unpacked(web):
    """ING-6: 16 KiB that become half a gibibyte."""
    server = web().start()
    (decoder,) = server.children()
    packer = zstandard.ZstdCompressor().compressobj()
    piece = bytes(MIB)
    bomb = b"".join(packer.compress(piece) for _ in range(BOMB_MIB)) + packer.flush()
    headers = {"Content-Type": "application/json", "Content-Encoding": "zstd"}
    with server.client() as client:
        warm = zstandard.compress(json_post("some", 100, 1).body)
        assert client.post(PATH, content=warm, headers=headers).status_code == 200
        before = server.peak_mib(decoder)
        answer = client.post(PATH, content=bomb, headers=headers)
    assert answer.status_code == 413, answer.text
    assert server.children() == [decoder]
    taken = server.peak_mib(decoder) - before
    assert taken < UNPACKED_MIB, f"the decoder took {taken:.0f} MiB"


def what_is_too_much_is_refused(web):
    """ING-5: three times what is let in at once; what was let in is kept, and no more is held."""
    limit = {"TIDEGAUGE_WEB_IN_FLIGHT_MIB": str(IN_FLIGHT_MIB)}
    server, ledger = web(environment=limit).start(), Ledger()
    big = arrow_post("big", 4000, 1, fill=1950)
    fit = IN_FLIGHT_MIB * MIB // len(big.body)
    posts = [ledger.add(Post(f"big-{n}", ARROW, big.body, big.values)) for n in range(3 * fit)]
    before = server.peak_mib(server.process.pid)
    with contextlib.ExitStack() as stack:
        sockets = {stack.enter_context(_announced(server, post)): post for post in posts}
        refused = _answered(sockets, len(posts) - fit)
        for connection, (status, headers, body) in refused.items():
            assert not ledger.note(sockets[connection], status, headers, body)
        assert ledger.statuses.keys() == {429}
        inside = sockets.keys() - refused.keys()
        with ThreadPoolExecutor(fit) as pool:
            for answer in pool.map(lambda each: _completed(each, sockets[each]), inside):
                assert ledger.note(*answer)
    # Back to normal: what was refused is taken now.
    for connection in list(refused)[:3]:
        assert ledger.note(sockets[connection], *send(server, sockets[connection]))
    taken = server.peak_mib(server.process.pid) - before
    assert taken < 3 * IN_FLIGHT_MIB, f"the server took {taken:.0f} MiB"
    assert server.stop() == 0
    ledger.check(stored(server))


def stored(server):
    """All that the log holds, once the server has left in order."""
    if server.process.returncode not in {None, 0}:
        server.start()
    if server.is_running():
        assert server.stop() == 0
    worker = Worker(server.data)
    worker.consume()
    return worker.batches


def _announced(server, post):
    """A connection on which the head of a post is sent, and no body."""
    connection = socket.create_connection(("127.0.0.1", server.port), 30)
    connection.sendall(
        f"POST {PATH}?batch_id={post.batch_id} HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {server.admin}\r\nContent-Type: {post.media}\r\n"
        f"Content-Length: {len(post.body)}\r\n\r\n".encode()
    )
    return connection


def _answered(connections, count, patience=5.0):
    """The first so many answers."""
    found = {}
    deadline = time.monotonic() + patience
    with selectors.DefaultSelector() as selector:
        for each in connections:
            selector.register(each, selectors.EVENT_READ)
        while len(found) < count:
            ready = selector.select(deadline - time.monotonic())
            assert ready, f"{len(found)} of {count} posts that are too many were refused"
            for key, _events in ready:
                selector.unregister(key.fileobj)
                found[key.fileobj] = _answer(key.fileobj)
    return found


def _completed(connection, post):
    connection.sendall(post.body)
    return post, *_answer(connection)


def _answer(connection):
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer.status, answer.headers, answer.read()
