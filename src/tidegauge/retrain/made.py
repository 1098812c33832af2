"""What a job made, as a reference to its file."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from tidegauge.catalog import artifacts
from tidegauge.catalog.artifacts import Artifact
from tidegauge.catalog.retrainings import Retraining


def refer(connection: Connection, job: Retraining, candidate: Mapping[str, Any], at: int) -> None:
    """Whatever it proves later: until then it is kept, and a file that is there is known of."""
    new = Artifact(
        model=job.model,
        version=candidate["version"],
        tenant=job.tenant,
        uri=candidate.get("uri", ""),
        digest=candidate.get("digest", ""),
        size_bytes=candidate.get("size_bytes"),
        trained_at=at,
        training_seconds=candidate.get("training_seconds"),
        metrics=candidate.get("metrics", {}),
        importance=candidate.get("importance", {}),
        metadata={},
        retraining=job.id,
        is_pinned=False,
        state="kept",
        created_at=at,
        created_by=job.runner or "tidegauge",
        changed_at=at,
        gone_at=None,
    )
    before = artifacts.get(connection, job.model, new.version)
    if before is None:
        artifacts.add(connection, new)
    elif before.state != "removing":
        # One that somebody is about to delete under this name stays that, and cannot serve.
        again = replace(
            new,
            is_pinned=before.is_pinned,
            created_at=before.created_at,
            created_by=before.created_by,
            changed_at=max(at, before.changed_at + 1),
        )
        artifacts.change(connection, before, again)
