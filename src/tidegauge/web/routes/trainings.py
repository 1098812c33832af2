"""What a model's makers measured of it before it was used: numbers to compare with."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from tidegauge.catalog import audit, trainings
from tidegauge.catalog.trainings import Training
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import (
    Closed,
    Reader,
    Writer,
    checked_text,
    model_in,
    moment,
    now,
    who,
)
from tidegauge.web.state import State, state_of

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["references"])
_MOST = 1_000


class TrainingWanted(Closed):
    """As a training run wrote it down, in its `metadata.json` or elsewhere."""

    metrics: Annotated[
        dict[
            Annotated[str, Field(min_length=1, max_length=256)],
            Annotated[float, Field(allow_inf_nan=False)],
        ],
        Field(
            min_length=1,
            max_length=_MOST,
            description="By the names that monitors have for them: `latency_avg_ms`, `confidence`,"
            " `mean of age`, or one of your own.",
        ),
    ]
    version: Annotated[
        str, Field(max_length=128, description="Of the model; unsaid, of all versions.")
    ] = ""
    name: Annotated[str, Field(min_length=1, max_length=256)] = "training"


class TrainingShown(BaseModel):
    number: int
    version: str
    name: str
    metrics: dict[str, float]
    created_at: datetime
    created_by: str


@router.get("/training")
def list_trainings(model_id: str, request: Request, key: Reader) -> list[TrainingShown]:
    """All sets, the latest first: a number is looked for in the latest that has it."""
    with state_of(request).kept.catalog.read() as connection:
        model = model_in(connection, key, model_id)
        found = trainings.listed(connection, model.id)
    return [_shown(each) for each in found]


@router.post("/training", status_code=201)
def add_training(
    model_id: str, wanted: TrainingWanted, request: Request, key: Writer
) -> TrainingShown:
    """Say what was measured in training: monitors compare with it by `against: training`."""
    return added(state_of(request), key, model_id, wanted)


def added(state: State, key: Key, model_id: str, wanted: TrainingWanted) -> TrainingShown:
    at = now()
    for text in (wanted.version, wanted.name, *wanted.metrics):
        checked_text(text)

    def write(connection: Connection) -> Training:
        model = model_in(connection, key, model_id)
        made = trainings.add(
            connection,
            model.id,
            wanted.metrics,
            version=wanted.version,
            name=wanted.name,
            at=at,
            by=who(key),
        )
        audit.add(
            connection,
            at=at,
            who=who(key),
            what="training.add",
            subject=f"{model.tenant}/{model.name}",
            detail={"number": made.number, "version": made.version, "name": made.name},
        )
        return made

    return _shown(state.kept.catalog.write(write))


def _shown(training: Training) -> TrainingShown:
    return TrainingShown(
        number=training.number,
        version=training.version,
        name=training.name,
        metrics=dict(training.metrics),
        created_at=moment(training.created_at),
        created_by=training.created_by,
    )
