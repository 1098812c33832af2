"""In which declared segments a loss is, as part of why it is a breach.

What is held against each other are the time of the reference, or else as long a time before, and
now.  Whoever is told of a breach may not be allowed to see personal data: of such segments nothing
is said.
"""

from typing import Final

from tidegauge.catalog.personal import named_in
from tidegauge.monitor.view import View
from tidegauge.series import where
from tidegauge.series.where import Located, Spans
from tidegauge.window import DAY, floor

_MOST: Final = 2
_MUCH: Final = 0.2
"""Of the change: less is not where it is."""
_SEGMENTS: Final = 100
"""More values would take too long for each breach."""


def located(view: View, start: int, stop: int) -> list[Located]:
    """What explains most of it, for sure; once a day."""
    subject = view.subject
    if view.segment or not 0 < len(subject.segments) <= _SEGMENTS:
        return []
    key = *view.part, floor(start, DAY), floor(stop, DAY)
    return view.shared.located.get(key, lambda: _located(view, start, stop))


def _located(view: View, start: int, stop: int) -> list[Located]:
    subject = view.subject
    baseline = subject.baseline
    before = baseline.own_time if baseline is not None else None
    spans = Spans(before or (start - (stop - start), start), (start, stop))
    secret = named_in(subject.model.tags)
    found = [
        Located(
            segment=f"{each.column}={piece.name}",
            share=piece.share or 0.0,
            error_rate_before=piece.rate_before,
            error_rate=piece.rate_now,
        )
        for each in where.look(view.connection, view.reach, subject, spans, view.version)
        if not where.holds(each.column, secret)
        for piece in each.split.pieces
        if piece.is_certain and (piece.share or 0.0) > _MUCH and piece.rate_now > piece.rate_before
    ]
    return sorted(found, key=lambda each: -each["share"])[:_MOST]


def sentence(first: Located) -> str:
    """The one that explains most.

    >>> sentence(Located(segment="tags.a=x", share=0.9, error_rate_before=0.1, error_rate=0.5))
    '90 % of more errors are in tags.a=x (from 10 to 50 %)'
    """
    rates = (first["share"], first["error_rate_before"], first["error_rate"])
    share, before, now = (f"{100 * each:.3g}" for each in rates)
    return f"{share} % of more errors are in {first['segment']} (from {before} to {now} %)"
