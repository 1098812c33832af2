"""Performance of two classes in ten pieces, each figure with its interval."""

import numpy as np

from tidegauge.performance import Classes, Coded


def run(_reference, current):
    true, chosen = current["true"].to_numpy(), current["chosen"].to_numpy()
    score, names = current["score"].to_numpy(), ["0", "1"]
    for rows in np.array_split(np.arange(len(true)), 10):
        of = slice(rows[0], rows[-1] + 1)
        Classes.of(
            Coded(true[of], names), Coded(chosen[of], names), {"prediction_score": score[of]}
        ).figures("1")
