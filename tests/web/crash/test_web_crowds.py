"""ING-5, ING-10 and SEC-3: too much, too slow, and one tenant too many times."""

import contextlib
import selectors
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from crash_checks import stored
from crash_ledger import PATH, Ledger, arrow_post, json_post, send, sending
from crash_server import wait_until

from tidegauge.web.keys import Keys

SLOW = 200


def test_under_overload_what_is_acknowledged_is_kept_and_memory_is_bounded(web):
    """24 senders of 8 MiB where eight bodies fit: most are sent away, and come again."""
    server, ledger = web(environment={"TIDEGAUGE_WEB_IN_FLIGHT_MIB": "64"}).start(), Ledger()
    web_process = server.process.pid
    before = server.peak_mib(web_process)
    posts = [ledger.add(arrow_post(f"big-{n}", 4000, n, fill=1950)) for n in range(24)]

    def deliver(post):
        for _ in range(2000):
            if ledger.note(post, *send(server, post)):
                return
            time.sleep(0.02)

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(deliver, posts))
    assert ledger.statuses[429] > 0
    assert ledger.statuses.keys() == {200, 429}
    assert len(ledger.acked) == len(posts)
    taken = server.peak_mib(web_process) - before
    assert taken < 200, f"the server took {taken:.0f} MiB"
    ledger.check(stored(server))


def test_bodies_without_a_length_are_counted_as_they_come(web):
    """40 of 12 MiB in chunks, none of them whole, where 64 MiB are let in."""
    server, ledger = web(environment={"TIDEGAUGE_WEB_IN_FLIGHT_MIB": "64"}).start(), Ledger()
    before = server.peak_mib(server.process.pid)
    head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.admin}\r\n"
    head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            connection = socket.create_connection(("127.0.0.1", server.port), 30)
            stack.enter_context(connection)
            connection.sendall(head.encode())
            for _ in range(12):
                connection.sendall(b"100000\r\n" + bytes(1 << 20) + b"\r\n")
        taken = server.peak_mib(server.process.pid) - before
    assert taken < 200, f"the server took {taken:.0f} MiB"
    post = ledger.add(json_post("after", 1, 1))
    wait_until(lambda: ledger.note(post, *send(server, post)), "the others are served")


def test_slow_peers_are_cut_and_others_are_served(web):
    server, ledger = web(environment={"TIDEGAUGE_WEB_PATIENCE_S": "1"}).start(), Ledger()
    head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.admin}\r\n"
    head += "Content-Type: application/json\r\n"
    starts = [
        b"POST ",
        b"GET /livez HTTP/1.1\r\nX-Slow: ",
        f"{head}Content-Length: 1000\r\n\r\n".encode(),
        f"{head}Transfer-Encoding: chunked\r\n\r\n3e8\r\n".encode(),
    ]
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(1) as pool:
        slow = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 30))
            for _ in range(SLOW)
        ]
        for number, connection in enumerate(slow):
            connection.sendall(starts[number % len(starts)])
        cut = pool.submit(trickle, slow)
        with sending(server, ledger, senders=2):
            wait_until(cut.done, "all that are slow are cut off")
            wait_until(lambda: len(ledger.acked) > 20, "the others are served")
    assert Counter(got[:13] for got in cut.result()) <= Counter({b"HTTP/1.1 408 ": SLOW, b"": SLOW})
    assert ledger.statuses.keys() == {200}
    ledger.check(stored(server))


def trickle(connections):
    """A byte a second on each, until the server has closed it; what it said before."""
    said = dict.fromkeys(connections, b"")
    with selectors.DefaultSelector() as selector:
        for each in connections:
            selector.register(each, selectors.EVENT_READ)
        due = time.monotonic()
        while selector.get_map():
            if time.monotonic() >= due:
                due += 1.0
                for key in list(selector.get_map().values()):
                    with contextlib.suppress(OSError):
                        key.fileobj.send(b"x")
            for key, _events in selector.select(max(0.0, due - time.monotonic())):
                got = b""
                with contextlib.suppress(OSError):
                    got = key.fileobj.recv(65_536)
                said[key.fileobj] += got
                if not got:
                    selector.unregister(key.fileobj)
    return list(said.values())


def test_a_tenant_far_over_its_quota_takes_nothing_from_another(web):
    """A hundred records a second each, and a burst of 1,000; one sends a hundred times that."""
    server = web(environment={"TIDEGAUGE_RATES_PER_TENANT": "100"})
    keys = Keys(server.data)
    loud, quiet = (
        keys.create(name="k", role="ingest", tenant=tenant)[1] for tenant in ("loud", "quiet")
    )
    server.start()
    with ThreadPoolExecutor(4) as pool:
        posts = [json_post(f"loud-{n}", 500, n) for n in range(200)]
        answers = [pool.submit(send, server, post, key=loud) for post in posts]
        modest = [send(server, json_post(f"quiet-{n}", 5, n), key=quiet) for n in range(40)]
    assert [status for status, _headers, _body in modest] == [200] * 40
    told = [answer.result() for answer in answers]
    statuses = Counter(status for status, _headers, _body in told)
    assert statuses.keys() == {200, 429}
    assert statuses[429] > 150
    assert all(int(headers["Retry-After"]) >= 1 for status, headers, _ in told if status == 429)
    tenants = Counter(batch.tenant for batch in stored(server))
    assert tenants == {"loud": statuses[200], "quiet": 40}
