"""The configuration: one file, every key also as an environment variable, one typed tree.

`tidegauge.yaml` in the working directory, or the file that `-c` or TIDEGAUGE_CONFIG names.  The key
`web: {port: 8712}` is TIDEGAUGE_WEB_PORT in the environment, which holds over the file.
"""

import difflib
import os
from collections.abc import Hashable, Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from tidegauge.alert.reach import Network, Reach
from tidegauge.alert.settings import Settings as AlertSettings
from tidegauge.errors import InputError
from tidegauge.oidc.address import is_safe
from tidegauge.oidc.settings import Settings as OidcSettings
from tidegauge.record.limits import MIB

_LARGEST: Final = MIB
NAME: Final = "tidegauge.yaml"


class _Tree(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _listed(told: object) -> object:
    """In the environment a list is one text, with commas."""
    if isinstance(told, str):
        return tuple(each.strip() for each in told.split(",") if each.strip())
    return told


def _network(text: str) -> str:
    ip_network(text)
    return text


class WebConfig(_Tree):
    host: Annotated[str, Field(description="The address to listen on; 0.0.0.0 is all.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Field(ge=0, le=65535, description="0 takes a free one.")] = 8712
    decoders: Annotated[
        int, Field(ge=1, le=64, description="Processes that decode batches, beside the server.")
    ] = 1
    in_flight_mib: Annotated[
        int, Field(ge=64, description="Bodies being taken at once; more is answered with 429.")
    ] = 256
    connections: Annotated[int, Field(ge=1, description="More are answered with 503.")] = 4096
    patience_s: Annotated[
        float, Field(ge=0.1, le=600, description="Slow senders and readers are cut after this.")
    ] = 30.0


class RatesConfig(_Tree):
    """Records a second; none is no limit."""

    per_key: Annotated[float | None, Field(gt=0, description="For each key.")] = None
    per_tenant: Annotated[float | None, Field(gt=0, description="For all keys of a tenant.")] = None
    per_address: Annotated[float | None, Field(gt=0, description="For each address.")] = None
    wrong_keys_a_minute: Annotated[
        int, Field(ge=1, description="From one address, before it has to wait.")
    ] = 60


class LogConfig(_Tree):
    cap_gib: Annotated[
        float, Field(gt=0, description="Batches that nothing has consumed yet; then 429.")
    ] = 8.0
    segment_mib: Annotated[int, Field(ge=1, le=1024, description="The size of one file.")] = 64


class CatalogConfig(_Tree):
    url: Annotated[
        str | None,
        Field(description="postgresql://user@host/database; none is SQLite in `data`."),
    ] = None


class KeepConfig(_Tree):
    hot_days: Annotated[
        int, Field(ge=1, le=3650, description="Days of which each hour can be looked at.")
    ] = 90
    cold_days: Annotated[
        int, Field(ge=0, le=3650, description="Days more for which the rows are kept.")
    ] = 365
    reserve_gib: Annotated[
        float, Field(ge=0, description="Room on the disk below which no more is written.")
    ] = 1.0


class WorkerConfig(_Tree):
    memory_mib: Annotated[
        int, Field(ge=32, description="For windows, and as much for rows on their way to a file.")
    ] = 128
    tail_gib: Annotated[
        float, Field(gt=0, description="Of the log that rows in no file yet may hold back.")
    ] = 1.0
    judge: Annotated[bool, Field(description="Judge by monitors too, in a process of its own.")] = (
        True
    )


class JobsConfig(_Tree):
    """Of `tidegauge worker --jobs`, on the machine that trains."""

    commands: Annotated[
        dict[str, str],
        Field(description="By name, what is run for a job: `train: python train.py`."),
    ] = {}
    functions: Annotated[
        dict[str, str],
        Field(description="By name, a function of yours: `fraud: our_package.train:train`."),
    ] = {}


class ReachConfig(_Tree):
    """What channels may reach beside public addresses over https."""

    allow_http: Annotated[
        bool, Field(description="Whether a channel may have an http address.")
    ] = False
    hosts: Annotated[
        tuple[str, ...],
        BeforeValidator(_listed),
        Field(description="Names of the inside that a channel may have."),
    ] = ()
    networks: Annotated[
        tuple[Annotated[str, AfterValidator(_network)], ...],
        BeforeValidator(_listed),
        Field(description="Networks of the inside that a channel may reach, as 10.1.0.0/16."),
    ] = ()
    ports: Annotated[
        tuple[Annotated[int, Field(ge=1, le=65535)], ...],
        BeforeValidator(_listed),
        Field(description="Ports that a channel may have beside 80 and 443, and those of mail."),
    ] = ()

    def reach(self) -> Reach:
        networks: tuple[Network, ...] = tuple(map(ip_network, self.networks))
        return Reach(
            networks=networks,
            hosts=frozenset(host.lower() for host in self.hosts),
            allow_http=self.allow_http,
            ports=Reach.ports | frozenset(self.ports),
            mail_ports=Reach.mail_ports | frozenset(self.ports),
        )


class AlertsConfig(AlertSettings):
    reach: ReachConfig = ReachConfig()


class LoggingConfig(_Tree):
    level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="The least that is told.")
    ] = "info"
    file: Annotated[
        Path | None, Field(description="Also write to this file, rotated at 50 MiB, 5 kept.")
    ] = None


class Config(_Tree):
    data: Annotated[Path, Field(description="The directory that holds everything.")] = Path(
        "tidegauge-data"
    )
    web: WebConfig = WebConfig()
    rates: RatesConfig = RatesConfig()
    log: LogConfig = LogConfig()
    catalog: CatalogConfig = CatalogConfig()
    keep: KeepConfig = KeepConfig()
    worker: WorkerConfig = WorkerConfig()
    jobs: JobsConfig = JobsConfig()
    alerts: AlertsConfig = AlertsConfig()
    oidc: OidcSettings = OidcSettings()
    logging: LoggingConfig = LoggingConfig()

    @model_validator(mode="after")
    def _has_a_way_back(self) -> Self:
        if self.oidc.issuer is not None and not is_safe(self.alerts.dashboard):
            raise ValueError(
                "oidc.issuer needs alerts.dashboard: the https address at which browsers reach"
                " this server (http on this machine only)"
            )
        return self

    @property
    def retention_days(self) -> int:
        """Older records are refused, for they would be deleted at once."""
        return self.keep.hot_days + self.keep.cold_days

    @property
    def catalog_url(self) -> str:
        return self.catalog.url or f"sqlite:///{(self.data / 'catalog.db').absolute()}"


def load(path: Path | None = None, environment: Mapping[str, str] = os.environ) -> Config:
    """Read it once, at start; an `InputError` names the file, the line and the key."""
    named = path or (Path(given) if (given := environment.get("TIDEGAUGE_CONFIG")) else None)
    found = named or (Path(NAME) if Path(NAME).exists() else None)
    tree = _read(found) if found else {}
    for keys in _leaves(Config):
        variable = variable_of(keys)
        if variable in environment:
            _set(tree, keys, environment[variable])
    try:
        return Config.model_validate(tree)
    except ValidationError as error:
        raise InputError(_told(error, found, environment)) from None


def variable_of(keys: tuple[str, ...]) -> str:
    return "_".join(("TIDEGAUGE", *keys)).upper()


def _leaves(tree: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, field in tree.model_fields.items():
        of = field.annotation
        if isinstance(of, type) and issubclass(of, BaseModel):
            yield from _leaves(of, (*above, name))
        else:
            yield (*above, name)


def _set(tree: dict[str, Any], keys: tuple[str, ...], value: str) -> None:
    for key in keys[:-1]:
        inside = tree.setdefault(key, {})
        if not isinstance(inside, dict):
            return
        tree = inside
    tree[keys[-1]] = value


def _told(error: ValidationError, path: Path | None, environment: Mapping[str, str]) -> str:
    lines: list[str] = []
    for each in error.errors(include_input=False, include_url=False):
        keys = tuple(str(part) for part in each["loc"])
        variable = variable_of(keys)
        where = (
            variable
            if variable in environment
            else ": ".join(filter(None, (str(path or NAME), ".".join(keys))))
        )
        if each["type"] == "extra_forbidden":
            known = [leaf[-1] for leaf in _leaves(Config)] + list(Config.model_fields)
            near = difflib.get_close_matches(keys[-1], known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            lines.append(f"{where}: unknown key{hint}")
        else:
            lines.append(f"{where}: {each['msg'].lower()}")
    return "\n".join(lines)


def _read(path: Path) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise InputError(f"{path}: {size} bytes are too many for a configuration")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start}: not UTF-8") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    try:
        tree: object = yaml.load(text, _Loader)  # noqa: S506 - a safe loader, and stricter
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise InputError(f"{place}: {error.problem}") from None
    except (yaml.YAMLError, RecursionError):
        raise InputError(f"{path}: not readable as YAML") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise InputError(f"{path}: must hold keys and values, as in 'web: {{port: 8712}}'")
    return tree


class _Loader(yaml.SafeLoader):
    """Refuses a key that is given twice, and aliases, which can grow without bound."""

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - yaml's
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.constructor.ConstructorError(None, None, "aliases are not supported", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: ANN401, FBT001, FBT002 - yaml's
        met: set[str] = set()
        for key, _value in node.value:
            if key.value in met:
                problem = f"the key {key.value!r} is given twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            met.add(key.value)
        return super().construct_mapping(node, deep)
