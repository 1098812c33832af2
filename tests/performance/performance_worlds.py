"""Models on data sets that scikit-learn brings along: what they said, and what was true."""

from functools import cache

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


@cache
def classified(name, classes=None):
    """True classes and probabilities, of rows that the model did not see."""
    load = {"cancer": load_breast_cancer, "wine": load_wine, "digits": load_digits}[name]
    x, y = load(return_X_y=True)
    if classes:
        x, y = x[y < classes], y[y < classes]
    # Noise, so that there is something to get wrong.
    x = x + np.random.default_rng(5).normal(0, 1.5 * x.std(axis=0), x.shape)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    return y, cross_val_predict(model, x, y, cv=4, method="predict_proba")


@cache
def regressed():
    x, y = load_diabetes(return_X_y=True)
    return y, cross_val_predict(Ridge(), x, y, cv=4)
