"""What all pages that are files have in common: their templates, words, colours and pictures.

What a user wrote (names, values, messages) reaches a page through an environment that escapes
everything, and the page's own policy lets no script run but ours.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from tidegauge.report import words
from tidegauge.report.palette import COLOURS

_FILTERS: Final[dict[str, Callable[..., str]]] = {
    "chance": words.chance,
    "heading": words.title,
    "moment": words.moment,
    "number": words.number,
    "plain": words.plain,
    "points": words.points,
    "probability": words.probability,
    "share": words.share,
}


def environment() -> Environment:
    made = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_printed,
    )
    # Jinja's own types name only what it ships.
    filters: dict[str, Any] = dict(_FILTERS)
    names: dict[str, Any] = {"colours": COLOURS}
    made.filters.update(filters)
    made.globals.update(names)
    made.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    return made


@cache
def drawing() -> Markup:
    """The script that draws the dashboard's pictures; nothing where the dashboard is not built."""
    built = files("tidegauge.report") / "built" / "charts.js"
    return Markup(built.read_text("utf-8") if built.is_file() else "")  # noqa: S704 - our own


def digest(script: str) -> str:
    """As a page's policy names a script that may run."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _source(name: str) -> str:
    """A template without the indentation that only its authors need: a tenth of the page."""
    text = (files("tidegauge.report") / "page" / name).read_text("utf-8")
    return re.sub(r"\n\s+", "\n", text) if name.endswith(".html") else text


def _printed(value: object) -> object:
    """What any expression in a template goes through; markup of our own is of another type."""
    return words.plain(value, longest=2000) if type(value) is str and value else value
