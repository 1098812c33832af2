"""A notice as plain text: for the console, for mail that shows no HTML, for chat services."""

from tidegauge.alert.channels.text import cut
from tidegauge.alert.channels.words import Evidence, Words, runbook_of, words_of
from tidegauge.alert.notice import Notice


def plain(notice: Notice) -> str:
    """Headline and body, each line but the first indented: no text of a user begins a line."""
    return "\n".join((words_of(notice).headline, *("  " + line for line in body(notice) if line)))


def body(notice: Notice, width: int = 4000) -> list[str]:
    """Without the headline; "" parts what belongs apart."""
    words = words_of(notice)
    parts = [
        list(words.lead),
        list(words.description),
        [f"{label}: {value}" for label, value in words.facts],
        _evidence(words),
        list(words.counts),
        _items(words),
        _listed("Recommended:", words.actions),
        [f"Runbook: {told}"] if (told := runbook_of(notice)) else [],
        [f"{link.label}: {link.url}" for link in words.links],
        [words.footer],
    ]
    lines: list[str] = []
    for part in parts:
        if part:
            lines += ["", *part] if lines else part
    return [cut(line, width) for line in lines]


def _evidence(words: Words) -> list[str]:
    lines: list[str] = []
    for each in words.evidence:
        lines += [f"{each.severity.upper()} {each.what}", *(f"  {line}" for line in below(each))]
    return [*lines, words.more_evidence] if words.more_evidence else lines


def below(evidence: Evidence) -> list[str]:
    """What follows the first line of one condition."""
    moved = f"columns: {evidence.moved}" if evidence.moved else ""
    return [line for line in (evidence.numbers, evidence.where, moved) if line]


def _items(words: Words) -> list[str]:
    lines: list[str] = []
    for item in words.items:
        lines.append(f"{item.severity.upper()} {item.text}")
        if item.url:
            lines.append(f"  {item.url}")
    return [*lines, words.more_items] if words.more_items else lines


def _listed(title: str, some: tuple[str, ...]) -> list[str]:
    return [title, *(f"- {each}" for each in some)] if some else []
