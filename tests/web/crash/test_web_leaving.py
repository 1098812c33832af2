"""ING-11 and ING-15: leaving in order, and one server on a directory."""

import contextlib
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from crash_checks import stored
from crash_ledger import Ledger, arrow_post, json_post, send, sending
from crash_server import Worker, run_second_server, wait_until


def test_sigterm_under_load_loses_nothing(web):
    server, ledger = web(), Ledger()
    server.start()
    with sending(server, ledger):
        for restart in range(2):
            enough = len(ledger.acked) + 20
            wait_until(lambda enough=enough: len(ledger.acked) >= enough, "batches are taken")
            server.send_signal(signal.SIGTERM)
            assert server.died() == 0
            assert server.said_events().count("stopped") == restart + 1
            server.start()
    assert server.stop() == 0
    worker = Worker(server.data)
    worker.consume()
    ledger.check(worker.batches)
    assert "Traceback" not in server.said()


def test_everybody_whose_request_was_whole_is_answered_on_sigterm(web):
    """Eight requests lie inside when the signal comes; the log holds the first of them."""
    server, ledger = web(failpoint="log.before-write:stop").start(), Ledger()
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(8) as pool:
        clients = [stack.enter_context(server.client()) for _ in range(8)]
        for client in clients:
            assert client.get("/livez").is_success
        posts = [ledger.add((arrow_post if n % 2 else json_post)(f"p{n}", 20, n)) for n in range(8)]
        whole = []

        def trace(event, _info):
            if event == "http11.send_request_body.complete":
                whole.append(event)

        def sent(client, post):
            headers = {"Content-Type": post.media}
            url = f"/api/v1/predictions?batch_id={post.batch_id}"
            answer = client.post(
                url, content=post.body, headers=headers, extensions={"trace": trace}
            )
            return post, answer.status_code, answer.headers, answer.content

        answers = [pool.submit(sent, *each) for each in zip(clients, posts, strict=True)]
        server.wait_until_stopped()
        wait_until(
            lambda: len(whole) == 8 and _all_received(server, 8),
            "all requests lie in the server's sockets",
        )
        server.send_signal(signal.SIGTERM)
        server.go_on()
        for answer in answers:
            assert ledger.note(*answer.result(30))
    assert server.died() == 0
    batches = stored(server.without_failpoint())
    ledger.check(batches)
    assert len(batches) == 8


def _all_received(server, count):
    """Whether no client has anything left to send (loopback: what left is there)."""
    port = f":{server.port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = [line for line in lines if line[2].endswith(port) and line[3] == "01"]
    return len(ours) >= count and all(line[4].startswith("00000000:") for line in ours)


def test_a_second_server_on_the_same_directory_refuses_and_says_why(web):
    server = web().start()
    code, said = run_second_server(server.data)
    assert code == 1
    assert f"already written to by process {server.process.pid}" in " ".join(said.split())
    assert "Traceback" not in said
    post = json_post("after", 1, 1)
    assert send(server, post)[0] == 200
    assert server.stop() == 0
    assert [batch.batch_id for batch in stored(server)] == ["after"]


def test_a_lock_that_a_killed_server_left_is_no_hindrance(web):
    server, ledger = web(), Ledger()
    for number in range(3):
        server.start()
        post = ledger.add(json_post(f"p{number}", 2, number))
        assert ledger.note(post, *send(server, post))
        server.kill()
    ledger.check(stored(server))
