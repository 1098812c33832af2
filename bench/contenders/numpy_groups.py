"""The same three rates by numpy alone: what counting costs at the least."""

import numpy as np


def run(_reference, current):
    names, group = np.unique(current["group"].to_numpy().astype("U1"), return_inverse=True)
    code = group * 4 + current["true"].to_numpy() * 2 + current["chosen"].to_numpy()
    cells = np.bincount(code, minlength=4 * len(names)).reshape(-1, 2, 2)
    true, chosen, every = cells.sum(axis=2), cells.sum(axis=1), cells.sum(axis=(1, 2))
    return {
        name: {
            "positive_rate": chosen[at, 1] / every[at],
            "true_positive_rate": cells[at, 1, 1] / true[at, 1],
            "false_positive_rate": cells[at, 0, 1] / true[at, 0],
        }
        for at, name in enumerate(names.tolist())
    }
