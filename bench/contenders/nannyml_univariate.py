"""NannyML's univariate drift with its default methods."""

import os

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
import nannyml as nml


def run(reference, current):
    calculator = nml.UnivariateDriftCalculator(column_names=list(reference.columns), chunk_number=1)
    calculator.fit(reference).calculate(current).to_df()
