"""Numbers, times and names as people read them; the same on a page and in a terminal."""

import math
import re
from datetime import UTC, datetime, time, timedelta

NOTHING = "\N{EN DASH}"

PERCENT = "\N{NO-BREAK SPACE}%"

# Longer text than this tells a reader nothing more, and a category may be a whole document.
LONGEST = 300

# Control characters can drive a terminal and end a page early; the directional ones can make a
# name read as another.  Lone surrogates cannot be written to a file at all.
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def plain(text: str, longest: int = LONGEST) -> str:
    r"""Text from a user, with what does not print made visible, and cut where it has no end.

    >>> plain("a\x1b[31mb")
    'a\\x1b[31mb'
    >>> plain("")
    '""'
    """
    if not text:
        return '""'
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


def number(value: float | None, digits: int = 4) -> str:
    """A number to so many significant digits; all those before the point are kept.

    >>> number(1234567.8), number(0.123456), number(1e-9)
    ('1,234,568', '0.1235', '1e-9')
    """
    if value is None:
        return NOTHING
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e15:
        mantissa, _, exponent = f"{value:.{digits - 1}g}".partition("e")
        return f"{mantissa}e{int(exponent)}" if exponent else mantissa
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(value: float | None) -> str:
    """A share of 1 in percent, never rounded to 0 % or 100 % when it is neither.

    >>> [share(x).replace(PERCENT, "%") for x in (0.1234, 0.00001, 0.9999, 0.005)]
    ['12%', '<0.01%', '>99.9%', '0.5%']
    """
    if value is None:
        return NOTHING
    percent = value * 100
    if 0 < percent < 0.01:
        return f"<0.01{PERCENT}"
    if 99.9 < percent < 100:
        return f">99.9{PERCENT}"
    decimals = 1 if 99 < percent < 100 else max(0, 1 - math.floor(math.log10(percent or 100)))
    text = f"{percent:.{min(decimals, 2)}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + PERCENT


def probability(value: float | None) -> str:
    """A p-value to two digits; below a thousandth only its size matters.

    >>> probability(0.0312), probability(3.21e-12), probability(0.0), probability(1.0)
    ('0.031', '3e-12', '<1e-300', '1')
    """
    if value is None:
        return NOTHING
    if value < 1e-300:
        return "<1e-300"
    return number(value, 1 if value < 1e-3 else 2)


def chance(value: float | None) -> str:
    """A p-value where there is room for a glance only.

    >>> chance(0.0312), chance(3.21e-12)
    ('0.031', '<0.001')
    """
    return "<0.001" if value is not None and value < 1e-3 else probability(value)


def change(before: float | None, after: float | None) -> str:
    """By how much a number moved, with its sign.

    >>> change(3, 5.5), change(5, 3), change(1, 1)
    ('+2.5', '-2', '0')
    """
    if before is None or after is None:
        return NOTHING
    moved = after - before
    return f"+{number(moved)}" if moved > 0 else number(moved)


def points(before: float, after: float) -> str:
    """By how many percentage points a share moved.

    >>> points(0.01, 0.125), points(0.5, 0.5)
    ('+11.5 pp', '0 pp')
    """
    moved = round(100 * (after - before), 2)
    return f"{'+' if moved > 0 else ''}{number(moved, 3)} pp"


# Effects that are shares of rows; the others are numbers on a scale of their own.
_SHARES = {"absent", "unseen", "out_of_range"}

_TITLES = {
    "absent": "Missing",
    "jensen_shannon": "Jensen-Shannon",
    "unseen": "Never seen before",
    "out_of_range": "Out of range",
    "mape": "MAPE",
    "ndcg": "NDCG",
    "r2": "R²",
    "rmse": "RMSE",
    "roc_auc": "ROC AUC",
    "smape": "sMAPE",
    "wasserstein_normalised": "Wasserstein, in sd",
}


def amount(effect: str, value: float) -> str:
    """The size of an effect in its own unit; to the same place, so that rows line up.

    >>> amount("psi", 0.3123), amount("psi", 12.345), amount("absent", 0.115)
    ('0.312', '12.35', '11.5 pp')
    """
    return _level(100 * value, 2) + " pp" if effect in _SHARES else _level(value, 3)


def limit(effect: str, value: float) -> str:
    """A mark that an effect is held against; people chose it, so it has few digits.

    >>> limit("psi", 0.25), limit("absent", 0.05)
    ('0.25', '5 pp')
    """
    return f"{number(100 * value)} pp" if effect in _SHARES else number(value)


def interval(effect: str, lower: float, upper: float) -> str:
    """Both ends of an effect's interval, the unit said once.

    >>> interval("ks", 0.1, 0.152), interval("absent", 0.11, 0.12)
    ('0.100 to 0.152', '11.0 to 12.0 pp')
    """
    return f"{amount(effect, lower).removesuffix(' pp')} to {amount(effect, upper)}"


def _level(value: float, decimals: int) -> str:
    before = max(math.floor(math.log10(abs(value))), 0) if value else 0
    text = f"{value:,.{max(decimals - before, 0)}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def title(name: str) -> str:
    """A name from code as a heading: abbreviations in capitals, underscores as spaces.

    >>> title("psi"), title("mean_shift"), title("ks_warning")
    ('PSI', 'Mean shift', 'KS, warning mark')
    """
    for mark in ("warning", "critical"):
        if name.endswith(f"_{mark}"):
            return f"{title(name.removesuffix(f'_{mark}'))}, {mark} mark"
    if name in _TITLES:
        return _TITLES[name]
    words = plain(name, 80).replace("_", " ")
    return words.upper() if len(words) <= 3 else words[:1].upper() + words[1:]


def moment(text: str) -> str:
    """An ISO time without what says nothing: a time of midnight, seconds.

    >>> moment("2024-03-04T00:00:00"), moment("2024-03-04T06:30:00+00:00"), moment("week 9")
    ('2024-03-04', '2024-03-04 06:30 UTC', 'week 9')
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return plain(text)
    if parsed.time() == time():
        return f"{parsed:%Y-%m-%d}"
    zone = "" if parsed.tzinfo is None else " UTC" if not parsed.utcoffset() else f" {parsed:%:z}"
    return f"{parsed:%Y-%m-%d %H:%M}{zone}"


def day(days: float) -> str:
    """A number of days since 1970 as a date, and as a time where it is a part of a day.

    >>> day(19786), day(19786.25), day(1e12)
    ('2024-03-04', '2024-03-04 06:00', '1,000,000,000,000')
    """
    try:
        found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days)
    except OverflowError:
        return number(days)
    return f"{found:%Y-%m-%d}" if days == round(days) else f"{found:%Y-%m-%d %H:%M}"
