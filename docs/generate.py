"""Reference pages made from the code: a page a method, and the lists of methods, checks, commands.

mkdocs calls `on_files` as it starts; nothing that is made here is kept in the repository.
"""

import inspect
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import tidegauge as tg
from tidegauge.alert.channels import KINDS as CHANNELS
from tidegauge.alert.channels.base import Base as Channel
from tidegauge.alert.ladder import Ladder, Rung
from tidegauge.alert.suppression import Suppression
from tidegauge.cli import app
from tidegauge.config import Config, variable_of
from tidegauge.drift import EMBEDDING_METHODS, METHODS, MIX, ROW_METHODS
from tidegauge.ingest.problem import SLUGS
from tidegauge.monitor.base import Base
from tidegauge.monitor.condition import Condition
from tidegauge.monitor.distance import Method
from tidegauge.monitor.duration import seconds_of, text_of
from tidegauge.monitor.patience import Patience
from tidegauge.monitor.union import KINDS as MONITORS
from tidegauge.quality import CHECKS
from tidegauge.record.fields import KINDS


def on_files(files: Files, config: MkDocsConfig) -> Files:
    pages = {
        "reference/methods.md": methods(),
        "reference/checks.md": checks(),
        "reference/cli.md": commands(),
        "reference/python.md": python(),
        "reference/monitors.md": monitors(),
        "reference/channels.md": channels(),
        "reference/records.md": records(),
        "reference/problems.md": problems(),
        "reference/configuration.md": configuration(),
        "decisions/index.md": decisions(Path(config.docs_dir)),
    }
    rows = dict.fromkeys((*ROW_METHODS, *EMBEDDING_METHODS))
    for method in (*METHODS, *rows):
        pages[f"reference/methods/{kind(method)}.md"] = page(method)
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def kind(method: type) -> str:
    return method().kind


def page(method: type) -> str:
    doc = inspect.getdoc(inspect.getmodule(method)) or ""
    text = [f"# {method.title}", "", prose(doc), "", "| | |", "|---|---|"]
    text += [f"| name in files and results | `{kind(method)}` |"]
    text += [f"| range | {method.range} |"]
    text += [f"| symmetric | {'yes' if method.is_symmetric else 'no'} |"]
    text += [f"| usual threshold | {method.default_threshold} |"]
    for field in fields(method):
        if field.name != "kind":
            text.append(f"| parameter `{field.name}` | default {getattr(method(), field.name)} |")
    if method in METHODS:
        over = "bins of numbers, and categories" if issubclass(method, MIX) else "numbers"
        text.append(f"| measures | {over}, from profiles |")
    else:
        text.append("| measures | rows, or a sample of them |")
    return "\n".join(text) + "\n"


def prose(doc: str) -> str:
    """A docstring as Markdown: its examples are code."""
    out: list[str] = []
    inside = False
    for line in doc.splitlines():
        starts = line.startswith(">>>")
        if starts and not inside:
            out += ["```pycon"]
            inside = True
        elif inside and not line.strip():
            out += ["```"]
            inside = False
        out.append(line)
    return "\n".join([*out, "```"] if inside else out)


def methods() -> str:
    text = ["# Methods", "", "Every method measures how far two samples are apart; none decides."]
    text += ["What is far is for [the verdict](../explanation/verdict.md) to say.", ""]
    groups = (
        ("Over profiles", METHODS),
        ("Over rows", ROW_METHODS),
        ("Over embeddings", EMBEDDING_METHODS),
    )
    for title, group in groups:
        text += [f"## {title}", "", "| method | name | range | symmetric |", "|---|---|---|---|"]
        for method in group:
            name = kind(method)
            symmetric = "yes" if method.is_symmetric else "no"
            text.append(
                f"| [{method.title}](methods/{name}.md) | `{name}` | {method.range} | {symmetric} |"
            )
        text.append("")
    return "\n".join(text)


def checks() -> str:
    text = ["# Data-quality checks", "", "Each takes the reference's own level as its measure.", ""]
    text += ["| check | found when |", "|---|---|"]
    text += [f"| `{name}` | {words} |" for name, words in CHECKS.items()]
    return "\n".join(text) + "\n"


def commands() -> str:
    group = typer.main.get_command(app)
    text = ["# Command line", ""]
    text += [
        "Exit codes: 0 fine, 1 a check failed or the input is wrong, 2 no such option, 130 Ctrl-C.",
        "",
    ]
    for name, command in _flat(group.commands):
        context = typer.Context(command, info_name=f"tidegauge {name}")
        text += [f"## tidegauge {name}", "", inspect.cleandoc(command.help or ""), ""]
        text += ["| | |", "|---|---|"]
        for parameter in command.params:
            record = parameter.get_help_record(context)
            if record is not None:
                flags, words = record
                flags, words = flags.replace("|", "\\|"), words.replace("[", "\\[")
                text.append(f"| `{flags}` | {words} |")
            else:
                text.append(f"| `{parameter.name}` | {getattr(parameter, 'help', '') or ''} |")
        text.append("")
    return "\n".join(text)


