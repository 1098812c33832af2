"""A reference that was made becomes the one that a model's rows are compared with."""

from sqlalchemy import Connection

from tidegauge import performance
from tidegauge.catalog import audit, models
from tidegauge.catalog.baselines import Baseline
from tidegauge.catalog.models import Model
from tidegauge.reference.fit import adopt
from tidegauge.series.reference import Made


def adopted(  # noqa: PLR0913 - a reference says all of this
    connection: Connection,
    model: Model,
    made: Made,
    *,
    name: str,
    at: int,
    by: str,
    why: str,
    file: str | None = None,
) -> Baseline:
    baseline = adopt(
        connection,
        model.id,
        made.profile,
        source="upload" if file else "range",
        name=name,
        first_at=made.first_at,
        last_at=made.last_at,
        at=at,
        by=by,
        why=why,
        file=file,
        version=made.version,
        labelled=made.truth.labelled if made.truth else None,
        truth=performance.encode(made.truth.measured) if made.truth else None,
    )
    # The worker looks for models that have changed.
    models.change(connection, model.id, model.revision, at)
    audit.add(
        connection,
        at=at,
        who=by,
        what="reference.make",
        subject=f"{model.tenant}/{model.name}",
        detail={"number": baseline.number, "rows": baseline.rows, "name": name, "why": why},
    )
    return baseline
