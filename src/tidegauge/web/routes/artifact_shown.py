"""How references to models' files are told over HTTP, and how they come."""

from datetime import datetime
from typing import Annotated, Any, Final

import orjson
from pydantic import AwareDatetime, BaseModel, Field

from tidegauge.catalog.artifacts import Artifact, State
from tidegauge.catalog.models import Model
from tidegauge.catalog.retrainings import State as JobState
from tidegauge.catalog.rollouts import State as RolloutState
from tidegauge.ingest.problem import ProblemError
from tidegauge.retrain.shelf import Held
from tidegauge.web.routes.asked import Closed, checked_text, micros, moment, moment_or_none

_MOST_BYTES: Final = 65_536
Name = Annotated[str, Field(min_length=1, max_length=256)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class ArtifactWanted(Closed):
    """A version as its makers describe it: told, and never fetched or run by us."""

    uri: Annotated[str, Field(max_length=2000, description="Where it lies.")] = ""
    digest: Annotated[str, Field(max_length=256, description="As `sha256:...`.")] = ""
    size_bytes: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    trained_at: AwareDatetime | None = None
    training_seconds: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None
    metrics: Annotated[
        dict[Name, Number], Field(max_length=1_000, description="As its training measured them.")
    ] = Field(default_factory=dict[str, float])
    importance: Annotated[
        dict[Name, Number],
        Field(max_length=10_000, description="Of each feature, however its makers measure it."),
    ] = Field(default_factory=dict[str, float])
    metadata: Annotated[
        dict[str, Any], Field(description="What else is known; 64 KiB as JSON at the most.")
    ] = Field(default_factory=dict[str, Any])


class PinWanted(Closed):
    is_pinned: Annotated[bool, Field(description="Kept, whatever its age and whoever uses it.")]


class UseShown(BaseModel):
    last_prediction_at: Annotated[
        datetime | None, Field(description="The start of the last minute or hour with one.")
    ]
    predictions_7d: int
    rollout: Annotated[RolloutState | None, Field(description="The state of one that is open.")]
    is_way_back: Annotated[
        bool, Field(description="It would serve again if the one that serves were taken back.")
    ]


class ArtifactShown(BaseModel):
    model_id: str
    version: str
    uri: str
    digest: str
    size_bytes: int | None
    trained_at: datetime | None
    training_seconds: float | None
    metrics: dict[str, float]
    importance: dict[str, float]
    metadata: dict[str, Any]
    job_id: str
    job_state: Annotated[JobState | None, Field(description="Of the job that made it, if known.")]
    is_pinned: bool
    state: State
    use: UseShown
    is_spare: Annotated[bool, Field(description="Nobody needs it: it may be removed.")]
    reason: Annotated[str, Field(description="Why it is not spare.")]
    created_at: datetime
    created_by: str
    changed_at: datetime
    gone_at: datetime | None


class ArtifactsShown(BaseModel):
    artifacts: list[ArtifactShown]
    next: str | None


def read(wanted: ArtifactWanted, model: Model, version: str, at: int, by: str) -> Artifact:
    """As it is kept; what the catalog cannot hold is refused."""
    for text in (version, wanted.uri, wanted.digest, *wanted.metrics, *wanted.importance):
        checked_text(text)
    try:
        told = orjson.dumps(wanted.metadata)
    except (TypeError, ValueError):
        raise ProblemError("invalid-request", "`metadata` cannot be kept as JSON") from None
    if len(told) > _MOST_BYTES:
        raise ProblemError("invalid-request", f"`metadata` has {len(told):,} bytes, 65,536 may be")
    # What JSON knows no word for (not a number, for example) is null.
    return Artifact(
        model=model.id,
        version=version,
        tenant=model.tenant,
        uri=wanted.uri,
        digest=wanted.digest,
        size_bytes=wanted.size_bytes,
        trained_at=None if wanted.trained_at is None else micros(wanted.trained_at),
        training_seconds=wanted.training_seconds,
        metrics=wanted.metrics,
        importance=wanted.importance,
        metadata=orjson.loads(told),
        retraining="",
        is_pinned=False,
        state="kept",
        created_at=at,
        created_by=by,
        changed_at=at,
        gone_at=None,
    )


def shown(name: str, found: Held) -> ArtifactShown:
    own, use = found.artifact, found.use
    return ArtifactShown(
        model_id=name,
        version=own.version,
        uri=own.uri,
        digest=own.digest,
        size_bytes=own.size_bytes,
        trained_at=moment_or_none(own.trained_at),
        training_seconds=own.training_seconds,
        metrics=dict(own.metrics),
        importance=dict(own.importance),
        metadata=dict(own.metadata),
        job_id=own.retraining,
        job_state=found.job,
        is_pinned=own.is_pinned,
        state=own.state,
        use=UseShown(
            last_prediction_at=moment_or_none(use.last_at),
            predictions_7d=use.rows,
            rollout=use.rollout,
            is_way_back=use.is_way_back,
        ),
        is_spare=found.is_spare,
        reason=found.why.reason,
        created_at=moment(own.created_at),
        created_by=own.created_by,
        changed_at=moment(own.changed_at),
        gone_at=moment_or_none(own.gone_at),
    )
