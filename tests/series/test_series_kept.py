"""Jobs, dead letters and the audit over the API."""

import pytest
from worker_case import START

from tidegauge.catalog import audit, dead_letters, jobs
from tidegauge.catalog.dead_letters import DeadLetter
from tidegauge.catalog.jobs import Job


def letter(n, tenant="default"):
    return DeadLetter(
        at=START + n,
        tenant=tenant,
        model="m",
        kind="predictions",
        reason="undecodable",
        detail=f"number {n}",
        body=b"secret \xff",
        size=8,
        position="0:1",
    )


def job(n, tenant="default", state="waiting"):
    return Job(
        id=f"{tenant}-{n}",
        kind="export",
        subject=f"{tenant}/m",
        state=state,
        progress=0.5,
        detail={"n": n},
        created_at=START + n,
        changed_at=START + n,
        created_by="ann",
    )


@pytest.fixture
def kept(api):
    def fill(connection):
        dead_letters.add(connection, [*(letter(n) for n in range(5)), letter(9, "other")])
        for n in range(3):
            jobs.add(connection, job(n, state="done" if n else "running"))
        jobs.add(connection, job(0, "other"))
        for n in range(4):
            audit.add(
                connection, at=START + n, who="ann", what="x", subject="default/m", detail={"n": n}
            )
        audit.add(connection, at=START, who="bob", what="x", subject="other/m", detail={})

    api.case.catalog.write(fill)
    return api


def test_dead_letters_are_given_in_pages_without_their_secrets(kept):
    first = kept.get("dead-letters", limit=3)
    assert [each["detail"] for each in first["dead_letters"]] == [
        "number 4",
        "number 3",
        "number 2",
    ]
    rest = kept.get("dead-letters", limit=3, cursor=first["next"])
    assert len(rest["dead_letters"]) == 2
    assert rest["next"] is None
    assert {each["body"] for each in first["dead_letters"]} == {None}
    told = kept.key("read", pii=True).get("dead-letters").json()["dead_letters"]
    assert told[0]["body"] == "secret \ufffd"


def test_jobs_are_those_of_the_tenant(kept):
    assert [each["id"] for each in kept.get("jobs")] == ["default-0", "default-1", "default-2"]
    assert [each["id"] for each in kept.get("jobs", state="running")] == ["default-0"]
    assert kept.get("jobs/default-1")["detail"] == {"n": 1}
    kept.get("jobs/other-0", status=404)
    kept.get("jobs/none", status=404)
    kept.get("jobs", state="asleep", status=422)


def test_the_audit_is_that_of_the_tenant(kept):
    first = kept.get("audit", role="admin", limit=3)
    assert [each["detail"]["n"] for each in first["entries"]] == [3, 2, 1]
    rest = kept.get("audit", role="admin", limit=3, cursor=first["next"])
    assert [each["detail"]["n"] for each in rest["entries"]] == [0]
    kept.get("audit", role="admin", cursor="bad", status=422)
