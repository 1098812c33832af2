"""What can be set, checked once when a client is made."""

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypedDict, Unpack

from tidegauge.client.delivery import Delivery
from tidegauge.client.pii import Action, Privacy
from tidegauge.client.sampling import Sample, Sampling, by_model
from tidegauge.errors import InputError
from tidegauge.record import limits

Compression = Literal["lz4", "zstd"]

_KIB: Final = 1024
# Names that only a private network gives.
_PRIVATE: Final = (".localhost", ".local", ".internal", ".lan", ".svc")


class Options(TypedDict, total=False):
    flush_interval: float
    batch_rows: int
    max_records: int
    max_bytes: int
    compression: Compression | None
    sample: Sampling | None
    pii: Mapping[str, Action] | None
    pii_key: str | None
    spool: str | os.PathLike[str] | None
    spool_bytes: int
    timeout: float
    on_delivery: Callable[[Delivery], object] | None
    allow_http: bool
    model_id: str | None
    model_version: str | None


@dataclass(frozen=True, kw_only=True)
class Settings:
    url: str
    api_key: str = field(repr=False)
    strict: bool = False
    """Whether a wrong argument raises, for tests and notebooks."""
    flush_interval: float = 1.0
    """Seconds after which records are sent, however few they are: 0.01 to 30."""
    batch_rows: int = 1_000
    max_records: int = 10_000
    """More than these do not wait: what comes then is dropped, and counted."""
    max_bytes: int = 64 * 1024 * _KIB
    compression: Compression | None = "lz4"
    sample: Sampling | None = None
    pii: Mapping[str, Action] | None = None
    pii_key: str | None = field(default=None, repr=False)
    spool: str | os.PathLike[str] | None = None
    """A directory for what the server has not taken, so that an outage or a crash loses little."""
    spool_bytes: int = 1024 * 1024 * _KIB
    timeout: float = 10.0
    """Seconds for one request, all in all."""
    on_delivery: Callable[[Delivery], object] | None = None
    """Told, in a thread of its own, what became of each batch."""
    allow_http: bool = False
    """Whether the key may travel without TLS to a host that is not in a private network."""
    model_id: str | None = None
    """The model of records that name none."""
    model_version: str | None = None
    samples: Mapping[str, Sample] = field(init=False)
    privacy: Privacy = field(init=False)

    def __post_init__(self) -> None:
        _check_url(self.url, allow_http=self.allow_http)
        _check_key(self.api_key)
        for name, low, high in _RANGES:
            value: object = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise InputError(f"{name} must be a number")
            if not low <= value <= high:
                raise InputError(f"{name} must be {low:g} to {high:g}, is {value:g}")
        if self.compression not in ("lz4", "zstd", None):
            raise InputError("compression must be 'lz4', 'zstd' or None")
        object.__setattr__(self, "samples", by_model(self.sample))
        object.__setattr__(self, "privacy", Privacy(self.pii or {}, self.pii_key))


_RANGES: Final = (
    ("flush_interval", 0.01, 30),
    ("batch_rows", 1, limits.RECORDS),
    ("max_records", 1, 10_000_000),
    ("max_bytes", 64 * _KIB, 64 * 1024 * 1024 * _KIB),
    ("spool_bytes", 64 * _KIB, float("inf")),
    ("timeout", 0.01, 600),
)


def settings_of(
    url: str | None, api_key: str | None, *, strict: bool, **options: Unpack[Options]
) -> Settings:
    """With what is not given taken from the environment."""
    _check_interpreter()
    unknown = options.keys() - Options.__annotations__.keys()
    if unknown:
        raise InputError(f"a client has no option {min(unknown)!r}")
    options.setdefault("pii_key", os.environ.get("TIDEGAUGE_PII_KEY"))
    url, api_key = _or_environment(url, api_key)
    return Settings(url=url, api_key=api_key, strict=strict, **options)


def place_of(url: str | None, api_key: str | None, *, allow_http: bool) -> tuple[str, str]:
    """A server and a key for it, with what is not given taken from the environment."""
    url, api_key = _or_environment(url, api_key)
    _check_url(url, allow_http=allow_http)
    _check_key(api_key)
    return url, api_key


def _or_environment(url: str | None, api_key: str | None) -> tuple[str, str]:
    return (
        os.environ.get("TIDEGAUGE_URL", "") if url is None else url,
        os.environ.get("TIDEGAUGE_API_KEY", "") if api_key is None else api_key,
    )


def _check_interpreter() -> None:
    # numpy and pyarrow work in the first interpreter of a process only, and crash in others.
    name = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    try:
        module: Any = importlib.import_module(name)
    except ImportError:  # an interpreter without others
        return
    if module.get_current() != module.get_main():
        raise InputError("the client works in the main interpreter of a process only")


def _check_url(url: str, *, allow_http: bool) -> None:
    if not isinstance(url, str) or not url:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError("no url: give one, or set TIDEGAUGE_URL")
    from urllib.parse import urlsplit  # noqa: PLC0415 - for a client, not for an import

    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise InputError("the url cannot be read; it looks like https://host:8712") from None
    if parts.scheme not in ("http", "https") or not host or not url.isascii():
        raise InputError("the url must look like https://host:8712")
    if not url.isprintable() or " " in url or "@" in parts.netloc or parts.query or parts.fragment:
        raise InputError("the url must hold a host and perhaps a path; the key is given apart")
    if parts.scheme == "http" and not allow_http and not _is_private(host):
        raise InputError(
            f"the key would travel to {host!r} in the clear: use https, or allow_http=True"
        )


def _is_private(host: str) -> bool:
    from ipaddress import ip_address  # noqa: PLC0415 - for a client, not for an import

    try:
        return ip_address(host).is_private
    except ValueError:
        # A name without a dot is one of this machine, this cluster or this compose file.
        return "." not in host or host.endswith(_PRIVATE) or ".svc." in host


def _check_key(key: str) -> None:
    if not isinstance(key, str) or not key:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError("no api_key: give one, or set TIDEGAUGE_API_KEY")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InputError("the api_key holds a character that no key has")
