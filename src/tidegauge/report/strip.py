"""How far a column was from the reference, span by span, in words."""

from tidegauge.report.result import Strip
from tidegauge.report.words import moment, number


def said(strip: Strip) -> str:
    """What a picture of it shows, for those who have none."""
    current = [level for level in strip.levels[strip.current_from :] if level is not None]
    over = [
        moment(strip.starts[n])
        for n, level in enumerate(strip.levels)
        if n >= strip.current_from and level is not None and level >= 1
    ]
    if not current:
        return f"no rows since {moment(strip.starts[strip.current_from])}"
    return (
        f"{len(strip.levels)} spans from {moment(strip.starts[0])} to {moment(strip.starts[-1])}; "
        f"{len(over)} of {len(current)} current spans at or past the warning mark"
        + (f", first {over[0]}" if over else "")
        + f"; the highest is {number(max(current), 2)} times the mark"
    )
