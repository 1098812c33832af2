"""What one writes by hand: KS, PSI and KL for numbers, chi-squared, PSI and KL for categories."""

import numpy as np
import pandas as pd
from scipy import stats


def run(reference, current):
    for name in reference.columns:
        before, after = reference[name], current[name]
        if pd.api.types.is_numeric_dtype(before):
            stats.ks_2samp(before, after)
            for bins in (10, 50):
                inner = np.unique(np.quantile(before, np.linspace(0, 1, bins + 1)[1:-1]))
                edges = np.concatenate([[-np.inf], inner, [np.inf]])
                distances(np.histogram(before, edges)[0], np.histogram(after, edges)[0])
        else:
            counts = pd.concat([before.value_counts(), after.value_counts()], axis=1).fillna(0)
            stats.chi2_contingency(counts.to_numpy().T)
            distances(counts.iloc[:, 0].to_numpy(), counts.iloc[:, 1].to_numpy())


def distances(before, after):
    p = (before + 0.5) / (before + 0.5).sum()
    q = (after + 0.5) / (after + 0.5).sum()
    return ((q - p) * np.log(q / p)).sum(), stats.entropy(q, p)
