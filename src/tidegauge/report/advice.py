"""What moved, what it would take to be normal, and what to look at next: in words."""

import math
from dataclasses import dataclass

from tidegauge.judge.effects import MARKS
from tidegauge.quality.rates import percent
from tidegauge.report.result import Bars, Summary
from tidegauge.report.words import number

_UNITS = {
    1e6: "ones and millions",
    1000.0: "ones and thousands",
    100.0: "shares and per cent, or whole coins and hundredths",
    10.0: "a decimal place",
    60.0: "minutes and seconds, or hours and minutes",
    3600.0: "hours and seconds",
    86400.0: "days and seconds",
    24.0: "days and hours",
    1.609344: "miles and kilometres",
    2.20462: "kilograms and pounds",
    2.54: "inches and centimetres",
    0.3048: "feet and metres",
}
_NEAR = 0.02
_LOOSE = 0.1


@dataclass(frozen=True)
class Words:
    what: str
    normal: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What is known of a column that moved."""

    title: str
    """What its numbers are, where they are not the column itself; empty otherwise."""
    role: str
    before: Summary
    after: Summary
    picture: Bars | None = None
    unseen: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    outside: float = 0.0
    """The share of current rows outside the reference's range, or never seen by it."""
    outside_mean: float | None = None


def words_of(moved: Moved) -> Words:
    parts = [
        part
        for part in (
            _gone(moved),
            _numbers(moved) if moved.before.mean is not None else _named(moved),
        )
        if part
    ]
    if not parts:
        return Words(
            "its distribution changed", "it has the reference's distribution", _generic(moved)
        )
    advice = next((part.advice for part in parts if part.advice), _generic(moved))
    prefix = f"{moved.title}: " if moved.title else ""
    return Words(
        prefix + "; ".join(part.what for part in parts),
        "; ".join(part.normal for part in parts),
        advice,
    )


def _gone(moved: Moved) -> Words | None:
    was, now = moved.before.missing_share, moved.after.missing_share
    if abs(now - was) < MARKS["absent"].warning:
        return None
    if now > was:
        what = f"missing rose from {percent(was)} to {percent(now)}"
        advice = (
            "Look where the values come from: a join that finds nothing, a source that is late."
        )
    else:
        what = f"missing fell from {percent(was)} to {percent(now)}"
        advice = "Find out what fills the values now: a default may stand in for what is unknown."
    return Words(what, f"about {percent(was)} missing", advice)


def _numbers(moved: Moved) -> Words | None:
    before, after = moved.before, moved.after
    if before.mean is None or before.std is None or after.mean is None or after.std is None:
        return None
    scale = before.std or after.std or 1.0
    shift = (after.mean - before.mean) / scale
    parts: list[str] = []
    if moved.outside > MARKS["unseen"].critical:
        parts.append(
            f"{percent(moved.outside)} of rows lie outside the reference's range, "
            f"{number(before.min)} to {number(before.max)}"
        )
    if abs(shift) >= MARKS["wasserstein_normalised"].warning / 2:
        rose = "rose" if shift > 0 else "fell"
        parts.append(
            f"the mean {rose} from {number(before.mean)} to {number(after.mean)} "
            f"({abs(shift):.2g} standard deviations)"
        )
    if before.std > 0 and not 0.8 <= after.std / before.std <= 1.25:
        parts.append(f"the spread went from {number(before.std)} to {number(after.std)}")
    if not parts and _gone(moved):
        return None
    if not parts:
        parts.append(
            f"its shape changed: the middle half went from {_half(before)} to {_half(after)}"
        )
    reach = MARKS["wasserstein_normalised"].warning * scale
    normal = (
        f"a mean of {number(before.mean - reach)} to {number(before.mean + reach)} "
        f"with a spread near {number(before.std)}"
    )
    return Words("; ".join(parts), normal, _unit(moved) or _stuck(after))


def _half(summary: Summary) -> str:
    return f"{number(summary.q25)}…{number(summary.q75)}"


