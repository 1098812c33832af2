"""Explanations: what each feature adds to a model's answers, and whether that has changed.

`Attributions` is the mergeable summary of a window, `compare` holds two of them against each
other, `reading` puts moved inputs, moved reasons and moved performance together, and `compute`
finds attributions where nobody logs them.
"""

from tidegauge.explain.attributions import Attributions
from tidegauge.explain.codec import decode, encode, merged
from tidegauge.explain.compare import FeatureShift, Limits, Shift, compare
from tidegauge.explain.compute import Explanation, of_trees, shapley
from tidegauge.explain.matrix import Reading, reading

__all__ = [
    "Attributions",
    "Explanation",
    "FeatureShift",
    "Limits",
    "Reading",
    "Shift",
    "compare",
    "decode",
    "encode",
    "merged",
    "of_trees",
    "reading",
    "shapley",
]
