"""The API, one file for each resource; a new one is added to `ROUTERS`."""

from typing import Final

from fastapi import APIRouter

from tidegauge.web.routes import (
    backtests,
    dashboard,
    drift,
    export,
    health,
    kept,
    keys,
    metrics,
    models,
    monitoring,
    monitors,
    problems,
    profile,
    quality,
    readings,
    records,
    references,
    schema,
    sql,
    status,
    summary,
    traffic,
    trainings,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    health.router,
    keys.router,
    models.router,
    monitors.router,
    readings.router,
    backtests.router,
    monitoring.router,
    status.router,
    profile.router,
    drift.router,
    summary.router,
    traffic.router,
    metrics.router,
    quality.router,
    records.router,
    schema.router,
    references.router,
    trainings.router,
    dashboard.router,
    sql.router,
    export.router,
    kept.router,
    problems.router,
)
