"""What a model does, told from what it says."""

from typing import Final, Literal

from tidegauge.profile.table import Profile

Task = Literal["binary", "multiclass", "multilabel", "regression", "outputs", "ranking"]
"""`outputs`: several numbers at a time."""
_CLASSES: Final = ("category", "boolean")
_TWO: Final = 2


def task_of(profile: Profile) -> Task | None:
    """As the rows look, most telling output first; None where they hold no output."""
    kinds = {column.name: column.kind for column in profile.layout.schema}
    members: dict[str, int] = {}
    for name in kinds:
        field = name.partition(".")[0]
        members[field] = members.get(field, 0) + 1
    if "prediction_labels" in members:
        return "multilabel"
    if "rank" in kinds:
        return "ranking"
    if kinds.get("prediction_label") in _CLASSES or members.get("probabilities"):
        return "binary" if _classes(profile, members) <= _TWO else "multiclass"
    if members.get("outputs", 0) > 1:
        return "outputs"
    if {"prediction_label", "prediction_score"} & kinds.keys() or "outputs" in members:
        return "regression"
    return None


def _classes(profile: Profile, members: dict[str, int]) -> float:
    """How many are known, by label or by probability."""
    at = profile.layout.named_place.get("prediction_label")
    labels = profile.categories.distinct[at] if at is not None else 0
    return max(labels, members.get("probabilities", 0))
