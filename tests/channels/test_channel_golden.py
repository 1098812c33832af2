"""What each channel says, whole; `TIDEGAUGE_GOLDEN=write` writes it anew, to be read as a diff."""

import json
import os
from io import StringIO
from pathlib import Path

import pytest
from channel_notices import SAMPLES

from tidegauge.alert.channels import alertmanager, console, letter, pagerduty, slack, teams, webhook
from tidegauge.alert.channels.plain import body, plain

GOLDEN = Path(__file__).parent / "golden"


def as_json(document):
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def written(notice):
    stream = StringIO()
    console.write(notice, stream)
    return stream.getvalue()


RENDERED = {
    "console.txt": written,
    "slack.json": lambda notice: as_json(slack.render(notice)),
    "teams.json": lambda notice: as_json(json.loads(teams.render(notice))),
    "pagerduty.json": lambda notice: as_json(pagerduty.events(notice)),
    "webhook.json": lambda notice: as_json(webhook.render(notice)),
    "alertmanager.json": lambda notice: as_json(alertmanager.render(notice, 86_400_000_000)),
    "mail.txt": lambda notice: f"{letter.subject(notice)}\n\n" + "\n".join(body(notice)) + "\n",
    "mail.html": letter.html,
}


@pytest.mark.parametrize("channel", RENDERED)
@pytest.mark.parametrize("sample", SAMPLES)
def test_it_says_what_it_said(sample, channel):
    path = GOLDEN / f"{sample}.{channel}"
    said = RENDERED[channel](SAMPLES[sample])
    if os.environ.get("TIDEGAUGE_GOLDEN") == "write":
        path.write_text(said, encoding="utf-8", newline="")
    assert said == path.read_bytes().decode()


def test_the_console_writes_what_is_plain_text():
    assert written(SAMPLES["open"]) == plain(SAMPLES["open"]) + "\n"


def test_no_file_is_left_over():
    assert {path.name for path in GOLDEN.iterdir()} == {
        f"{sample}.{channel}" for sample in SAMPLES for channel in RENDERED
    }
