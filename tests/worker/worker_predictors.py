"""A package with models that answer, as a distribution that Python finds."""

import os

FOREST = '''
import numpy as np
from sklearn.ensemble import RandomForestRegressor


class Forest(RandomForestRegressor):
    """Fitted where it is made, as others are loaded."""

    features = ("a", "b", "c")

    def __init__(self, n_estimators=5, max_depth=3, random_state=0):
        super().__init__(n_estimators, max_depth=max_depth, random_state=random_state)
        x = np.random.default_rng(0).normal(size=(200, 3))
        self.fit(x, 3 * x[:, 0] + x[:, 1])
'''
FUNCTIONS = """
def adds(rows):
    print("what it prints is nobody's answer")
    return 2 * rows["a"] + (rows["plan"] == "pro")


def fails(rows):
    raise ValueError("no such thing")


def dies(rows):
    import os
    os._exit(7)


def hangs(rows):
    import time
    time.sleep(60)


def is_slow(rows):
    import time
    time.sleep(0.2)
    return rows["a"]
"""


def install(folder, monkeypatch, **named):
    """A package with predictors, as a distribution that Python finds; name and function."""
    about = folder / "my_models-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "my_forest.py").write_text(FOREST)
    (folder / "my_functions.py").write_text(FUNCTIONS)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-models\nVersion: 1.0\n")
    lines = [f"{name.replace('_of_', '/')} = {what}" for name, what in named.items()]
    (about / "entry_points.txt").write_text("\n".join(["[tidegauge.predictors]", *lines]) + "\n")
    monkeypatch.syspath_prepend(str(folder))
    path = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *filter(None, [path])]))
