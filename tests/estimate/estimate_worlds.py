"""Worlds whose truth is known: rows as tables, with labels or without."""

import numpy as np
import pyarrow as pa


def rows(seed, count, *, tilt=0.0, wrong=0.0, is_blind=True):
    """Two classes.  The score does not see that the second feature turns the first around; `tilt`
    moves the second; `wrong` is how often the truth is turned, which no feature tells."""
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=count), rng.normal(tilt, 1, size=count)
    odds = 1.5 * first + (1.2 * first * second if is_blind else 0.0)
    share = 1 / (1 + np.exp(-odds))
    true = (rng.random(count) < share) ^ (rng.random(count) < wrong)
    score = 1 / (1 + np.exp(-1.5 * first))
    return pa.table(
        {
            "prediction_score": score,
            "prediction_label": np.where(score > 0.5, "yes", "no"),
            "actual_label": np.where(true, "yes", "no"),
            "features.first": first,
            "features.second": second,
            "features.town": np.array(["a", "b", "c"])[rng.integers(0, 3, count)],
        }
    )


def classes(seed, count):
    """Three classes with the probability of each, overconfident."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(count, 3))
    said = np.exp(2 * logits)
    said /= said.sum(axis=1, keepdims=True)
    share = np.exp(logits)
    share /= share.sum(axis=1, keepdims=True)
    true = (rng.random(count)[:, None] > share.cumsum(axis=1)).sum(axis=1)
    names = np.array(["x", "y", "z"])
    return pa.table(
        {
            "prediction_label": names[said.argmax(axis=1)],
            "actual_label": names[np.minimum(true, 2)],
            **{f"probabilities.{name}": said[:, at] for at, name in enumerate(names)},
        }
    )


def numbers(seed, count, *, tilt=0.0):
    """Predictions that are off by more where the feature is large, and there on one side."""
    rng = np.random.default_rng(seed)
    x = rng.normal(tilt, 1, size=count)
    said = 10 + 2 * x
    error = np.exp(0.5 * x) * rng.normal(size=count) + 0.5 * (x > 0)
    return pa.table({"prediction_score": said, "actual_score": said - error, "features.x": x})


def unlabelled(table):
    return table.drop_columns([name for name in table.column_names if name.startswith("actual")])
