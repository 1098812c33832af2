"""fairlearn's MetricFrame: three rates of five groups."""

from fairlearn.metrics import (
    MetricFrame,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)


def run(_reference, current):
    return MetricFrame(
        metrics={
            "positive_rate": selection_rate,
            "true_positive_rate": true_positive_rate,
            "false_positive_rate": false_positive_rate,
        },
        y_true=current["true"],
        y_pred=current["chosen"],
        sensitive_features=current["group"],
    ).by_group.to_dict("index")
