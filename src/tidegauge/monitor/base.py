"""What every monitor has: a name, what it watches, when, and when it may speak."""

from typing import Annotated, ClassVar

from pydantic import AliasChoices, Field, field_validator

from tidegauge.monitor.duration import Duration
from tidegauge.monitor.part import Part
from tidegauge.monitor.patience import Patience
from tidegauge.monitor.reading import Found, Memory
from tidegauge.monitor.replay import Replay, Stateless
from tidegauge.monitor.severity import AnySeverity
from tidegauge.monitor.view import View
from tidegauge.window import DAY, FIVE_MINUTES, MINUTE

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,127}$")]
_LONGEST = 31 * DAY


class Base(Part):
    name: Annotated[
        Name,
        Field(
            validation_alias=AliasChoices("name", "rule_name"),
            description="Unique among the monitors; letters, digits, spaces, dots and dashes.",
        ),
    ]
    models: Annotated[
        str,
        Field(
            min_length=1,
            max_length=128,
            description="Which models: a model_id, or a pattern such as 'fraud-*'.",
        ),
    ] = "*"
    version: Annotated[
        str,
        Field(description="'all' versions together, 'each' by itself, or one version's name."),
    ] = "all"
    segment: Annotated[
        str,
        Field(
            max_length=256,
            description="'' is all rows; a declared column watches each of its values; or"
            " 'tags.region=eu'.",
        ),
    ] = ""
    window: Annotated[Duration, Field(description="The span that a reading is of.")] = FIVE_MINUTES
    every: Annotated[
        Duration, Field(description="How often; each reading is of the window before.")
    ] = MINUTE
    delay: Annotated[
        Duration, Field(ge=0, le=7 * DAY, description="Wait for late rows so long.")
    ] = 0
    min_rows: Annotated[
        int,
        Field(
            ge=1,
            validation_alias=AliasChoices("min_rows", "min_samples"),
            description="Fewer say nothing: the reading is `insufficient_data`.",
        ),
    ] = 30
    for_count: Annotated[
        int, Field(ge=1, le=1000, description="Breaches in a row before anybody is told.")
    ] = 2
    pending_for: Annotated[
        Duration,
        Field(
            ge=0,
            le=DAY,
            validation_alias=AliasChoices("pending_for", "for"),
            description="A breach has to last so long before anybody is told.",
        ),
    ] = 0
    resolve_count: Annotated[
        int, Field(ge=1, le=1000, description="Readings in a row that are fine end it.")
    ] = 3
    keep_firing_for: Annotated[
        Duration, Field(ge=0, le=DAY, description="It has to stay away so long before it ends.")
    ] = FIVE_MINUTES
    severity: Annotated[
        AnySeverity | None,
        Field(
            validation_alias=AliasChoices("severity", "priority"),
            description="low, medium, high or critical, whatever the reading says.",
        ),
    ] = None
    channels: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=128)], ...],
        Field(
            max_length=50,
            description="Who is told, by the names of channels, whatever these take of themselves."
            " None: each channel says what it takes.",
        ),
    ] = ()
    halt: Annotated[
        str,
        Field(
            max_length=128,
            description="A webhook that is called once when it opens an incident, to stop the"
            " model: whoever is silenced, and beside those who are told.",
        ),
    ] = ""
    alerts: Annotated[
        Patience | None,
        Field(description="How its alerts are told, where that is not as for all others: below."),
    ] = None
    enabled: bool = True
    owner: Annotated[str, Field(max_length=256)] = ""
    runbook: Annotated[str, Field(max_length=2000, description="A link, or what to do.")] = ""

    is_restated: ClassVar[bool] = True
    """Whether a reading is read again when rows came late.  What is of the truth is not: the next
    one has all that is known by then."""

    def judge(self, view: View, memory: Memory) -> Found:
        """The reading of a slot; who remembers nothing only reads."""
        del memory
        return self.read(view)

    def read(self, view: View) -> Found:
        raise NotImplementedError

    def replay(self, view: View) -> Replay:
        """What reads a past, slot by slot, every `every` seconds; `view` is of its end."""
        del view
        return Stateless(lambda views: map(self.read, views))

    @field_validator("window", "every")
    @classmethod
    def _is_counted(cls, seconds: int) -> int:
        if not MINUTE <= seconds <= _LONGEST or seconds % MINUTE:
            raise ValueError("must be whole minutes, 31 days at most")
        return seconds