def _unit(moved: Moved) -> str:
    """A change of unit multiplies the mean and the spread alike, of all rows or of some."""
    before, after = moved.before, moved.after
    if before.mean and moved.outside_mean and moved.outside > MARKS["unseen"].critical:
        factor = moved.outside_mean / before.mean
        names = _names_of(factor, _LOOSE) if not 0.2 < factor < 5 else ""
        if names:
            return f"Some values look {names}"
    if not before.mean or not after.mean or not before.std or not after.std:
        return ""
    middle, spread = after.mean / before.mean, after.std / before.std
    if math.isclose(middle, -1, rel_tol=_NEAR) and math.isclose(spread, 1, rel_tol=_LOOSE):
        return "The values look negated: check the sign at the source."
    if math.isclose(abs(middle), spread, rel_tol=_LOOSE):
        names = _names_of(middle, _NEAR)
        if names:
            return f"The values look {names}"
    if math.isclose(after.mean, before.mean * 1.8 + 32, rel_tol=_NEAR) and math.isclose(
        spread, 1.8, rel_tol=_LOOSE
    ):
        return "The values look like Fahrenheit where the reference has Celsius."
    return ""


def _names_of(factor: float, tolerance: float) -> str:
    """The units that are this far apart, if there are such."""
    for known, names in _UNITS.items():
        if math.isclose(factor, known, rel_tol=tolerance):
            return f"multiplied by {known:g}: check the unit at the source ({names})."
        if math.isclose(factor, 1 / known, rel_tol=tolerance):
            return f"divided by {known:g}: check the unit at the source ({names})."
    return ""


def _stuck(after: Summary) -> str:
    if after.min == after.max:
        return "Every value is the same: the source may be stuck, or a default stands in."
    return ""


def _named(moved: Moved) -> Words | None:
    if moved.picture is None:
        return None
    bars = moved.picture
    values = len(bars.labels) - bars.special
    changes = sorted(
        (
            (after - before, label, before, after)
            for label, before, after in zip(
                bars.labels[:values], bars.reference, bars.current, strict=False
            )
        ),
        key=lambda change: -abs(change[0]),
    )
    told = [change for change in changes[:2] if abs(change[0]) >= 0.005]
    parts = [
        f"{_quoted(label)} {'rose' if by > 0 else 'fell'} "
        f"from {percent(before)} to {percent(after)}"
        for by, label, before, after in told
    ]
    advice = ""
    if moved.outside >= MARKS["unseen"].warning:
        names = ", ".join(_quoted(label) for label in moved.unseen[:3])
        parts.insert(0, f"{percent(moved.outside)} are new values{f' ({names})' if names else ''}")
        advice = _spelling(moved) or (
            "The reference never held some values: if they are meant, take a new reference and "
            "check how the model encodes them."
        )
    if not parts:
        return None
    normal = ", ".join(f"{_quoted(label)} near {percent(before)}" for _, label, before, _ in told)
    return Words("; ".join(parts), normal or "only values that the reference knows", advice)


def _spelling(moved: Moved) -> str:
    """A new value that is an old one in another spelling."""
    plain = {value.strip().casefold(): value for value in moved.known}
    for label in moved.unseen:
        known = plain.get(label.strip().casefold())
        if known is not None:
            return (
                f"{_quoted(label)} looks like {_quoted(known)} spelt otherwise: check how the "
                "source writes it."
            )
    return ""


def _generic(moved: Moved) -> str:
    if moved.role == "prediction":
        return (
            "The model's answers moved. See whether its inputs did too; if they did not, a new "
            "version of the model or of its features may be at work."
        )
    if moved.role == "target":
        return "The truth itself moved: the model was trained for another mix. Consider retraining."
    return (
        "See whether the change is meant: a campaign, a release, a season. If it is, check "
        "performance where labels exist, and consider retraining or a new reference."
    )


def _quoted(label: str) -> str:
    return f"'{label[:40]}…'" if len(label) > 40 else f"'{label}'"


def recommendation(drifted: int, judged: int, critical: int, share: float) -> str:
    """What to do about the data set as a whole."""
    if not judged:
        return "No column could be judged: give more rows, or columns that both data sets have."
    if not drifted:
        return "Nothing to do."
    if share > 0.5 or critical > 0.5 * judged:
        return "CRITICAL: more than half moved. Check the pipeline first, then retrain."
    if share > 0.3 or critical:
        return "WARNING: check these columns at their source; if they are right, plan retraining."
    return "NOTICE: a minor change. Watch these columns."
