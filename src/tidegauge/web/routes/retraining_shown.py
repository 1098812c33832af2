"""How jobs that train a model again are told over HTTP, and what who trains says of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from tidegauge.catalog.retrainings import Line, Retraining, State
from tidegauge.catalog.rollouts import Rollout
from tidegauge.retrain import tell
from tidegauge.retrain.policy import Priority
from tidegauge.web.routes.asked import Closed, moment, moment_or_none
from tidegauge.web.routes.rollouts import RolloutShown, rollout_shown

Token = Annotated[str, Field(min_length=1, max_length=128)]
_LONGEST: Final = 2_000
"""Characters of a line."""


class ManualWanted(Closed):
    model_id: Annotated[str, Field(min_length=1, max_length=128)]
    policy: Annotated[
        str | None, Field(max_length=128, description="null is the first that is of the model.")
    ] = None
    parameters: Annotated[
        dict[str, Any], Field(max_length=100, description="Before those of the policy.")
    ] = Field(default_factory=dict[str, Any])
    priority: Priority | None = None
    force: Annotated[bool, Field(description="Whatever stands against it; for administrators.")] = (
        False
    )


class SpanShown(BaseModel):
    start: datetime
    stop: datetime
    labels: int


class RetrainingShown(BaseModel):
    job_id: str
    model_id: str
    policy: str
    origin: Literal["drift", "calendar", "manual"]
    why: str
    state: State
    is_cancelled: Annotated[bool, Field(description="Somebody wants it to end.")]
    position: Annotated[int | None, Field(description="Among those that wait; 1 is the next.")]
    priority: int
    target: str
    attempt: int
    attempts: int
    runner: str
    progress: float
    parameters: dict[str, Any]
    train: SpanShown
    holdout: SpanShown
    gate: Annotated[dict[str, Any], Field(description="What a candidate of it has to prove.")]
    detections: list[datetime]
    since: Annotated[datetime | None, Field(description="When what was detected began.")]
    result: dict[str, Any] | None
    cause: str
    rollout: Annotated[RolloutShown | None, Field(description="Once it is to serve.")]
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None
    changed_at: datetime


class RetrainingsShown(BaseModel):
    jobs: list[RetrainingShown]
    next: str | None


class LineShown(BaseModel):
    id: int
    attempt: int
    at: datetime
    text: str


class RetrainingSummary(BaseModel):
    enabled: bool
    queued: int
    running: int
    evaluating: int
    succeeded_30d: int
    rejected_30d: int
    failed_30d: int
    cancelled_30d: int


class ClaimWanted(Closed):
    runner: Annotated[str, Field(min_length=1, max_length=128, description="Who takes it.")]
    targets: Annotated[
        list[Annotated[str, Field(pattern=r"^(command|python):.{1,128}$")]],
        Field(min_length=1, max_length=100, description="What it can do, as `command:train`."),
    ]


class JobTaken(BaseModel):
    job_id: str
    attempt: int
    token: Annotated[str, Field(description="To be sent with all that is said of this attempt.")]
    model_id: str
    policy: str
    origin: str
    why: str
    parameters: dict[str, Any]
    since: Annotated[datetime | None, Field(description="When the drift began that started it.")]
    train: SpanShown
    holdout: SpanShown
    target: str
    lease_until: datetime


class Candidate(Closed):
    """What was trained: told, and never fetched or run by us."""

    version: Annotated[str, Field(min_length=1, max_length=128)]
    uri: Annotated[str, Field(max_length=2000, description="Where it lies.")] = ""
    digest: Annotated[str, Field(max_length=256, description="As `sha256:...`.")] = ""
    size_bytes: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    training_seconds: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None
    metrics: Annotated[
        dict[
            Annotated[str, Field(min_length=1, max_length=256)],
            Annotated[float, Field(allow_inf_nan=False)],
        ],
        Field(max_length=1_000, description="As its training measured them."),
    ] = Field(default_factory=dict[str, float])
    importance: Annotated[
        dict[
            Annotated[str, Field(min_length=1, max_length=256)],
            Annotated[float, Field(allow_inf_nan=False)],
        ],
        Field(max_length=10_000, description="Of each feature, however its makers measure it."),
    ] = Field(default_factory=dict[str, float])


class AnswersSaid(Closed):
    token: Token
    answers: Annotated[
        list[dict[str, Any]],
        Field(
            min_length=1,
            max_length=10_000,
            description="For rows of `holdout`: `prediction_id`, and what the candidate says, in"
            " the fields of a prediction.",
        ),
    ]


class AnswersTaken(BaseModel):
    rows: Annotated[int, Field(description="That there are now.")]


class WordSaid(Closed):
    token: Token
    state: Annotated[
        Literal["running", "trained", "failed", "cancelled"],
        Field(description="`running` says that it goes on; the others end the attempt."),
    ] = "running"
    candidate: Annotated[Candidate | None, Field(description="Of `trained`.")] = None
    progress: Annotated[float | None, Field(ge=0, le=1, allow_inf_nan=False)] = None
    log: Annotated[list[Annotated[str, Field(max_length=_LONGEST)]], Field(max_length=1_000)] = (
        Field(default_factory=list[str])
    )
    cause: Annotated[str, Field(max_length=_LONGEST)] = ""


class WordTaken(BaseModel):
    state: State
    is_cancelled: Annotated[bool, Field(description="Somebody wants it to end: end it.")]
    lease_until: datetime | None


def shown(job: Retraining, waiting: Sequence[str], made: Rollout | None) -> RetrainingShown:
    document = job.document
    return RetrainingShown(
        job_id=job.id,
        model_id=document["model_id"],
        policy=job.policy,
        origin=job.origin,  # pyright: ignore[reportArgumentType] - checked by pydantic
        why=document["why"],
        state=job.state,
        is_cancelled=job.is_cancelled,
        position=waiting.index(job.id) + 1 if job.state == "queued" else None,
        priority=job.priority,
        target=job.target,
        attempt=job.attempt,
        attempts=document["attempts"],
        runner=job.runner,
        progress=job.progress,
        parameters=document["parameters"],
        train=_span(document["train"]),
        holdout=_span(document["holdout"]),
        gate=document["gate"],
        detections=[moment(each) for each in document["detections"]],
        since=moment_or_none(document.get("since")),
        result=None if job.result is None else dict(job.result),
        cause=job.cause,
        rollout=None if made is None else rollout_shown(made),
        created_at=moment(job.created_at),
        created_by=job.created_by,
        started_at=moment_or_none(job.started_at),
        ended_at=moment_or_none(job.ended_at),
        changed_at=moment(job.changed_at),
    )


def taken(job: Retraining) -> JobTaken:
    until = moment_or_none(job.lease_until)
    return JobTaken.model_validate({**tell.told(job), "target": job.target, "lease_until": until})


def _span(told: Mapping[str, int]) -> SpanShown:
    return SpanShown(start=moment(told["start"]), stop=moment(told["stop"]), labels=told["labels"])


def line_shown(each: Line) -> LineShown:
    return LineShown(id=each.id, attempt=each.attempt, at=moment(each.at), text=each.text)
