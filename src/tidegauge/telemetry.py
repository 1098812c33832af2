"""Our own log lines: JSON, one event a line, with the id of the request, without secrets."""

import logging
import logging.handlers
import sys
from collections.abc import MutableMapping
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
        # Reopens the file when it is moved away.
        rotating = logging.handlers.RotatingFileHandler(
            config.file, maxBytes=50 * MIB, backupCount=5, encoding="utf-8", delay=True
        )
        handlers.append(rotating)
    root = logging.getLogger()
    root.handlers.clear()
    for handler in handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(config.level.upper())
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    # Each request is told by us, if at all.
    logging.getLogger("uvicorn.access").disabled = True


def _renamed(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    event["function"] = event.pop("func_name", None)
    event["line"] = event.pop("lineno", None)
    return event


def logger(name: str) -> Any:  # noqa: ANN401 - structlog gives a proxy
    return structlog.stdlib.get_logger(name)
