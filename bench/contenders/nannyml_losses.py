"""NannyML's direct loss estimates: fitted on the reference, then asked of chunks.

Run as a script with two files and a size of chunks, it prints its estimates as JSON.
"""

import json
import os
import sys
import warnings

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
import nannyml as nml
import pandas as pd

METRICS = ("mae", "rmse")


def main(reference, current, size):
    warnings.simplefilter("ignore")
    before, after = (pd.read_parquet(path) for path in (reference, current))
    estimator = nml.DLE(
        feature_column_names=[name for name in before if name.startswith("f")],
        y_pred="said",
        y_true="true",
        metrics=list(METRICS),
        chunk_size=int(size),
    )
    estimator.fit(before)
    found = estimator.estimate(after).filter(period="analysis").to_df()
    print(json.dumps({name: found[(name, "value")].tolist() for name in METRICS}))


if __name__ == "__main__":
    main(*sys.argv[1:4])
