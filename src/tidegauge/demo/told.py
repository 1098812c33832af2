"""What the demo says: where to look, what to try, what is planted, what is being sent."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Shown

from tidegauge.client import Stats
from tidegauge.demo.live import Sent
from tidegauge.demo.made import Fault
from tidegauge.demo.season import DAYS
from tidegauge.demo.sink import Arrived
from tidegauge.window import DAY, HOUR, MINUTE, SECOND


def faults(planted: Iterable[Fault], now: int) -> Shown:
    table = Shown(
        title="What is planted, and what you should find",
        title_justify="left",
        title_style="bold",
        box=SIMPLE,
        padding=(0, 1, 1, 1),
        show_edge=False,
    )
    table.add_column("Model, since", no_wrap=True)
    table.add_column("Fault", ratio=2, overflow="fold")
    table.add_column("You should find", ratio=3, overflow="fold")
    for fault in planted:
        table.add_row(f"{fault.model_id}\n{ago(fault.start, now)}", fault.what, fault.finds)
    return table


def ago(at: int, now: int) -> str:
    """
    >>> ago(0, 40 * 3600 * SECOND), ago(5 * 60 * SECOND, 0), ago(0, 3 * 86400 * SECOND)
    ('40 h ago', 'in 5 min', '3 days ago')
    """
    seconds = abs(now - at) // SECOND
    if seconds >= 2 * DAY and seconds % DAY == 0:
        words = f"{seconds // DAY} days"
    elif seconds >= HOUR:
        words = f"{seconds // HOUR} h"
    else:
        words = f"{max(round(seconds / MINUTE), 1)} min"
    return f"{words} ago" if at <= now else f"in {words}"


def shell(url: str, now: int, *, has_key: bool) -> list[str]:
    """A few lines for a terminal."""
    key = ' -H "Authorization: Bearer $TIDEGAUGE_API_KEY"' if has_key else ""
    return [f"curl -s{key} '{url}{path}'" for path in paths(now)]


def paths(now: int) -> list[str]:
    models = "/api/v1/models"
    amount = "feature=features.amount&metric=psi&segment=tags.channel%3Dapp"
    return [
        # From the first whole minute on: which columns moved, since when, how far and how bad.
        f"{models}/card-fraud/readings?monitor=drift&limit=1",
        f"{models}/trading-signal/status",
        f"{models}/card-fraud/drift?{amount}&step=86400&start_time={_day(now - 7 * DAYS)}",
        f"{models}/page-personalisation/traffic?segment=tags.variant%3DB&step=3600",
        # Who was told of what, and what is to be done.
        "/api/v1/incidents",
    ]


def python(url: str, *, has_key: bool) -> list[str]:
    """Five lines of Python."""
    key = ', headers={"Authorization": "Bearer " + os.environ["TIDEGAUGE_API_KEY"]}'
    return [
        f"import httpx{', os' if has_key else ''}",
        f'http = httpx.Client(base_url="{url}/api/v1/models"{key if has_key else ""})',
        'asked = {"segment": "tags.city=Lisbon"}',
        'for found in http.get("/restaurant-demand/quality", params=asked).json()["findings"]:',
        '    print(found["severity"], found["column"], found["message"])',
    ]


def _day(at: int) -> str:
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%dT00:00:00Z}"


def sending(sent: Sent, at: datetime) -> str:
    """One line about what was sent since the last."""
    models = ", ".join(f"{name} {count:,}" for name, count in sent.calls.items())
    known = f"{sent.labels:,} labels, {sent.feedback:,} feedback"
    return f"{at:%H:%M:%S}  {models}; {known}"


def arrived(console: Console, one: Arrived) -> None:
    """A notice, as it came to somebody."""
    at = f"{datetime.now(UTC).astimezone():%H:%M:%S}"
    console.print(f"{at}  [bold red]{one.by}[/]  {escape(one.what)}", highlight=False)


def trouble(stats: Stats) -> str:
    """What the client says is wrong, or nothing."""
    dropped = sum(stats.dropped.values())
    said: list[str] = []
    if stats.rejected:
        said.append(f"{stats.rejected:,} refused")
    if dropped:
        said.append(f"{dropped:,} dropped")
    if stats.queued > _MANY:
        said.append(f"{stats.queued:,} wait for the server")
    if not said:
        return ""
    why = f" ({stats.last_error})" if stats.last_error else ""
    return f"{', '.join(said)}{why}"


# Three seconds of all seven models, and room for a slow answer.
_MANY = 500


def total(stats: Stats) -> str:
    return (
        f"{stats.calls:,} records were logged live: {stats.acked:,} are with the server for good"
        + (f", {stats.calls - stats.acked:,} are not" if stats.calls > stats.acked else "")
    )


def counted(records: Mapping[str, int], thinned: int) -> str:
    words = ", ".join(f"{count:,} {kind}" for kind, count in records.items() if count)
    return (
        f"{words}. Each of these predictions stands for {thinned}, as its weight says, so live"
        " traffic goes on as high."
    )
