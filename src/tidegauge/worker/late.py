"""What comes late: windows that change after they were judged are noted, to be read again.

The judge says up to which slot it will judge before it reads any of them, and who commits windows
looks at that at the end of the same transaction.  So a window that the judge may have read without
these rows is noted, and one that it has not read yet is not.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from tidegauge.catalog import late, models, progress, series
from tidegauge.catalog.late import Late
from tidegauge.catalog.numbers import Number
from tidegauge.catalog.progress import Progress
from tidegauge.catalog.windows import Window
from tidegauge.window import DAY, FIVE_MINUTES, MINUTE, SECOND

JUDGE: Final = "judge"
"""The name of its progress."""
BACK: Final = DAY * SECOND
"""Readings that are older stay as they are."""
OWN: Final = 0
"""In the place of a series: the model's own numbers."""


def told(upto: int) -> dict[str, object]:
    """What the judge says of itself: it is about to judge up to a slot."""
    return {"upto": upto}


def note(
    connection: Connection,
    windows: Sequence[Window],
    numbers: Iterable[Number],
    floors: Mapping[int, int],
    position: str,
) -> None:
    """Note what the judge has read already, or may be reading.

    The last of a transaction: the judge cannot go on before that has ended.
    """
    judged = progress.watch(connection, JUDGE)
    if judged is None:
        return
    upto = _upto(judged)

    def is_late(resolution: int, start: int) -> bool:
        stop = start + resolution * SECOND
        return upto - BACK < stop <= upto and _is_finest(resolution, start, floors)

    changed = [each.key for each in windows if is_late(each.resolution, each.start)]
    own = {
        (each.model, each.resolution, each.start)
        for each in numbers
        if each.model and is_late(each.resolution, each.start)
    }
    if changed or own:
        known = series.models_of(connection, {number for number, _size, _start in changed})
        there = models.by_id(connection, {model for model, _size, _start in own})
        own = {each for each in own if each[0] in there}
        late.note(connection, list(_notes(changed, own, known, position)))


def _notes(
    changed: Sequence[tuple[int, int, int]],
    own: Iterable[tuple[int, int, int]],
    known: Mapping[int, int],
    position: str,
) -> Iterator[Late]:
    for number, resolution, start in changed:
        if number in known:
            model = known[number]
            yield Late(
                model=model, series=number, resolution=resolution, start=start, position=position
            )
    for model, resolution, start in own:
        yield Late(model=model, series=OWN, resolution=resolution, start=start, position=position)


def _upto(judged: Progress) -> int:
    """`at` alone is of a judge of an older version."""
    found = judged.detail.get("upto")
    return max(judged.at, found) if isinstance(found, int) else judged.at


def _is_finest(resolution: int, start: int, floors: Mapping[int, int]) -> bool:
    """A coarser window only tells what no minute does any more."""
    if resolution == MINUTE:
        return True
    return resolution == FIVE_MINUTES and start < floors.get(MINUTE, 0)
