"""Monitors as files: YAML in the user's repository, read with errors that say where.

monitors:
  - name: latency of fraud
    kind: metric
    models: fraud-*
    metric: latency_p95_ms
    conditions:
      - {max: 200, severity: high}
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import yaml

from tidegauge.errors import InputError
from tidegauge.monitor.faults import FaultsError, checked, document_of, path_of
from tidegauge.monitor.union import ADAPTER, Monitor

MONITORS: Final = "monitors"
KEYS: Final = (MONITORS, "retraining")
"""What a file may hold; the second is read elsewhere."""
_LARGEST: Final = 4 << 20
_ENDINGS: Final = (".yaml", ".yml", ".json")


class Section(NamedTuple):
    """What a file has under one key, and where."""

    file: str
    root: Any
    """A node of YAML."""
    key: str
    given: list[Any]

    def line(self, *loc: int | str) -> str:
        """Where the nearest thing that is there begins, to be put before what is wrong with it."""
        where = (self.key, *loc)
        return f"{self.file}:{_line(self.root, where)}: {path_of(where)}"


def read_files(
    paths: Iterable[Path], others: Callable[[Section], None] = lambda _section: None
) -> list[Monitor]:
    """Of files, and of the YAML files of folders; all faults at once.  What is no monitor is for
    `others`."""
    found: list[Monitor] = []
    faults: list[str] = []
    for path in _expanded(paths):
        try:
            for section in sections(path.read_text(encoding="utf-8"), str(path)).values():
                if section.key == MONITORS:
                    found += read_monitors(section)
                else:
                    others(section)
        except InputError as error:
            faults.append(str(error))
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{path}: {error}")
    faults += doubles(found, "monitors")
    if faults:
        raise InputError("\n".join(faults))
    return found


def _expanded(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.suffix in _ENDINGS)
            if not inside:
                raise InputError(f"{path} holds no .yaml file")
            found += inside
        else:
            found.append(path)
    return found


def sections(text: str, name: str) -> dict[str, Section]:
    """Of one document, by their keys."""
    if len(text) > _LARGEST:
        raise InputError(f"{name}: over {_LARGEST >> 20} MiB")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise InputError(f"{name}{where}: {getattr(error, 'problem', None) or error}") from None
    except RecursionError:
        raise InputError(f"{name}: too deep") from None
    twice = next(_doubled(root), None) if root is not None else None
    if twice is not None:
        line = twice.start_mark.line + 1
        raise InputError(f"{name}:{line}: the key {twice.value!r} is there twice")
    if document is None:
        return {}
    if not isinstance(document, dict) or not document or not set(document) <= set(KEYS):
        told = ", ".join(map(repr, document)) if isinstance(document, dict) else "something else"
        known = " and ".join(map(repr, KEYS))
        raise InputError(f"{name}: must hold {known}, lists; it holds {told}")
    for key, given in document.items():
        if not isinstance(given, list | None):
            raise InputError(f"{name}: {key!r} must be a list")
    return {key: Section(name, root, key, given or []) for key, given in document.items()}


def read_text(text: str, name: str = "monitors") -> list[Monitor]:
    """The monitors of one document; an InputError has a line for each fault."""
    section = sections(text, name).get(MONITORS)
    return [] if section is None else read_monitors(section)


def read_monitors(section: Section) -> list[Monitor]:
    found: list[Monitor] = []
    faults: list[str] = []
    for number, one in enumerate(section.given):
        try:
            found.append(checked(one))
        except FaultsError as error:
            faults += [f"{section.line(number, *each.loc)}: {each.said}" for each in error.faults]
    faults += [f"{section.file}: {fault}" for fault in doubles(found, "monitors")]
    if faults:
        raise InputError("\n".join(faults))
    return found


def read_one(given: Any) -> Monitor:  # noqa: ANN401 - whatever the file holds
    return ADAPTER.validate_python(given)


def write_text(monitors: Sequence[Monitor]) -> str:
    """As a file, without what is the default."""
    listed = [document_of(each) for each in monitors]
    return yaml.safe_dump({"monitors": listed}, sort_keys=False, allow_unicode=True, width=100)


def json_schema() -> dict[str, Any]:
    """For editors: `# yaml-language-server: $schema=...`."""
    one = ADAPTER.json_schema(ref_template="#/$defs/{model}")
    definitions = one.pop("$defs", {})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "tidegauge monitors",
        "type": "object",
        "properties": {"monitors": {"type": "array", "items": one}},
        "additionalProperties": False,
        "$defs": definitions,
    }


def _line(node: Any, loc: Sequence[int | str]) -> int:  # noqa: ANN401 - a node of YAML
    """Where the nearest thing that is there begins."""
    for each in loc:
        inner = None
        if isinstance(node, yaml.SequenceNode) and isinstance(each, int):
            inner = node.value[each] if each < len(node.value) else None
        elif isinstance(node, yaml.MappingNode):
            inner = next((value for key, value in node.value if key.value == str(each)), None)
        if inner is None:
            break
        node = inner
    return node.start_mark.line + 1


def _doubled(root: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """Keys of one mapping that are there already: YAML takes the last without a word."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode):
                    if key.value in seen:
                        yield key
                    seen.add(key.value)
                waiting.append(value)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def doubles(some: Iterable[_Named], noun: str) -> list[str]:
    """What has the name of another."""
    counts = Counter(each.name for each in some)
    return [f"two {noun} are called {name!r}" for name, count in counts.items() if count > 1]
