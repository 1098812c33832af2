"""What was true, what speaks for an answer, and what is taken to be true before that is known."""

from sqlalchemy import Column, Index, Integer

from tidegauge.catalog.columns import Blob, Count, Id, Key, Micros, Remark
from tidegauge.catalog.tables.made import column, key, of_model, of_series, own_id, table

arrivals = table(
    "arrivals",
    own_id(),
    of_model(),
    column("kind", Key),
    column("rows", Count),
    column("at", Micros),
    column("body", Blob),
    Index("arrivals_by_model", "model", "id"),
    counts=True,
)
"""What has come since predictions and labels were last joined."""

unmatched = table(
    "unmatched",
    own_id(),
    of_model(),
    column("rows", Count),
    column("at", Micros),
    column("since", Key),
    column("body", Blob),
    Index("unmatched_by_model", "model", "id"),
    counts=True,
)
"""Labels of predictions that have not come."""

outcomes = table(
    "outcomes",
    of_series(),
    key("resolution", Integer),
    key("start", Micros),
    column("labelled", Count),
    column("revision", Integer),
    column("changed_at", Micros),
    column("body", Blob),
    Index("outcomes_by_time", "resolution", "start", "series"),
)

attributions = table(
    "attributions",
    of_series(),
    key("resolution", Integer),
    key("start", Micros),
    column("rows", Count),
    column("revision", Integer),
    column("changed_at", Micros),
    column("body", Blob),
    Column("sample_of", Count),
    Column("baseline", Id),
    Index("attributions_by_time", "resolution", "start", "series"),
)
"""What the features of a series added to its answers."""

estimators = table(
    "estimators",
    of_model(primary_key=True),
    key("number", Integer),
    column("version", Key),
    Column("baseline", Id),
    column("fitted_at", Micros),
    column("first_at", Micros),
    column("last_at", Micros),
    column("rows", Count),
    column("body", Blob),
    Column("doubt", Remark),
)
"""What was learned from labelled rows, to estimate what others will prove to be."""

estimates = table(
    "estimates",
    of_series(),
    key("resolution", Integer),
    key("start", Micros),
    column("rows", Count),
    column("estimator", Integer),
    column("changed_at", Micros),
    column("body", Blob),
    Index("estimates_by_time", "resolution", "start", "series"),
)
