"""ING-4: a batch id counts once."""

from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from crash_checks import stored
from crash_ledger import Ledger, arrow_post, json_post, send

from tidegauge.web.keys import Keys

MAKE = {"json": json_post, "arrow": arrow_post}


@pytest.mark.parametrize("form", MAKE)
def test_at_the_same_time_it_is_stored_once_and_all_get_the_same_answer(form, web):
    # The slow sync holds the first while its copies arrive.
    server, ledger = web(failpoint="log.before-sync:sleep").start(), Ledger()
    for copies in (10, 2, 5, 10):
        post = ledger.add(MAKE[form](f"copied-{copies}-{len(ledger.posts)}", 30, copies))
        with ThreadPoolExecutor(copies) as pool:
            for answer in [pool.submit(send, server, post) for _ in range(copies)]:
                assert ledger.note(post, *answer.result())
        assert len(post.answers) == copies
    batches = stored(server)
    assert len(batches) == 4
    ledger.check(batches)


def test_another_payload_under_it_is_refused_and_the_first_is_kept(web):
    server, ledger = web().start(), Ledger()
    first = ledger.add(json_post("one", 3, 1))
    assert ledger.note(first, *send(server, first))
    for leave in (server.stop, server.kill):
        for make in MAKE.values():
            status, _headers, body = send(server, make("one", 3, 2))
            assert status == 409
            assert orjson.loads(body)["type"] == "/problems/batch-id-conflict"
        assert ledger.note(first, *send(server, first))
        leave()
        server.start()
    ledger.check(stored(server))


def test_of_two_payloads_at_the_same_time_one_is_kept(web):
    server = web(failpoint="log.before-sync:sleep").start()
    posts = [json_post("one", 3, value) for value in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda post: send(server, post), posts))
    assert sorted(status for status, _headers, _body in answers) == [200] + 5 * [409]
    kept = next(post for post, answer in zip(posts, answers, strict=True) if answer[0] == 200)
    ledger = Ledger()
    ledger.note(ledger.add(kept), *next(answer for answer in answers if answer[0] == 200))
    ledger.check(stored(server))


def test_tenants_do_not_share_batch_ids(web):
    server = web()
    keys = Keys(server.data)
    tokens = [keys.create(name="k", role="ingest", tenant=tenant)[1] for tenant in ("a", "b")]
    server.start()
    for value, token in enumerate(tokens):
        assert send(server, json_post("one", 1, value), key=token)[0] == 200
    assert sorted(batch.tenant for batch in stored(server)) == ["a", "b"]
