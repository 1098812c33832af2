"""Our own log lines: JSON, one event a line, with the id of the request, without secrets."""

import logging
import logging.handlers
import os
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

from tidegauge.config import LoggingConfig
from tidegauge.record.limits import MIB

_PLACE = structlog.processors.CallsiteParameterAdder(
    [
        structlog.processors.CallsiteParameter.MODULE,
        structlog.processors.CallsiteParameter.FUNC_NAME,
        structlog.processors.CallsiteParameter.LINENO,
    ]
)


def start(config: LoggingConfig) -> None:
    """Send everything that is logged, by us and by libraries, to standard error as JSON lines."""
    before = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _PLACE,
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            _renamed,
            structlog.processors.JSONRenderer(),
        ],
    )
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if config.file:
        config.file.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(_File(config.file, maxBytes=50 * MIB, backupCount=5, encoding="utf-8"))
    # A full disk must not stop what is logged about it.
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.handlers.clear()
    for handler in handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(config.level.upper())
    for noisy in ("uvicorn", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Each request is told by us, if at all.
    logging.getLogger("uvicorn.access").disabled = True


class _File(logging.handlers.RotatingFileHandler):
    """Rotates by itself, and goes on in a new file when somebody else moved the old one away."""

    def emit(self, record: logging.LogRecord) -> None:
        stream = self.stream
        if stream and not _is_still_at(self.baseFilename, stream.fileno()):
            stream.close()
            self.stream = self._open()
        super().emit(record)


def _is_still_at(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(Path(path).stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _renamed(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    event["function"] = event.pop("func_name", None)
    event["line"] = event.pop("lineno", None)
    return event


def logger(name: str) -> Any:  # noqa: ANN401 - structlog gives a proxy
    return structlog.stdlib.get_logger(name)
