"""NannyML's performance calculator with the same five metrics, in ten pieces."""

import os

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
import nannyml as nml


def run(reference, current):
    calculator = nml.PerformanceCalculator(
        metrics=["roc_auc", "f1", "precision", "recall", "accuracy"],
        y_true="true",
        y_pred="chosen",
        y_pred_proba="score",
        problem_type="classification_binary",
        chunk_number=10,
    )
    calculator.fit(reference)
    calculator.calculate(current).to_df()