def _flat(commands: dict[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    """A group's commands stand beside the others, under their whole names."""
    for name, command in commands.items():
        if hasattr(command, "commands"):
            yield from _flat(command.commands, f"{above}{name} ")
        else:
            yield above + name, command


def monitors() -> str:
    text = ["# Monitors", "", "All that a monitors' file may say;"]
    text += ["[how to use it](../how-to/monitors.md) has examples.", "", "## Every monitor", ""]
    text += fields_of(Base)
    for name, of in MONITORS.items():
        text += [f"## kind: {name}", "", inspect.getdoc(inspect.getmodule(of)) or "", ""]
        text += fields_of(of, Base)
    text += ["## A condition", "", inspect.getdoc(Condition) or "", "", *fields_of(Condition)]
    text += ["## A method", "", *fields_of(Method)]
    text += ["## Its alerts", "", prose(inspect.getdoc(Patience) or ""), "", *fields_of(Patience)]
    return "\n".join(text) + "\n"


def channels() -> str:
    text = ["# Channels", "", "All that a channel or an escalation may say;"]
    text += ["[how to use them](../how-to/incidents.md) has examples.", "", "## Every channel", ""]
    text += fields_of(Channel)
    for name, of in CHANNELS.items():
        text += [f"## kind: {name}", "", prose(inspect.getdoc(inspect.getmodule(of)) or ""), ""]
        text += fields_of(of, Channel)
    text += ["## A suppression rule", "", *fields_of(Suppression)]
    text += ["## An escalation", "", *fields_of(Ladder), "## A level", "", *fields_of(Rung)]
    return "\n".join(text) + "\n"


def fields_of(of: type[BaseModel], above: type[BaseModel] = BaseModel) -> list[str]:
    """Those that are not told of what is above it already."""
    text = ["| field | default | what |", "|---|---|---|"]
    for name, field in of.model_fields.items():
        known = above.model_fields.get(name)
        if name == "kind" or (known is not None and known.default == field.default):
            continue
        is_span = any(getattr(each, "func", None) is seconds_of for each in field.metadata)
        default = field.get_default(call_default_factory=False)
        told = text_of(default) if is_span and default is not None else default
        shown = f"`{told}`" if told not in (None, "", PydanticUndefined) else ""
        shown = "required" if field.is_required() else shown
        words = field.description or (known.description if known else "") or ""
        text.append(f"| `{name}` | {shown} | {words.replace('|', chr(92) + '|')} |")
    return [*text, ""]


def records() -> str:
    text = ["# Records", "", "What can be sent, with the names of others that are understood.", ""]
    text += ["A value that is null or absent is missing. In Arrow and in JSON columns a map is one"]
    text += ["column for each name: `features.age`, `tags.region`.", ""]
    for kind in KINDS.values():
        text += [f"## {kind.name}", "", f"{kind.about} `POST /api/v1/{kind.name}`", ""]
        text += ["| field | is | what | also known as |", "|---|---|---|---|"]
        for field in kind.fields.values():
            named = [alias for alias, found in kind.aliases.items() if found.field is field]
            needed = ", required" if field.required else ""
            also = ", ".join(f"`{alias}`" for alias in named)
            text.append(
                f"| `{field.name}` | {field.shape.value}{needed} | {field.about} | {also} |"
            )
        text.append("")
    return "\n".join(text)


def problems() -> str:
    text = ["# Problems", "", "Every refusal of a request, as RFC 9457 problem details.", ""]
    text += ["| status | code | what | what to do |", "|---|---|---|---|"]
    for slug, told in sorted(SLUGS.items(), key=lambda item: (item[1].status, item[0])):
        text.append(f"| {told.status} | `{slug}` | {told.title} | {told.help} |")
    return "\n".join(text) + "\n"


def configuration() -> str:
    text = ["# Configuration", "", "All keys of `tidegauge.yaml`, each also as a variable.", ""]
    text += ["| key | variable | default | what |", "|---|---|---|---|"]
    for keys, field in _settings(Config):
        default = "none" if field.default is None else field.default
        key, variable = ".".join(keys), variable_of(keys)
        text.append(f"| `{key}` | `{variable}` | {default} | {field.description or ''} |")
    return "\n".join(text) + "\n"


def _settings(
    tree: type[BaseModel], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    for name, field in tree.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _settings(field.annotation, (*above, name))
        else:
            yield (*above, name), field


def python() -> str:
    text = ["# Python", "", "All names are in `tidegauge`, and are loaded when first used.", ""]
    for name in tg.__all__:
        thing = getattr(tg, name)
        if name.startswith("__") or not callable(thing):
            continue
        text += [f"## {name}", "", "```python", signature(name, thing), "```", ""]
        text += [prose(inspect.getdoc(thing) or ""), ""]
        for member, value in vars(thing).items() if inspect.isclass(thing) else ():
            if member.startswith("_") or issubclass(thing, Exception):
                continue
            inner = value.__func__ if isinstance(value, classmethod) else value
            if inspect.isfunction(inner) and inspect.getdoc(inner):
                text += [f"**`{signature(member, inner)}`** — {inspect.getdoc(inner)}", ""]
            elif isinstance(value, property) and inspect.getdoc(value):
                text += [f"**`{member}`** — {inspect.getdoc(value)}", ""]
    return "\n".join(text)


def signature(name: str, thing: object) -> str:
    try:
        found = inspect.signature(thing)
    except ValueError:
        return name
    shown = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in found.parameters.values()
        if parameter.name not in ("self", "cls")
    ]
    plain = found.replace(parameters=shown, return_annotation=inspect.Signature.empty)
    return f"{name}{plain}"


def decisions(docs: Path) -> str:
    text = ["# Decisions", "", "Where what we found differs from what was planned, and why.", ""]
    for path in sorted((docs / "decisions").glob("*.md")):
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        text.append(f"- [{title}]({path.name})")
    return "\n".join(text) + "\n"
