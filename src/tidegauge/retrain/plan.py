"""What would change if the policies were those of some files."""

from collections.abc import Iterable

from tidegauge.catalog.policies import Kept
from tidegauge.errors import InputError
from tidegauge.monitor.plan import Document, Step, Wanted, planned
from tidegauge.retrain.faults import checked, document_of
from tidegauge.retrain.policy import Policy

KIND = "retraining"


def plan(kept: Iterable[Kept], wanted: Iterable[Policy]) -> list[Step]:
    after = (
        Wanted(each.name, KIND, document_of(each), each.model_dump(mode="json")) for each in wanted
    )
    return planned(kept, after, _whole, usual=KIND)


def _whole(document: Document) -> Document:
    try:
        return checked(document).model_dump(mode="json")
    except InputError:
        # Another version wrote it, and this one would not.
        return document
