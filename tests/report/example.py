"""Reports built by hand, so that what draws them is tested without what computes them.

The columns are those of a credit model, 50 of them, of every kind, some of them with names that
would break a page, a terminal or an id.  Shares come from closed forms: a normal curve between
edges, not a random draw, so a report is the same each time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import NormalDist

from tidegauge.report.result import (
    Bars,
    Effect,
    Facet,
    Feature,
    Finding,
    Histogram,
    Measurement,
    Strip,
    Summary,
)

SCRIPT = "<script>alert('drift')</script>"
HOSTILE = [
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "income 💸 in €",
    "دخل الأسرة",
    "a name of two hundred characters " + "x" * 167,
    "user\u202egnp.exe",
    "red\x1b[31m alert\x07",
    "line one\nline two",
    "{{ 7 * 7 }} {% raw %}",
    "' or 1=1 --",
    "",
    "\ud800 lone",
]

MARKS = {
    "psi": (0.1, 0.25),
    "jensen_shannon": (0.1, 0.2),
    "ks": (0.07, 0.15),
    "wasserstein_normalised": (0.2, 0.5),
    "absent": (0.01, 0.05),
    "unseen": (0.01, 0.05),
    "out_of_range": (0.01, 0.05),
}


@dataclass(frozen=True, kw_only=True)
class Report:
    features: Sequence[Feature]
    reference_name: str = "train-2024-q1.parquet"
    current_name: str = "production-week-19.parquet"
    reference_rows: int = 250_000
    current_rows: int = 48_210
    status: str = "drift_detected"
    findings: Sequence[Finding] = ()
    dataset: Sequence[Measurement] = ()
    strip: Strip | None = None
    sentence: str = ""
    recommendation: str = ""
    rule: dict[str, float] = field(
        default_factory=lambda: {"false_discovery_rate": 0.01, "fewest_rows": 20}
    )
    created_at: str = "2024-05-13T06:30:00+00:00"
    elapsed_s: float = 0.842
    version: str = "0.1.0"

    @property
    def drifted(self) -> bool:
        return self.status == "drift_detected"

    @property
    def drifted_share(self) -> float:
        return sum(one.drifted for one in self.features) / max(len(self.features), 1)


def credit(columns: int = 50, *, drifted: int = 3, hostile: bool = True) -> Report:
    """A credit model's week: so many columns drifted, three moved a little, two unjudged."""
    names = iter([*(HOSTILE if hostile else []), *_ordinary()])
    features = [
        amount("loan_amount", 0.62, missing=(0.004, 0.121)),
        merchant("merchant_category"),
        message("support_message"),
        *(amount(f"balance_{n}", 0.3) for n in range(columns)),
    ][:drifted]
    features += [amount("age_of_account", 0.19), amount("utilisation", 0.188), channel("channel")]
    features += [unjudged("retired_score"), constant("country_code")]
    features += [signup("signed_up_at"), embedding("document_embedding"), flag("is_returning")]
    while len(features) < columns:
        name = next(names)
        stable = (amount, channel, flag)[len(features) % 3]
        features.append(stable(name, 0.01 + 0.03 / len(features)))
    features = sorted(features[:columns], key=lambda one: (not one.drifted, -one.score))
    many = sum(one.drifted for one in features)
    return Report(
        features=features,
        status="drift_detected" if many else "no_drift",
        sentence=f"{many} of {len(features)} columns drifted: loan_amount, merchant_category and "
        "support_message"
        if many
        else f"None of {len(features)} columns drifted",
        recommendation=(
            "Start with loan_amount: it moved most and first, on 6 May. Two of the three drifted "
            "columns come from the same upstream table."
            if many
            else "Nothing to do."
        ),
        strip=strip(0.9 if many else 0.2),
        findings=[]
        if not many
        else [
            Finding(
                check="missing",
                column="loan_amount",
                severity="critical",
                message="12.1 % of rows are missing, 0.4 % in the reference",
                reference=0.004,
                current=0.121,
            ),
            Finding(
                check="unseen_category",
                column="merchant_category",
                severity="warning",
                message="3.2 % of rows are values that the reference never held: 'crypto', 'nft'",
                reference=0.0,
                current=0.032,
            ),
            Finding(
                check="column_added",
                column=SCRIPT,
                severity="warning",
                message=f"the column {SCRIPT} is not in the reference",
            ),
            Finding(
                check="duplicates",
                column=None,
                severity="warning",
                message="1.8 % of rows are repeats of another, 0.2 % in the reference",
                reference=0.002,
                current=0.018,
            ),
            *(
                Finding(
                    check="out_of_range",
                    column=f"feature_{n:02}",
                    severity="warning",
                    message=f"1.{n} % of rows are outside the reference's range, 0 to 100",
                )
                for n in range(4)
            ),
        ],
        dataset=[
            Measurement(
                method="domain_classifier",
                title="Domain classifier (AUC)",
                value=0.713,
                threshold=0.6,
                status="breach",
                source="rows",
                parameters={"trees": 60, "folds": 5, "rows": 20_000, "seed": 0},
                contributions={"loan_amount": 0.41, "merchant_category": 0.22, SCRIPT: 0.03},
            ),
            Measurement(
                method="pca_reconstruction",
                title="PCA reconstruction error",
                value=None,
                status="not_applicable",
                reason="fewer than two numeric columns without missing values",
                source="rows",
            ),
        ],
    )


