"""NannyML's confidence-based estimates: fitted on the reference, in ten pieces.

Run as a script with two files and a size of chunks, it prints its estimates as JSON.
"""

import json
import os
import sys
import warnings

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
import nannyml as nml
import pandas as pd

METRICS = ("accuracy", "roc_auc", "f1")


def run(reference, current, metrics=("roc_auc", "f1", "precision", "recall", "accuracy"), **chunks):
    estimator = nml.CBPE(
        metrics=list(metrics),
        y_true="true",
        y_pred="chosen",
        y_pred_proba="score",
        problem_type="classification_binary",
        **(chunks or {"chunk_number": 10}),
    )
    estimator.fit(reference)
    return estimator.estimate(current).filter(period="analysis").to_df()


def main(reference, current, size):
    warnings.simplefilter("ignore")
    frames = [pd.read_parquet(path) for path in (reference, current)]
    found = run(*frames, METRICS, chunk_size=int(size))
    print(json.dumps({name: found[(name, "value")].tolist() for name in METRICS}))


if __name__ == "__main__":
    main(*sys.argv[1:4])
