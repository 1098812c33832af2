"""Performance of two classes in ten pieces, each figure with its interval."""

import numpy as np

from tidegauge.performance import Classes, Coded


def run(_reference, current):
    true, chosen = current["true"].to_numpy(), current["chosen"].to_numpy()
    score, names = current["score"].to_numpy(), ["0", "1"]
    for y, p, s in zip(*(np.array_split(each, 10) for each in (true, chosen, score)), strict=True):
        Classes.of(Coded(y, names), Coded(p, names), {"prediction_score": s}).figures("1")
