"""Every row of the list of bad input that ends at this server, over a real connection."""

import re
import tomllib
from pathlib import Path

import generators
import httpx
import orjson
import pytest

from tidegauge.ingest.problem import SLUGS

TABLES = Path(__file__).parent / "bad_input"
CASES = [
    pytest.param(case, id=case["id"])
    for table in sorted(TABLES.glob("*.toml"))
    for case in tomllib.loads(table.read_text(encoding="utf-8"))["case"]
]
# What no answer and no log line may show.
LEAKS = re.compile(r'Traceback|File "|canary-key|site-packages|/tidegauge/|sqlite|tg_[a-z2-7]{12}_')


@pytest.fixture(scope="module")
def keys(server):
    """A key of each role."""
    with server.client() as client:
        made = {}
        for role in ("ingest", "read", "write", "admin"):
            answer = client.post("/api/v1/keys", json={"name": f"test {role}", "role": role})
            assert answer.status_code == 201, answer.text
            made[role] = answer.json()["token"]
    return made


def body_of(case):
    if "generator" in case:
        return getattr(generators, case["generator"])()
    text = case.get("body", "")
    if not case.get("raw_escapes"):
        text = text.encode("utf-8", "surrogatepass")
    else:
        text = orjson.dumps("x")[:0] + _with_escapes(text)
    return text


def _with_escapes(text):
    """TOML's strings in single quotes leave JSON's escapes alone."""
    return text.encode()


def parsed(raw):
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    return int(lines[0].split()[1]), headers, body


def sent(case, server, keys):
    if "raw" in case:
        return parsed(server.raw(case["raw"].encode()))
    if case.get("generator") in generators.RAW:
        return parsed(server.raw(body_of(case)))
    key = case.get("key", keys[case.get("role", "admin")])
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if "authorization" in case:
        headers["Authorization"] = case["authorization"].format(key=keys["admin"])
    if case.get("type", "application/json"):
        headers["Content-Type"] = case.get("type", "application/json")
    for name, header in (("encoding", "Content-Encoding"), ("accept", "Accept")):
        if name in case:
            headers[header] = case[name]
    method = case.get("method", "POST")
    path = case.get("path", "/api/v1/predictions")
    content = body_of(case) if method in ("POST", "PUT", "PATCH") else None
    answer = httpx.request(method, server.url + path, headers=headers, content=content, timeout=30)
    return answer.status_code, dict(answer.headers), answer.content


@pytest.mark.parametrize("case", CASES)
def test_bad_input(case, server, keys):
    status, headers, body = sent(case, server, keys)
    wanted = case["status"] if isinstance(case["status"], list) else [case["status"]]
    assert status in wanted, body[:500]
    assert not LEAKS.search(body.decode("utf-8", "replace"))
    told = orjson.loads(body)
    if status != 200:
        check_problem(case, told, status, headers)
    else:
        assert told["accepted"] == case.get("accepted", told["accepted"])
        assert told["accepted"] >= 1
    for code in case.get("codes", []):
        assert code in {fault["code"] for fault in told["errors"]}
    pointers = {fault["pointer"] for fault in told.get("errors", [])}
    assert set(case.get("pointers", [])) <= pointers
    assert case.get("says_in_errors", "") in orjson.dumps(told.get("errors")).decode()
    assert case.get("warns", "") in " ".join(each["detail"] for each in told.get("warnings", []))
    # The server goes on.
    with server.client() as client:
        assert client.post("/api/v1/metrics", json={"metric_name": "x", "value": 1}).is_success


def check_problem(case, told, status, headers):
    assert headers["content-type"] == "application/problem+json"
    slug = told["type"].removeprefix("/problems/")
    assert slug == case.get("slug", slug)
    assert SLUGS[slug].status == status == told["status"]
    assert told["title"] == SLUGS[slug].title
    assert case.get("says", "") in told["detail"]
    assert len(told["request_id"]) == 32
    assert headers["x-request-id"] == told["request_id"]
    if "header" in case:
        name, value = case["header"]
        assert value in headers[name]


def test_the_log_of_the_server_holds_nothing_it_should_not(server):
    """After all of the above."""
    said = server.said()
    assert "canary-key" not in said
    assert "tg_" not in said
    assert "Traceback" not in said


def test_each_id_is_used_once():
    ids = [case.values[0]["id"] for case in CASES]
    assert len(set(ids)) == len(ids)


def test_every_problem_has_a_page(server):
    for slug, told in SLUGS.items():
        page = httpx.get(f"{server.url}/problems/{slug}")
        assert page.status_code == 200
        assert told.title in page.text
    assert httpx.get(f"{server.url}/problems/nothing").status_code == 404
