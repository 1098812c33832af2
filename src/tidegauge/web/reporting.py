"""Reports that are due are made, and put among what is to be delivered: each once.

They are made where the API is, of its own answers.  What is due stays so until its notices are in
the outbox: both is one transaction.
"""

import base64
import gzip
import threading
import time
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from sqlalchemy import Connection

from tidegauge import failpoint
from tidegauge.alert import act, apart
from tidegauge.alert.notice import Attachment, Links, Notice
from tidegauge.alert.schedule import Schedule
from tidegauge.catalog import CatalogError, models, reports
from tidegauge.catalog.reports import Kept
from tidegauge.errors import TidegaugeError
from tidegauge.report import period
from tidegauge.web.keys import Key
from tidegauge.web.routes import report
from tidegauge.web.routes.asked import Span
from tidegauge.web.state import State

_PAUSE: Final = 20.0
_AFTER_FAILURE: Final = 300.0
_MOST: Final = 200
"""Models of one report."""
_LARGEST: Final = 5_000_000
"""Bytes of a page that is sent along."""
_log = structlog.stdlib.get_logger(__name__)


class Reporting:
    def __init__(self, api: FastAPI, state: State) -> None:
        self._state = state
        # As the routes are asked; there is no address that anybody came by.
        self._request = Request({"type": "http", "app": api, "headers": [], "query_string": b""})
        self._failed: dict[int, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reporting", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_PAUSE):
            try:
                self.step()
            except (CatalogError, TidegaugeError) as error:
                _log.warning("reports wait", reason=str(error)[:500])
            except Exception:  # noqa: BLE001 - whatever it is, it is tried again
                _log.exception("reports could not be made")

    def step(self) -> int:
        """Make what is due; how many reports."""
        catalog = self._state.kept.catalog
        with catalog.read() as connection:
            at = act.now(connection)
            due = reports.due(connection, at)
        done = 0
        for kept, due_at in due:
            if self._stop.is_set() or time.monotonic() < self._failed.get(kept.id, 0.0):
                continue
            done += self._made(kept, due_at, at)
        return done

    def _made(self, kept: Kept, due_at: int, at: int) -> bool:
        schedule = Schedule.model_validate(kept.document)
        made, failures = self._notices(kept, schedule, due_at, at) if schedule.enabled else ([], [])
        next_at = schedule.next_after(at)
        failpoint.hit("reports.made")

        def put(connection: Connection) -> bool:
            told = "; ".join(failures)[:1000]
            if not reports.turn(connection, (kept, due_at), next_at, at, told):
                return False
            for notice in made:
                for channel in schedule.channels:
                    apart.send(connection, channel, notice)
            return True

        done = self._state.kept.catalog.write(put)
        failpoint.hit("reports.put")
        return done

    def _notices(
        self, kept: Kept, schedule: Schedule, due_at: int, at: int
    ) -> tuple[list[Notice], list[str]]:
        with self._state.kept.catalog.read() as connection:
            every = models.listed(connection, kept.tenant, limit=100_000)
        names = [each.name for each in every if schedule.is_of(each.name)][:_MOST]
        made: list[Notice] = []
        failures: list[str] = [] if names else ["no model has such a name"]
        for name in names:
            try:
                told = self._told(kept, name, Span(*schedule.span_of(due_at)))
            except CatalogError:
                raise
            except Exception as error:  # noqa: BLE001 - one model must not hold up the others
                _log.exception("a report could not be made", model=name, report=kept.name)
                failures.append(f"{name}: {type(error).__name__}")
                continue
            made.append(_notice(kept, told, at))
        return made, failures

    def _told(self, kept: Kept, model: str, span: Span) -> dict[str, Any]:
        key = Key(
            id="report",
            name=f"report {kept.name}",
            role="read",
            tenant=kept.tenant,
            secret_hash="",
            created_at=0.0,
        )
        made = report.told(model, self._request, key, span)
        return made.model_dump(mode="json")


def _notice(kept: Kept, told: dict[str, Any], at: int) -> Notice:
    page = period.render(told).encode()
    name = period.file_name(told)
    is_small = len(page) <= _LARGEST
    return Notice(
        id="",
        kind="report",
        at=at,
        tenant=kept.tenant,
        model=told["model_id"],
        title=f"{told['model_id']}, {period.period(told)}: {period.headline(told)}",
        description="\n".join(period.lines(told)),
        links=Links(dashboard=told["page_url"]),
        attachment=Attachment(name=name, packed=base64.b64encode(gzip.compress(page, 6)).decode())
        if is_small
        else None,
    )
