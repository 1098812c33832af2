"""`tidegauge monitors backtest`: what monitors would have told, found and missed."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from tidegauge.cli.api import KEY, URL, connect
from tidegauge.cli.monitor_files import documents, many, read_monitors, sent
from tidegauge.cli.output import heard
from tidegauge.failpoint import hit

_LONGEST: Final = 330.0
_WIDE: Final = 60
_TOLD: Final = 5
_COLOURS: Final = {"low": "cyan", "medium": "yellow", "high": "red", "critical": "bold red"}
_RANKS: Final = ("low", "medium", "high", "critical")
_HOUR: Final = 3600


def backtest(  # noqa: PLR0913 - each is an option
    model: Annotated[str, typer.Argument(help="The model_id.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Monitors to try; without them, those that watch the model."),
    ] = None,
    *,
    against: Annotated[
        str,
        typer.Option(help="Another file, or `kept` for those in use: what would change."),
    ] = "",
    days: Annotated[float, typer.Option(min=0.01, max=90, help="How much of the past.")] = 30,
    trials: Annotated[
        int, typer.Option(min=0, max=100, help="Moments at which each change is planted.")
    ] = 10,
    a_week: Annotated[
        float, typer.Option(min=0, help="Alarms a week beyond which to propose a quieter one.")
    ] = 1.0,
    propose: Annotated[
        Path | None, typer.Option(help="Write the monitors, the loud ones made quieter.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As the API gives it.")] = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Read the past of a model with monitors: how often they would have alarmed, and what they
    would have found.  Nothing is kept, and nobody is told."""
    from urllib.parse import quote  # noqa: PLC0415 - `--help` needs none

    body: dict[str, Any] = {"days": days, "trials": trials, "alarms_a_week": a_week}
    if files:
        body["monitors"] = documents(read_monitors(files))
    if against:
        is_kept = against == "kept"
        body["against"] = "kept" if is_kept else documents(read_monitors([Path(against)]))
    with connect(url, api_key) as http, Console(stderr=True).status(f"Reading {days:g} days"):
        http.timeout = _LONGEST
        path = f"/api/v1/models/{quote(model, safe='')}/monitor/backtest"
        told = sent(http, "POST", path, body).json()
    with heard():
        if as_json:
            typer.echo(json.dumps(told, indent=1))
        else:
            _show(told)
    if propose is not None:
        _write(propose, told["proposed"])
        typer.echo(f"Wrote {many(len(told['proposed']), 'monitor')} to {propose}", err=True)


def _write(path: Path, proposed: Sequence[Mapping[str, Any]]) -> None:
    from tidegauge.monitor.faults import checked  # noqa: PLC0415 - `--help` needs none of it
    from tidegauge.monitor.file import write_text  # noqa: PLC0415

    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(write_text([checked(each) for each in proposed]), encoding="utf-8")
    hit("backtest.before-proposal")
    draft.replace(path)


