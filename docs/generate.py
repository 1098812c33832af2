"""Reference pages made from the code: a page a method, and the lists of methods, checks, commands.

mkdocs calls `on_files` as it starts; nothing that is made here is kept in the repository.
"""

import inspect
from dataclasses import fields
from pathlib import Path

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import tidegauge as tg
from tidegauge.cli import app
from tidegauge.drift import EMBEDDING_METHODS, METHODS, MIX, ROW_METHODS
from tidegauge.quality import CHECKS


def on_files(files: Files, config: MkDocsConfig) -> Files:
    pages = {
        "reference/methods.md": methods(),
        "reference/checks.md": checks(),
        "reference/cli.md": commands(),
        "reference/python.md": python(),
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
    for name, command in group.commands.items():
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
