"""What a shift of explanations says, in words."""

from typing import Final

from tidegauge.explain import FeatureShift, Shift
from tidegauge.performance import Figure

_NAMED: Final = 3


def words_of(feature: FeatureShift) -> str:
    """What has changed for sure; "" where nothing has.

    >>> words_of(FeatureShift(feature="a", findings=("gone",)))
    'no longer explained'
    """
    told: list[str] = []
    for finding in feature.findings:
        if finding == "importance":
            told.append(
                f"counts for {_part(feature.importance_now)} of all that is added, "
                f"{_part(feature.importance_before)} before"
            )
        elif finding == "sign":
            up = (feature.mean_now.value if feature.mean_now else 0.0) > 0
            told.append(
                f"now pulls {'up' if up else 'down'}, and pulled {'down' if up else 'up'} before"
            )
        elif finding == "magnitude" and feature.magnitude:
            told.append(f"adds {feature.magnitude.value:.3g} times as much as before")
        elif finding == "distribution":
            told.append("what it adds is spread in another way")
        elif finding in {"new", "gone"}:
            told.append(
                "explained for the first time" if finding == "new" else "no longer explained"
            )
    return ", ".join(told)


def sentence_of(shift: Shift) -> str:
    """What a comparison comes to."""
    if not shift.n_now:
        return "There are no explanations of this time."
    if not shift.n_before:
        return "There are no explanations of the time before to compare with."
    if shift.moved is None:
        return (
            f"{shift.n_now:g} explanations now and {shift.n_before:g} before are too few to tell."
        )
    if not shift.moved:
        return "The model decides by the same things as before."
    moved = [each.feature for each in shift.features if each.findings]
    if not moved:
        return "The order of what counts has changed."
    named = ", ".join(moved[:_NAMED])
    more = f" and {len(moved) - _NAMED} more" if len(moved) > _NAMED else ""
    order = ", and so has the order of what counts" if shift.order_moved else ""
    return f"What the model decides by has changed: {named}{more}{order}."


def _part(figure: Figure | None) -> str:
    return f"{100 * figure.value:.3g} %" if figure else "nothing"
