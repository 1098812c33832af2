"""How far numbers from profiles are from those of scipy on all rows, on bundled data sets."""

import numpy as np
from scipy import stats
from sklearn import datasets

from tidegauge.drift import KS, Energy, MannWhitney, Wasserstein
from tidegauge.drift.measure import scores
from tidegauge.profile.table import Profile


def samples() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Halves of data sets that scikit-learn and river bundle: by order, so that they differ."""
    from river import datasets as streams

    found = {}
    for name, load in (
        ("breast cancer", datasets.load_breast_cancer),
        ("wine", datasets.load_wine),
        ("diabetes", datasets.load_diabetes),
    ):
        rows = load().data
        found[name] = rows[::2], rows[1::2][: len(rows) // 3]
    bundled = (("phishing", streams.Phishing()), ("trump approval", streams.TrumpApproval()))
    for name, stream in bundled:
        rows = np.array([[float(value) for value in x.values()] for x, _ in stream])
        half = len(rows) // 2
        found[name] = rows[:half], rows[half:]
    rng = np.random.default_rng(0)
    found["log-normal, 100,000 rows"] = (
        rng.lognormal(size=(100_000, 20)),
        rng.lognormal(0.1, 1.1, size=(100_000, 20)),
    )
    return found


def main() -> str:
    rivals = {
        KS(): lambda a, b: stats.ks_2samp(a, b, method="asymp").statistic,
        Wasserstein(): stats.wasserstein_distance,
        Energy(): stats.energy_distance,
        MannWhitney(): lambda a, b: stats.mannwhitneyu(b, a).statistic / len(a) / len(b),
    }
    lines = ["## Numbers from profiles against scipy on all rows", ""]
    lines += [
        "The largest difference over the columns of each data set, then the largest bound that"
    ]
    lines += [
        "was stated with the numbers; Wasserstein and energy in deviations of the reference.",
        "",
    ]
    lines += ["| data set | " + " | ".join(method.title for method in rivals) + " |"]
    lines += ["|---" * (1 + len(rivals)) + "|"]
    for name, (before, after) in samples().items():
        columns = range(before.shape[1])
        reference = Profile.of({f"x{i}": before[:, i] for i in columns})
        current = Profile.of({f"x{i}": after[:, i] for i in columns}, reference.layout)
        cells = []
        for measured in scores(reference, current, rivals):
            scale = np.ones(len(columns))
            if measured.method.kind in ("wasserstein", "energy"):
                root = 0.5 if measured.method.kind == "energy" else 1.0
                scale = np.maximum(before.std(axis=0, ddof=1), 1e-12) ** root
            exact = np.array([rivals[measured.method](before[:, i], after[:, i]) for i in columns])
            off = np.abs(measured.scores.value - exact) / scale
            bound = measured.scores.bound / scale
            assert (off <= bound + 1e-9).all(), (name, measured.method.kind)
            cells.append(f"{off.max():.1g} (bound {bound.max():.1g})")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    print(main())