def _ordinary() -> list[str]:
    words = ("income", "debt", "tenure", "logins", "sessions", "spend", "refunds", "distance")
    return [f"{word}_{span}d" for span in range(1, 2000) for word in words]


def summary(name: str, mean: float, missing: float, rows: int) -> Summary:
    return Summary(
        rows=rows,
        n=round(rows * (1 - missing)),
        missing_share=missing,
        mean=1200 * mean + len(name),
        std=412.77,
        min=3.0,
        max=98_112.5,
        q25=mean * 600,
        q50=mean * 1100,
        q75=mean * 1700,
        skew=1.82,
        kurtosis=7.1,
    )


def effects(shift: float, rows: int = 48_210, **more: float) -> list[Effect]:
    """Effects of about this shift, in standard deviations, as sure as so many rows allow."""
    sizes = {
        "psi": shift**2,
        "jensen_shannon": 0.34 * shift,
        "ks": 0.39 * shift,
        "wasserstein_normalised": shift,
        **more,
    }
    error = 3 / rows**0.5
    return sorted(
        (
            Effect(
                name=name,
                value=value,
                lower=value - error * (0.1 + value),
                upper=value + error * (0.1 + value),
                warning=MARKS[name][0],
                critical=MARKS[name][1],
            )
            for name, value in sizes.items()
        ),
        key=lambda effect: -effect.value / effect.warning,
    )


def methods(shift: float, **more: object) -> list[Measurement]:
    table = (
        ("psi", "Population stability index", shift**2, 0.25, {"bins": 20, "smoothing": 0.5}),
        ("kl", "Kullback-Leibler divergence", shift**2 / 2, 0.25, {"base": 2, "bins": 20}),
        ("jensen_shannon", "Jensen-Shannon distance", 0.34 * shift, 0.1, {"base": 2}),
        ("hellinger", "Hellinger distance", 0.31 * shift, 0.1, {}),
        ("total_variation", "Total variation", 0.39 * shift, 0.1, {}),
        ("ks", "Kolmogorov-Smirnov", 0.39 * shift, 0.15, {}),
        ("cramer_von_mises", "Cramér-von Mises", 212.2 * shift, None, {}),
        ("anderson_darling", "Anderson-Darling", 1212.2 * shift, None, {}),
        ("mann_whitney", "Mann-Whitney", 0.5 + shift / 4, None, {}),
        ("wasserstein_normalised", "Wasserstein distance, in sd", shift, 0.5, {}),
        ("energy", "Energy distance", shift**2 / 3, None, {}),
    )
    return [
        Measurement(
            method=method,
            title=title,
            value=value,
            p_value=10 ** -(40 * shift),
            error_bound=0.002 if method == "ks" else None,
            threshold=threshold,
            status="breach" if threshold is not None and value > threshold else "ok",
            parameters={**parameters, **more},
        )
        for method, title, value, threshold, parameters in table
    ]


