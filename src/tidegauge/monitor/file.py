"""Monitors as files: YAML in the user's repository, read with errors that say where.

monitors:
  - name: latency of fraud
    kind: metric
    models: fraud-*
    metric: latency_p95_ms
    conditions:
      - {max: 200, severity: high}
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from tidegauge.errors import InputError
from tidegauge.monitor.faults import FaultsError, checked, document_of, path_of
from tidegauge.monitor.union import ADAPTER, Monitor

_LARGEST: Final = 4 << 20
_ENDINGS: Final = (".yaml", ".yml", ".json")


def read_files(paths: Iterable[Path]) -> list[Monitor]:
    """Of files, and of the YAML files of folders; all faults at once."""
    found: list[Monitor] = []
    faults: list[str] = []
    for path in _expanded(paths):
        try:
            found += read_text(path.read_text(encoding="utf-8"), str(path))
        except InputError as error:
            faults.append(str(error))
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{path}: {error}")
    faults += _doubles(found)
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


def read_text(text: str, name: str = "monitors") -> list[Monitor]:
    """Of one document; an InputError has a line for each fault."""
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
        return []
    if not isinstance(document, dict) or set(document) != {"monitors"}:
        told = ", ".join(map(repr, document)) if isinstance(document, dict) else "something else"
        raise InputError(f"{name}: must hold one key, 'monitors', a list; it holds {told}")
    given = document["monitors"] or []
    if not isinstance(given, list):
        raise InputError(f"{name}: 'monitors' must be a list")
    found: list[Monitor] = []
    faults: list[str] = []
    for number, one in enumerate(given):
        try:
            found.append(checked(one))
        except FaultsError as error:
            for each in error.faults:
                loc = ("monitors", number, *each.loc)
                faults.append(f"{name}:{_line(root, loc)}: {path_of(loc)}: {each.said}")
    faults += [f"{name}: {fault}" for fault in _doubles(found)]
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
        "required": ["monitors"],
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


def _doubles(monitors: Sequence[Monitor]) -> list[str]:
    seen: set[str] = set()
    faults: list[str] = []
    for each in monitors:
        if each.name in seen:
            faults.append(f"two monitors are called {each.name!r}")
        seen.add(each.name)
    return faults