def _show(told: Mapping[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    start, stop = _time(told["start_time"]), _time(told["end_time"])
    console.print(
        f"{told['model_id']}, {start:%d %b %H:%M} to {stop:%d %b %H:%M} UTC: {told['rows']:,}"
        f" predictions in windows of {_span(told['step_seconds'])},"
        f" read in {told['took_ms'] / 1000:.1f} s"
    )
    before = {_key(each): each for each in told["before"] or ()}
    for outcome in told["outcomes"]:
        console.print()
        _show_outcome(console, outcome, before.pop(_key(outcome), None), start, stop)
    for outcome in before.values():
        console.print()
        name = Text(f"{_name(outcome)}", "bold red")
        console.print(name, f" is not there any more; it told {_alarms(outcome)}")
    always = told["always"]["alarms_a_week"]
    console.print(
        f"\nA monitor that alarms at every reading tells {always:,.0f} a week, finds everything at"
        " once, and knows nothing.",
        style="dim",
    )


def _show_outcome(
    console: Console,
    outcome: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    start: datetime,
    stop: datetime,
) -> None:
    line = Text(_name(outcome), "bold").append(f"  {outcome['kind']}", "dim")
    line.append(f"  {_alarms(outcome)}")
    if before is not None:
        was = _alarms(before)
        line.append(" (as before)" if was == _alarms(outcome) else f" (before: {was})", "dim")
    console.print(line)
    useful, not_useful = outcome["useful"], outcome["not_useful"]
    if useful or not_useful:
        said = f"  judged by people: {useful} of its incidents useful, {not_useful} not"
        console.print(Text(said, "yellow" if not_useful > useful else "dim"))
    if outcome["note"]:
        console.print(Text(f"  {outcome['note']}", "yellow"))
    if not any(outcome["readings"].get(status) for status in ("ok", "breach")):
        return
    console.print(Text("  ").append(_strip(outcome["alarms"], start, stop)))
    for alarm in outcome["alarms"][-_TOLD:]:
        console.print(_alarm(alarm))
    if outcome["alarm_count"] > _TOLD:
        console.print(f"  and {outcome['alarm_count'] - _TOLD} before", style="dim")
    _show_trials(console, outcome["trials"], before["trials"] if before else ())
    quieter = outcome["quieter"]
    if quieter is not None:
        told = f"  quieter: {quieter['what']}: {many(quieter['alarm_count'], 'alarm')}"
        found = ", ".join(f"{t['change']} {t['found']}/{t['planted']}" for t in quieter["trials"])
        console.print(Text(told, "green").append(f"; finds {found}" if found else "", "dim"))


def _show_trials(
    console: Console, trials: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]
) -> None:
    from rich.table import Table  # noqa: PLC0415 - `--help` needs none

    if not trials:
        return
    was = {each["change"]: each for each in before}
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2))
    table.add_column("  planted")
    for column in ("found", "by chance", "half within", *(["before"] if was else [])):
        table.add_column(column, justify="right")
    for each in trials:
        delay = each["median_delay_seconds"]
        old = was.get(each["change"])
        table.add_row(
            f"  {each['change']}",
            _share(each),
            f"{each['by_chance']} of {each['planted']}",
            "" if delay is None else _span(delay),
            *([Text(f"{old['found']} of {old['planted']}") if old else ""] if was else []),
        )
    console.print(table)


def _share(trial: Mapping[str, Any]) -> Text:
    knows = trial["knows"] or 0.0
    colour = "green" if knows >= 0.8 else "yellow" if knows >= 0.4 else "dim"
    return Text(f"{trial['found']} of {trial['planted']}", colour)


def _strip(alarms: Sequence[Mapping[str, Any]], start: datetime, stop: datetime) -> Text:
    """The span from left to right, and where an alarm was open."""
    worst = [-1] * _WIDE
    size = (stop - start) / _WIDE
    for each in alarms:
        first = int((_time(each["at"]) - start) / size)
        until = _time(each["until"]) if each["until"] else stop
        last = max(first, int((until - start) / size - 1e-9))
        for place in range(max(first, 0), min(last + 1, _WIDE)):
            worst[place] = max(worst[place], _RANKS.index(each["severity"]))
    text = Text()
    for rank in worst:
        text.append("█" if rank >= 0 else "▁", _COLOURS[_RANKS[rank]] if rank >= 0 else "dim")
    return text


def _alarm(alarm: Mapping[str, Any]) -> Text:
    until = f"{_time(alarm['until']):%d %b %H:%M}" if alarm["until"] else "still open"
    line = Text(f"  {_time(alarm['at']):%d %b %H:%M} to {until:<12}  ")
    line.append(f"{alarm['severity']:<8} ", _COLOURS[alarm["severity"]])
    return line.append(alarm["reason"])


def _alarms(outcome: Mapping[str, Any]) -> str:
    said = many(outcome["alarm_count"], "alarm")
    if not outcome["alarm_count"]:
        return said
    hours = outcome["seconds_in_alarm"] / _HOUR
    short = f", {outcome['short_alarms']} at once over" if outcome["short_alarms"] else ""
    return f"{said}, {outcome['alarms_a_week']:.1f} a week, {hours:.0f} h in all{short}"


def _key(outcome: Mapping[str, Any]) -> tuple[str, str, str]:
    return outcome["monitor"], outcome["version"], outcome["segment"]


def _name(outcome: Mapping[str, Any]) -> str:
    return " ".join(part for part in _key(outcome) if part)


def _time(told: str) -> datetime:
    return datetime.fromisoformat(told)


def _span(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", _HOUR), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:g} s"
