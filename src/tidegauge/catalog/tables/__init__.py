"""Every table of the catalog.  Times are microseconds since 1970 UTC.

A change here needs a migration beside it: a test compares the two.
"""

from tidegauge.catalog.tables.counted import (
    dead_letters,
    drops,
    id_runs,
    numbers,
    parts,
    pending,
    progress,
    signals,
    tails,
    windows,
)
from tidegauge.catalog.tables.kept import audit, jobs
from tidegauge.catalog.tables.made import metadata
from tidegauge.catalog.tables.models import (
    about,
    baselines,
    layouts,
    models,
    schemas,
    series,
    trainings,
)
from tidegauge.catalog.tables.retrained import (
    artifacts,
    policies,
    policy_marks,
    retraining_answers,
    retraining_lines,
    retrainings,
    rollouts,
)
from tidegauge.catalog.tables.told import (
    alerts,
    attempts,
    channels,
    incident_events,
    incidents,
    ladders,
    notices,
    report_turns,
    reports,
    silences,
)
from tidegauge.catalog.tables.truth import (
    arrivals,
    attributions,
    estimates,
    estimators,
    outcomes,
    unmatched,
)
from tidegauge.catalog.tables.watched import late, monitors, reading_hours, readings, targets

__all__ = [
    "about",
    "alerts",
    "arrivals",
    "artifacts",
    "attempts",
    "attributions",
    "audit",
    "baselines",
    "channels",
    "dead_letters",
    "drops",
    "estimates",
    "estimators",
    "id_runs",
    "incident_events",
    "incidents",
    "jobs",
    "ladders",
    "late",
    "layouts",
    "metadata",
    "models",
    "monitors",
    "notices",
    "numbers",
    "outcomes",
    "parts",
    "pending",
    "policies",
    "policy_marks",
    "progress",
    "reading_hours",
    "readings",
    "report_turns",
    "reports",
    "retraining_answers",
    "retraining_lines",
    "retrainings",
    "rollouts",
    "schemas",
    "series",
    "signals",
    "silences",
    "tails",
    "targets",
    "trainings",
    "unmatched",
    "windows",
]
