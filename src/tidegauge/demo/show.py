"""The demo from its start to its end: a month of history, where to look, then live traffic."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from tidegauge.arrow import Table
from tidegauge.client import Client
from tidegauge.demo import live, models, told
from tidegauge.demo.back_fill import KINDS, back_fill, days_of
from tidegauge.demo.made import Fault, Model
from tidegauge.demo.season import DAYS, HOURS
from tidegauge.demo.server import Server, Taken
from tidegauge.demo.stream import THINNED, Stream

_FOREVER: Final = 1 << 62
_Advance = Callable[[Stream], Callable[[int], None]]
_Waiting = Callable[[str], AbstractContextManager[None]]
_TOLD_EVERY: Final = 15


@dataclass(frozen=True, kw_only=True)
class Show:
    console: Console
    server: Server
    api_key: str
    seed: int
    days: float
    speed: float
    now: int
    answer: Callable[[Table], Table] = lambda rows: rows
    """Of the live calls, as the version that serves answers them."""

    @property
    def models(self) -> Sequence[Model]:
        return models(self.seed, self.now)

    @property
    def start(self) -> int:
        """On the hour, or the day, so that the same batches are sent when it is run again."""
        start = self.now - int(self.days * DAYS)
        return start - start % (DAYS if self.days >= 7 else HOURS)

    @property
    def past(self) -> list[Stream]:
        return [Stream(model, self.start, self.now, THINNED) for model in self.models]

    def back_fill(self) -> None:
        """First what the reference is made of, so that all that follows is counted by it once."""
        began = time.monotonic()
        week = min(self.start + int(min(7.0, self.days / 4) * DAYS), self.now)
        self.say(f"Seven models over {self.days:g} days, to {self.server.url}")
        for model in self.models:
            self.server.introduce(model)
        totals = dict.fromkeys(KINDS, Taken())
        with self._bars(week) as (advance, waiting):
            for stream in self.past:
                found = back_fill(
                    self.server, stream, "predictions", self.start, week, advance(stream)
                )
                totals["predictions"] += found
            with waiting("the worker counts"):
                refused = self._refer(week)
            for stream in self.past:
                for kind in KINDS:
                    since = week if kind == "predictions" else self.start
                    totals[kind] += back_fill(
                        self.server, stream, kind, since, self.now, advance(stream)
                    )
        self.say(
            f"Sent in {time.monotonic() - began:.0f} s: "
            + told.counted({kind: each.accepted for kind, each in totals.items()}, THINNED)
        )
        for kind, each in totals.items():
            if each.rejected:
                self.say(f"[red]{each.rejected:,} {kind} were refused:[/] {each.fault}")
        if refused:
            with self.console.status("the worker counts"):
                refused = self._refer(week)
        early = [
            fault.model_id for model in self.models for fault in model.faults if fault.start < week
        ]
        if early:
            self.say(
                f"[yellow]Of {', '.join(early)} the reference has the fault too,[/] so it hardly"
                " shows: send more days to see it."
            )
        if not self.server.wait_until_counted([model.model_id for model in self.models], still=0):
            self.say("The worker still counts them: the charts are whole in a minute or so.")
        for words, names in refused.items():
            self.say(f"[yellow]No reference of the first week[/] for {', '.join(names)}: {words}.")

    def _refer(self, week: int) -> dict[str, list[str]]:
        """Have all models compared with their first week; by reason, those which are not."""
        is_counted = self.server.wait_until_counted([model.model_id for model in self.models])
        refused: dict[str, list[str]] = {}
        for model in self.models:
            if words := self.server.refer(model.model_id, self.start, week):
                why = words if is_counted else f"{words} (the worker has not counted its rows yet)"
                refused.setdefault(why, []).append(model.model_id)
        return refused

    @contextmanager
    def _bars(self, week: int) -> Generator[tuple[_Advance, _Waiting]]:
        days = len(days_of(self.start, week)) + len(days_of(week, self.now))
        days += (len(KINDS) - 1) * len(days_of(self.start, self.now))
        columns = (
            TextColumn("  {task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rows]:>9,} records"),
        )
        with Progress(*columns, console=self.console) as bars:
            tasks = {
                model.model_id: bars.add_task(f"{model.model_id:<22}", total=days, rows=0)
                for model in self.models
            }
            sent = dict.fromkeys(tasks, 0)

            def advance(stream: Stream) -> Callable[[int], None]:
                name = stream.model.model_id

                def tell(rows: int) -> None:
                    sent[name] += rows
                    bars.update(tasks[name], advance=1, rows=sent[name])

                return tell

            @contextmanager
            def waiting(words: str) -> Generator[None]:
                task = bars.add_task(f"{words:<22}", total=None, rows=sum(sent.values()))
                yield
                bars.remove_task(task)

            yield advance, waiting

    def explain(self) -> None:
        """Where to look, what to try and what there is to find."""
        has_key = bool(self.api_key)
        self.say(
            f"\n[bold]Where to look[/]  {self.server.url}/api/v1/openapi.json lists all there is\n"
        )
        self.say("[bold]In a terminal[/]")
        for line in told.shell(self.server.url, self.now, has_key=has_key):
            self.quote(line)
        self.say("\n[bold]In Python[/]")
        for line in told.python(self.server.url, has_key=has_key):
            self.quote(line)
        planted = [fault for model in self.models for fault in model.faults]
        self.console.print()
        self.console.print(told.faults(planted, self.now))

    def go_live(self, past: Sequence[Stream] = ()) -> None:
        """Until it is interrupted; labels of the past come as they fall due."""
        on_air = [Stream(each, self.now, _FOREVER, speed=self.speed) for each in self.models]
        a_second = sum(model.per_day * model.calls for model in self.models) / 86_400 * self.speed
        # A server that asks for no key takes any; the client wants one.
        client = Client(self.server.url, self.api_key or "none")
        try:
            self.say(
                f"\n[bold]Live[/]  about {a_second:.0f} calls a second from seven models, through"
                " tidegauge.Client.  Ctrl-C ends it."
            )
            live.run(
                live.Live(client, on_air, past, self.answer),
                time.time,
                time.sleep,
                lambda sent, faults: self._tell(client, sent, faults),
                every=_TOLD_EVERY,
            )
        finally:
            client.close(timeout=5)
            self.say(f"\n{told.total(client.stats())}.")

    def _tell(self, client: Client, sent: live.Sent, faults: Sequence[Fault]) -> None:
        self.say(told.sending(sent, datetime.now(UTC).astimezone()))
        for fault in faults:
            self.say(f"[bold yellow]{fault.model_id}: {fault.what}[/]  Find: {fault.finds}.")
        if words := told.trouble(client.stats()):
            self.say(f"[yellow]{words}[/]")

    def say(self, words: str) -> None:
        self.console.print(words, highlight=False)

    def quote(self, line: str) -> None:
        """As it is, on one line, to be copied."""
        self.console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)
