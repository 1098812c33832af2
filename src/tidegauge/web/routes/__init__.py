"""The API, one file for each resource; a new one is added to `ROUTERS`."""

from typing import Final

from fastapi import APIRouter

from tidegauge.web.routes import health, keys, problems

ROUTERS: Final[tuple[APIRouter, ...]] = (health.router, keys.router, problems.router)
