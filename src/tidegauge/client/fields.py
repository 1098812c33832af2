"""The fields of each kind of record, for editors and type checkers.

`tidegauge.record.fields` says what they mean; a test holds the two together.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, SupportsFloat, TypeAlias, TypedDict

if TYPE_CHECKING:
    # Loading it takes longer than it is worth where nobody uses one.
    from uuid import UUID

KindName = Literal["predictions", "labels", "feedback", "explanations", "metrics"]
Id: TypeAlias = "str | int | UUID"
MaybeId: TypeAlias = "str | int | UUID | None"
Value = object
"""A number, a text or a boolean, of Python, numpy or pandas."""
Named = Mapping[str, SupportsFloat] | Sequence[SupportsFloat] | object


class PredictionFields(TypedDict, total=False):
    model_id: str
    model_version: str
    prediction_id: MaybeId
    timestamp: datetime | str | None
    environment: str | None
    features: Mapping[str, Value] | Sequence[Value] | object
    feature_hash: str | None
    prediction_label: Value
    prediction_labels: Sequence[str] | None
    prediction_score: SupportsFloat | None
    probabilities: Named
    outputs: Named
    confidence: SupportsFloat | None
    confidences: Named
    prediction_latency_ms: SupportsFloat | None
    feature_extraction_time_ms: SupportsFloat | None
    model_inference_time_ms: SupportsFloat | None
    input_validation_passed: bool | None
    prediction_quality_score: SupportsFloat | None
    status: str | None
    error: str | None
    cache_hit: bool | None
    user_id: MaybeId
    session_id: MaybeId
    entity_id: MaybeId
    experiment_id: MaybeId
    variant: str | None
    tags: Mapping[str, Value] | None
    component_versions: Mapping[str, str] | None
    actual_label: Value
    actual_score: SupportsFloat | None
    embeddings: Mapping[str, object] | None
    texts: Mapping[str, str] | None
    links: Mapping[str, str] | None
    group_id: MaybeId
    rank: SupportsFloat | None
    relevance: SupportsFloat | None
    shap_values: Named
    base_value: SupportsFloat | None
    weight: SupportsFloat | None


class LabelFields(TypedDict, total=False):
    model_id: str
    prediction_id: Id
    timestamp: datetime | str | None
    actual_label: Value
    actual_labels: Sequence[str] | None
    actual_score: SupportsFloat | None
    actual_outputs: Named
    relevance: SupportsFloat | None
    retract: bool
    tags: Mapping[str, Value] | None


class FeedbackFields(TypedDict, total=False):
    model_id: str
    prediction_id: Id
    timestamp: datetime | str | None
    session_duration: SupportsFloat | None
    interactions_count: SupportsFloat | None
    scroll_depth: SupportsFloat | None
    bounce_rate: SupportsFloat | None
    page_views: SupportsFloat | None
    user_satisfaction_rating: SupportsFloat | None
    ui_preference_feedback: str | None
    engagement_score: SupportsFloat | None
    design_effectiveness: SupportsFloat | None
    user_id: MaybeId
    experiment_id: MaybeId
    variant: str | None
    tags: Mapping[str, Value] | None


class ExplanationFields(TypedDict, total=False):
    model_id: str
    model_version: str
    prediction_id: Id
    timestamp: datetime | str | None
    shap_values: Named
    base_value: SupportsFloat | None
    method: str | None
    output: str | None


class MetricFields(TypedDict, total=False):
    model_id: str
    model_version: str
    timestamp: datetime | str | None
    tags: Mapping[str, Value] | None
