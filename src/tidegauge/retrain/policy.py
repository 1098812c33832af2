"""A policy: which models are trained again, when, by whom, and what a candidate must prove.

>>> policy = Policy(name="fraud", models="fraud-*", target={"kind": "command", "name": "train"})
>>> policy.is_of("fraud-eu"), policy.target.address
(True, 'command:train')
"""

from fnmatch import fnmatchcase
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from tidegauge.alert.schedule import Calendar
from tidegauge.monitor.base import Name
from tidegauge.monitor.duration import Duration
from tidegauge.monitor.part import Part
from tidegauge.monitor.severity import RANK, AnySeverity, Severity
from tidegauge.monitor.union import KINDS
from tidegauge.retrain.gate import Gate
from tidegauge.window import DAY, HOUR, MINUTE

Priority = Literal["low", "normal", "high"]
PRIORITIES: Final[dict[Priority, int]] = {"low": 0, "normal": 1, "high": 2}
_DRIFT: Final = ("drift", "distance", "concept")
_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
_LARGEST: Final = 100

TargetName = Annotated[str, Field(pattern=_NAME)]


class Detections(Part):
    """Drift that lasts: so many findings, so far apart, within so long."""

    kinds: Annotated[
        tuple[str, ...], Field(min_length=1, description="Kinds of monitors whose findings count.")
    ] = _DRIFT
    severity: Annotated[AnySeverity, Field(description="And as grave ones at least.")] = "medium"
    count: Annotated[int, Field(ge=1, le=100)] = 3
    within: Annotated[Duration, Field(ge=HOUR, le=30 * DAY)] = DAY
    apart: Annotated[Duration, Field(ge=0, le=DAY, description="Nearer ones are one finding.")] = (
        30 * MINUTE
    )

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if unknown := [each for each in self.kinds if each not in KINDS]:
            raise ValueError(f"no kind of monitor {unknown[0]!r}: there are {', '.join(KINDS)}")
        if (self.count - 1) * self.apart > self.within:
            raise ValueError("so many findings, so far apart, do not fit into `within`")
        return self

    def counts(self, kind: str, severity: Severity) -> bool:
        return kind in self.kinds and RANK[severity] >= RANK[self.severity]


class Webhook(Part):
    """What a channel of the kind `webhook` reaches starts it: Airflow, Argo, CI."""

    kind: Literal["webhook"]
    channel: Annotated[str, Field(min_length=1, max_length=128)]
    silence: Annotated[
        Duration,
        Field(ge=MINUTE, le=7 * DAY, description="It is lost when it says nothing for so long."),
    ] = 30 * MINUTE

    @property
    def address(self) -> str:
        return f"webhook:{self.channel}"


class Command(Part):
    """A command that a runner (`tidegauge worker --jobs`) has under this name."""

    kind: Literal["command"]
    name: TargetName

    @property
    def address(self) -> str:
        return f"command:{self.name}"


class Python(Part):
    """An entry point of the group `tidegauge.trainers`, where a runner has it."""

    kind: Literal["python"]
    name: TargetName

    @property
    def address(self) -> str:
        return f"python:{self.name}"


class Promotion(Part):
    """What becomes of a candidate that is better."""

    channel: Annotated[
        str | None,
        Field(
            max_length=128,
            description="A webhook that lets it serve, and takes it back; null: somebody does it.",
        ),
    ] = None
    auto_deploy: Annotated[
        bool | None, Field(description="Nobody is asked; null: as all, which is off.")
    ] = None
    roll_back: Annotated[
        bool, Field(description="If it turns out worse, and nobody was asked, take it back.")
    ] = True
    watch: Annotated[
        Duration, Field(ge=HOUR, le=90 * DAY, description="So long it is held against before.")
    ] = 7 * DAY
    min_labels: Annotated[
        int, Field(ge=20, description="Of its own, before anything is said of it.")
    ] = 200


Target = Annotated[Webhook | Command | Python, Field(discriminator="kind")]


class Policy(Part):
    name: Name
    models: Annotated[
        str, Field(min_length=1, max_length=128, description="A model_id, or as `fraud-*`.")
    ]
    target: Annotated[Target, Field(description="Who trains.")]
    detections: Annotated[
        Detections | None, Field(description="Drift that starts it; null is none.")
    ] = Detections()
    calendar: Annotated[
        Calendar | None, Field(description="And by the calendar, whatever is found; off.")
    ] = None
    priority: Annotated[Priority, Field(description="Of those that wait.")] = "normal"
    parameters: Annotated[
        dict[Annotated[str, Field(max_length=128)], Any],
        Field(default_factory=dict, max_length=_LARGEST, description="For who trains."),
    ]
    min_labels: Annotated[
        int | None, Field(ge=0, description="Since the last training; null: as all.")
    ] = None
    cooldown: Annotated[
        Duration | None,
        Field(ge=0, le=90 * DAY, description="From the end of its last; null: as all."),
    ] = None
    per_month: Annotated[
        int, Field(ge=1, le=1000, description="Of a model, in any 30 days, by themselves.")
    ] = 10
    gate: Annotated[Gate, Field(description="What a candidate has to prove.")] = Gate()
    promotion: Annotated[
        Promotion, Field(description="What becomes of one that has proved it.")
    ] = Promotion()
    attempts: Annotated[int, Field(ge=1, le=10, description="If who trains is lost.")] = 3
    channels: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=128)], ...],
        Field(max_length=20, description="Who is told of each one that starts by itself."),
    ] = ()
    enabled: bool = True

    def is_of(self, model: str) -> bool:
        return fnmatchcase(model, self.models)