def histogram(
    shift: float, missing: tuple[float, float] = (0.0, 0.0), bins: int = 40, scale: float = 100.0
) -> Histogram:
    before, after = NormalDist(0, 1), NormalDist(shift * 1.2, 1 + shift / 3)
    edges = [-3 + 6 * n / bins for n in range(bins + 1)]

    def shares(curve: NormalDist, gone: float) -> list[float]:
        at = [curve.cdf(edge) for edge in edges]
        return [(1 - gone) * (b - a) for a, b in pairwise(at)]

    return Histogram(
        edges=[scale * (edge + 3) for edge in edges],
        reference=shares(before, missing[0]),
        current=shares(after, missing[1]),
        below=(before.cdf(-3), after.cdf(-3)),
        above=(1 - before.cdf(3), 1 - after.cdf(3)),
        missing=missing,
    )


def strip(level: float, spans: int = 30) -> Strip:
    begin = datetime(2024, 4, 13, tzinfo=UTC)
    levels: list[float | None] = [0.1 + 0.05 * (n * 7 % 5) for n in range(spans)]
    border = spans * 2 // 3
    for n in range(border, spans):
        levels[n] = level * min(2.2, 0.2 + 0.35 * max(n - border - 2, 0))
    levels[4] = None
    return Strip(
        starts=[(begin + timedelta(days=n)).isoformat() for n in range(spans + 1)],
        current_from=border,
        levels=levels,
    )


def _feature(name: str, kind: str, shift: float, **more: object) -> Feature:
    drifted = shift >= 0.2
    return Feature(
        **{
            "name": name,
            "kind": kind,
            "status": "breach" if drifted else "ok",
            "severity": ("critical" if shift >= 0.5 else "warning") if drifted else None,
            "drifted": drifted,
            "reason": None,
            "p_value": 10 ** -(40 * shift),
            "adjusted_p_value": (adjusted := min(1.0, 50 * 4.5 * 10 ** -(40 * shift))),
            "is_significant": adjusted <= 0.01,
            "score": shift / 0.2,
            "effects": effects(shift),
            "measurements": methods(shift),
            "reference": summary(name, 1, 0.004, 250_000),
            "current": summary(name, 1 + shift, 0.004, 48_210),
            "picture": histogram(shift),
            "facets": [],
            "strip": strip(shift * 4),
            "since": "2024-05-06T00:00:00+00:00" if drifted else None,
            "what": f"The mean of {name} rose from 1,200 to {1200 * (1 + shift):,.0f}, and the "
            "upper tail is heavier."
            if shift >= 0.05
            else None,
            "normal": "The median would have to fall by 380 to 1,100." if drifted else None,
            "advice": f"Compare {name} before and after 6 May, by channel; the rows that are "
            "missing began the same day."
            if drifted
            else None,
            **more,
        }
    )


def amount(name: str, shift: float, missing: tuple[float, float] = (0.004, 0.004)) -> Feature:
    return _feature(
        name,
        "numeric",
        shift,
        effects=effects(shift, absent=abs(missing[1] - missing[0]), out_of_range=0.002),
        picture=histogram(shift, missing),
        current=summary(name, 1 + shift, missing[1], 48_210),
    )


def _mix(reference: list[float], current: list[float], labels: list[str], special: int) -> Bars:
    return Bars(labels=labels, reference=reference, current=current, special=special)


def merchant(name: str) -> Feature:
    labels = ["groceries", "travel", "fuel", "games & <b>toys</b>", "🎮 consoles", "مطعم"]
    labels += [f"merchant {n}" for n in range(20)] + ["other", "unseen", "missing"]
    before = [0.31, 0.2, 0.14, 0.09, 0.05, 0.04] + [0.007] * 20 + [0.027, 0.0, 0.003]
    after = [0.17, 0.21, 0.11, 0.22, 0.09, 0.03] + [0.005] * 20 + [0.035, 0.032, 0.003]
    return replace(
        _feature(name, "category", 0.45),
        effects=[
            one
            for one in effects(0.45, unseen=0.032)
            if one.name not in {"ks", "wasserstein_normalised"}
        ],
        picture=_mix(before, after, labels, 3),
        reference=replace(_named(250_000), most_common="groceries", most_common_share=0.31),
        current=replace(_named(48_210), most_common="games & <b>toys</b>", most_common_share=0.22),
        what="groceries fell from 31 % to 17 % of rows; games & <b>toys</b> rose from 9 % to 22 %.",
    )


def _named(rows: int) -> Summary:
    return Summary(rows=rows, n=rows, missing_share=0.003, distinct=412)


