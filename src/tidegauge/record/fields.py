"""What can be logged: the kinds of record, the fields of each, and the names that others give them.

This table is the one place where a field is declared.  The client's encoder, the server's checks,
the Arrow columns and the API's documentation all read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final


class Shape(Enum):
    """What the value of a field is."""

    NAME = "name"  # a model, a version: letters, digits, "._-"
    KEY = "key"  # an id that somebody else made
    TEXT = "text"
    TIME = "time"
    NUMBER = "number"
    FLAG = "flag"
    VALUE = "value"  # a number, a text or a boolean: a class, a feature
    LABELS = "labels"  # several classes at once
    NUMBERS = "numbers"  # by name
    VALUES = "values"
    TEXTS = "texts"
    VECTORS = "vectors"

    @property
    def is_map(self) -> bool:
        return self in _MAPS


_MAPS = frozenset({Shape.NUMBERS, Shape.VALUES, Shape.TEXTS, Shape.VECTORS})


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    shape: Shape
    about: str
    required: bool = False
    low: float | None = None
    high: float | None = None
    aliases: tuple[str, ...] = ()
    # Not a number and the infinities: data for a feature, a mistake in a score.
    finite: bool = True
    # Each in 0-1, and one in all.
    is_mix: bool = False


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a field, and the factor between its unit and ours."""

    field: Field
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record: its name is also its path under /api/v1."""

    name: str
    about: str
    fields: Mapping[str, Field]
    aliases: Mapping[str, Alias]
    # The field that tells two records apart, if they have one.
    key: str | None = None
    names: frozenset[str] = field(default=frozenset())


# Units that are part of a name that others use.
_IN_OTHER_UNITS: Final[Mapping[str, tuple[str, float]]] = {
    "inference_time": ("prediction_latency_ms", 1000.0),
}


def _kind(name: str, about: str, fields: tuple[Field, ...], *, key: str | None = None) -> Kind:
    by_name = {each.name: each for each in fields}
    aliases = {alias: Alias(each) for each in fields for alias in each.aliases}
    for alias, (target, factor) in _IN_OTHER_UNITS.items():
        if target in by_name:
            aliases[alias] = Alias(by_name[target], factor)
    return Kind(
        name=name,
        about=about,
        fields=MappingProxyType(by_name),
        aliases=MappingProxyType(aliases),
        key=key,
        names=frozenset(by_name) | frozenset(aliases),
    )


_MODEL = Field(
    "model_id",
    Shape.NAME,
    "The model: 1-128 letters, digits, '.', '_' or '-'.",
    required=True,
    aliases=("model_name", "model", "model_id_column", "endpoint_id"),
)
_MODEL_MAYBE = Field(
    _MODEL.name, _MODEL.shape, "The model, if it is about one.", aliases=_MODEL.aliases
)
_VERSION = Field("model_version", Shape.NAME, "The version of the model.", aliases=("version",))
_ID_NAMES = (
    "request_id",
    "sample_id",
    "inferenceId",
    "inference_id",
    "eventId",
    "event_id",
    "identifier",
    "databricks_request_id",
    "client_request_id",
    "prediction_request_id",
    "id",
)
_ID = Field(
    "prediction_id",
    Shape.KEY,
    "The key of the prediction, unique for its model: labels and feedback arrive under it.",
    required=True,
    aliases=_ID_NAMES,
)
_TIME = Field(
    "timestamp",
    Shape.TIME,
    "When it happened, as RFC 3339 with an offset. Without it the time of receipt counts.",
    aliases=("prediction_timestamp", "event_time", "inferenceTime", "timestamp_ms"),
)
_SHAP = Field(
    "shap_values",
    Shape.NUMBERS,
    "What each feature added to the output.",
    aliases=("attributions",),
)
_BASE = Field("base_value", Shape.NUMBER, "What the attributions start from.")
_EXPERIMENT = (
    Field("experiment_id", Shape.KEY, "The experiment that it was part of."),
    Field("variant", Shape.KEY, "The variant of the experiment."),
)
_TAGS = Field(
    "tags",
    Shape.TEXTS,
    "Facts about the call that are not inputs: region, plan.",
    aliases=("metadata",),
)

PREDICTIONS: Final = _kind(
    "predictions",
    "One call of a model.",
    (
        _MODEL,
        _VERSION,
        _ID,
        _TIME,
        Field("environment", Shape.KEY, "production, shadow, validation, training, ..."),
        Field(
            "features",
            Shape.VALUES,
            "The inputs by name: numbers, texts, booleans, or null where one is missing.",
            aliases=("input_features", "inputs"),
            finite=False,
        ),
        Field("feature_hash", Shape.KEY, "A hash of the inputs, kept for lookup only."),
        Field(
            "prediction_label",
            Shape.VALUE,
            "The class that the model chose.",
            aliases=("prediction", "y_pred", "predicted_label"),
        ),
        Field("prediction_labels", Shape.LABELS, "The classes of a multi-label model."),
        Field(
            "prediction_score",
            Shape.NUMBER,
            "The number that the model gave: a probability, a score, or the value of a regression.",
            aliases=("y_pred_proba", "prediction_proba", "score", "prediction_value"),
        ),
        Field(
            "probabilities",
            Shape.NUMBERS,
            "The probability of each class: each 0-1, together 1.",
            low=0.0,
            high=1.0,
            aliases=("prediction_probas",),
            is_mix=True,
        ),
        Field("outputs", Shape.NUMBERS, "The numbers of a model with several outputs."),
        Field("confidence", Shape.NUMBER, "How sure the model was."),
        Field("confidences", Shape.NUMBERS, "How sure the model was of each output."),
        Field(
            "prediction_latency_ms",
            Shape.NUMBER,
            "How long the call took.",
            low=0.0,
            aliases=("latency_ms", "execution_time_ms", "execution_duration_ms"),
        ),
        Field("feature_extraction_time_ms", Shape.NUMBER, "Its part for the inputs.", low=0.0),
        Field("model_inference_time_ms", Shape.NUMBER, "Its part for the model.", low=0.0),
        Field("input_validation_passed", Shape.FLAG, "Whether the service found its inputs valid."),
        Field("prediction_quality_score", Shape.NUMBER, "The service's own mark for the answer."),
        Field("status", Shape.KEY, "ok, or the kind of failure of the call."),
        Field("error", Shape.TEXT, "What the call failed with."),
        Field("cache_hit", Shape.FLAG, "Whether the answer came from a cache."),
        Field("user_id", Shape.KEY, "Who called."),
        Field("session_id", Shape.KEY, "In which session."),
        Field("entity_id", Shape.KEY, "What the model was run for: a shop, a machine."),
        *_EXPERIMENT,
        _TAGS,
        Field("component_versions", Shape.TEXTS, "The versions of a composite model's parts."),
        Field(
            "actual_label",
            Shape.VALUE,
            "The truth, where it is known already.",
            aliases=("actual", "ground_truth", "target", "y_true"),
        ),
        Field("actual_score", Shape.NUMBER, "The true number, where it is known already."),
        Field(
            "embeddings",
            Shape.VECTORS,
            "Vectors by name, of texts, images or anything else.",
        ),
        Field("texts", Shape.TEXTS, "The raw text behind an embedding."),
        Field("links", Shape.TEXTS, "Where the image or document behind an embedding is."),
        Field(
            "group_id",
            Shape.KEY,
            "The list that a ranked item is part of.",
            aliases=("prediction_group_id",),
        ),
        Field("rank", Shape.NUMBER, "Its place in the list, from 1.", low=1.0),
        Field("relevance", Shape.NUMBER, "How good it was.", aliases=("relevance_score",)),
        _SHAP,
        _BASE,
        Field(
            "weight",
            Shape.NUMBER,
            "How many predictions it stands for, where only a sample is logged.",
            low=1.0,
            high=1e6,
        ),
    ),
    key="prediction_id",
)

LABELS: Final = _kind(
    "labels",
    "The truth about a prediction, when it is known.",
    (
        _MODEL,
        _ID,
        Field(
            "timestamp",
            Shape.TIME,
            "When the truth was established. The latest label of a prediction counts.",
            aliases=("label_timestamp",),
        ),
        Field(
            "actual_label",
            Shape.VALUE,
            "The true class.",
            aliases=("actual", "ground_truth", "target", "y_true", "label"),
        ),
        Field("actual_labels", Shape.LABELS, "The true classes of a multi-label model."),
        Field("actual_score", Shape.NUMBER, "The true number.", aliases=("actual_value",)),
        Field("actual_outputs", Shape.NUMBERS, "The true numbers of a model with several outputs."),
        Field(
            "relevance", Shape.NUMBER, "How good a ranked item was.", aliases=("relevance_score",)
        ),
        Field("retract", Shape.FLAG, "True: the label is withdrawn."),
        _TAGS,
    ),
)

FEEDBACK: Final = _kind(
    "feedback",
    "What the person did who was served the prediction.",
    (
        _MODEL,
        _ID,
        _TIME,
        Field("session_duration", Shape.NUMBER, "In milliseconds.", low=0.0),
        Field("interactions_count", Shape.NUMBER, "Clicks and the like.", low=0.0),
        Field("scroll_depth", Shape.NUMBER, "The share of the page seen.", low=0.0),
        Field("bounce_rate", Shape.NUMBER, "0-1.", low=0.0, high=1.0),
        Field("page_views", Shape.NUMBER, "How many pages.", low=0.0),
        Field("user_satisfaction_rating", Shape.NUMBER, "1-5.", low=1.0, high=5.0),
        Field("ui_preference_feedback", Shape.TEXT, "In the user's words."),
        Field("engagement_score", Shape.NUMBER, "0-1.", low=0.0, high=1.0),
        Field("design_effectiveness", Shape.NUMBER, "0-1.", low=0.0, high=1.0),
        Field("user_id", Shape.KEY, "Who."),
        *_EXPERIMENT,
        _TAGS,
    ),
)

EXPLANATIONS: Final = _kind(
    "explanations",
    "Why the model answered as it did.",
    (
        _MODEL,
        _VERSION,
        _ID,
        _TIME,
        Field(
            "shap_values",
            Shape.NUMBERS,
            "What each feature added to the output.",
            required=True,
            aliases=("attributions",),
        ),
        _BASE,
        Field("method", Shape.KEY, "tree, kernel, linear, ..."),
        Field("output", Shape.KEY, "The class or output that is explained."),
    ),
)

METRICS: Final = _kind(
    "metrics",
    "A number of the user's own, over time.",
    (
        Field(
            "metric_name",
            Shape.KEY,
            "What is measured.",
            required=True,
            aliases=("name", "metric"),
        ),
        Field("value", Shape.NUMBER, "The number.", required=True),
        _MODEL_MAYBE,
        _VERSION,
        _TIME,
        _TAGS,
    ),
)

KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind for kind in (PREDICTIONS, LABELS, FEEDBACK, EXPLANATIONS, METRICS)
}