def channel(name: str, shift: float = 0.09) -> Feature:
    return replace(
        _feature(name, "category", shift),
        picture=_mix(
            [0.55, 0.3, 0.1, 0.05],
            [0.55 - shift, 0.3 + shift, 0.1, 0.05],
            ["web", "app", "shop", "other"],
            1,
        ),
        reference=replace(_named(250_000), most_common="web", most_common_share=0.55),
        current=replace(_named(48_210), most_common="web", most_common_share=0.55 - shift),
    )


def flag(name: str, shift: float = 0.01) -> Feature:
    return replace(
        _feature(name, "boolean", shift),
        picture=_mix([0.7, 0.3], [0.7 - shift, 0.3 + shift], ["false", "true"], 0),
        reference=replace(_named(250_000), distinct=2),
        current=replace(_named(48_210), distinct=2),
    )


def facet(name: str, title: str, shift: float) -> Facet:
    return Facet(
        name=name,
        title=title,
        p_value=10 ** -(40 * shift),
        effects=effects(shift),
        reference=summary(name, 1, 0, 250_000),
        current=summary(name, 1 + shift, 0, 48_210),
        picture=histogram(shift, scale=1),
    )


def _derived(name: str, kind: str, facets: dict[tuple[str, str], float]) -> Feature:
    """A column that is seen through numbers derived from it: the one that moved most leads."""
    worst = max(facets.values())
    drawn = [facet(*names, shift) for names, shift in facets.items()]
    main = next(one for one, shift in zip(drawn, facets.values(), strict=True) if shift == worst)
    return replace(
        _feature(name, kind, worst),
        effects=main.effects,
        picture=main.picture,
        facets=drawn,
        measurements=[
            one for (facet, _), shift in facets.items() for one in methods(shift, facet=facet)
        ],
        reference=_named(250_000),
        current=_named(48_210),
    )


def message(name: str) -> Feature:
    marks = "share of characters that are neither letters, digits nor spaces"
    facets = {
        ("length", "characters"): 0.28,
        ("words", "words"): 0.22,
        ("digits", "share of digits"): 0.02,
        ("marks", marks): 0.01,
        ("unknown", "share of words that the reference does not use"): 0.4,
    }
    return replace(
        _derived(name, "text", facets), what="texts are longer, and 14 % of their words are new"
    )


def signup(name: str) -> Feature:
    times = {"earliest": "2021-01-04T08:12:00+00:00", "latest": "2024-05-12T23:59:00+00:00"}
    facets = {("day", "days since 1970"): 0.03, ("hour", "hour of the day, UTC"): 0.02}
    made = _derived(name, "datetime", facets)
    days = replace(histogram(0.03), edges=[19_000 + 20 * n for n in range(41)])
    return replace(
        made,
        picture=days,
        facets=[replace(made.facets[0], picture=days), *made.facets[1:]],
        reference=replace(_named(250_000), **times),
        current=replace(_named(48_210), **times),
    )


def embedding(name: str, directions: int = 8) -> Feature:
    facets = {
        ("distance", "distance from the reference's centre"): 0.03,
        **{(f"direction {n}", f"direction {n}"): 0.02 + n / 1e4 for n in range(1, directions + 1)},
    }
    return _derived(name, "embedding", facets)


def unjudged(name: str) -> Feature:
    return replace(
        _feature(name, "numeric", 0.0),
        status="insufficient_data",
        reason="12 rows hold a value in the current data; 20 are needed",
        p_value=None,
        adjusted_p_value=None,
        is_significant=False,
        effects=[],
        measurements=[
            Measurement(
                method="psi",
                title="Population stability index",
                value=None,
                status="insufficient_data",
                reason="12 rows hold a value; 20 are needed",
            )
        ],
        picture=None,
        strip=None,
        current=Summary(rows=48_210, n=12, missing_share=1 - 12 / 48_210, mean=3.0),
    )


def constant(name: str) -> Feature:
    return replace(
        _feature(name, "numeric", 0.0),
        status="not_applicable",
        reason="one value only, on both sides",
        p_value=None,
        adjusted_p_value=None,
        is_significant=False,
        effects=[],
        picture=Histogram(
            edges=[7.0, 7.0],
            reference=[1.0],
            current=[1.0],
            below=(0.0, 0.0),
            above=(0.0, 0.0),
            missing=(0.0, 0.0),
        ),
    )
