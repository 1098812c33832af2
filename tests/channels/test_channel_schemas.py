"""What providers publish of the messages they take, held against ours.

The schema of Adaptive Cards is Microsoft's own, see `schemas/README.md`.  Slack publishes none: its
limits are those of the reference of Block Kit (docs.slack.dev/reference/block-kit), which the types
of the npm package @slack/types 3.2.0 repeat in their comments.
"""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import orjson
import pytest
from channel_notices import AT, EVERYTHING, FAMILY, HOSTILE, ID, TEST
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.alert.channels import slack, teams
from tidegauge.alert.channels.text import size
from tidegauge.alert.notice import KINDS, Digest, Feature, Finding, Links, Listed, Notice
from tidegauge.monitor.severity import RANK

HERE = Path(__file__).parent
CARD = jsonschema_rs.validator_for(
    json.loads((HERE / "schemas" / "adaptive-card-1.4.json").read_text(encoding="utf-8")),
    validate_formats=True,
)
TEXTS = {"plain_text": {"type", "text", "emoji"}, "mrkdwn": {"type", "text", "verbatim"}}
BLOCKS = {
    "header": {"type", "text"},
    "section": {"type", "text"},
    "context": {"type", "elements"},
}
ATTACHMENT = {"color", "fallback", "title", "title_link", "fields", "footer", "ts", "mrkdwn_in"}

PIECES = (
    HOSTILE,
    FAMILY,
    FAMILY * 100,
    "&<>" * 200,
    "*_~`",
    "\n> quoted",
    " _x_ ",
    ":tada:",
    "\ud800",
    "\x00",
    "\U0001f1e9\U0001f1ea" * 50,
    "e" + "\u0301" * 50,
    "\u202e",
    "https://evil.example/?a=1&b=<2>",
    "W" * 3100,
    "name",
)
texts = st.one_of(st.text(max_size=20), st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
severities = st.sampled_from(list(RANK))
numbers = st.none() | st.floats()
times = st.integers(-(2**62), 2**62)
links = st.sampled_from(
    ["", "javascript:alert(1)", "https://a.example/?b=1&c=<d>|e", f"https://a.example/{'é' * 1900}"]
)
findings = st.builds(
    Finding,
    monitor=texts,
    severity=severities,
    what=texts,
    metric=texts,
    version=texts,
    segment=texts,
    value=numbers,
    baseline=numbers,
    change_percent=numbers,
    low=numbers,
    high=numbers,
    n=st.integers(0, 2**53),
    since=st.none() | times,
    features=st.lists(st.builds(Feature, name=texts, what=texts), max_size=20).map(tuple),
    more_features=st.integers(0, 10_000),
    is_over=st.booleans(),
)
listed = st.builds(
    Listed,
    incident=texts,
    title=texts,
    model=texts,
    severity=severities,
    state=st.sampled_from(["open", "resolved"]),
    kind=st.sampled_from(KINDS),
    link=links,
    is_silenced=st.booleans(),
)
digests = st.builds(
    Digest,
    by_model=st.dictionaries(texts, st.integers(1, 99), max_size=50),
    more_models=st.integers(0, 9),
    by_severity=st.dictionaries(severities, st.integers(1, 99)),
    worst=st.lists(listed, max_size=20).map(tuple),
    more=st.integers(0, 9),
)
notices = st.builds(
    Notice,
    id=st.just(ID + "1"),
    kind=st.sampled_from(KINDS),
    at=st.just(AT),
    title=texts,
    incident=st.sampled_from(["", ID + "2"]),
    tenant=texts,
    model=texts,
    family=st.sampled_from([None, "drift", "ops"]),
    state=st.sampled_from(["open", "resolved"]),
    severity=severities,
    description=texts,
    opened_at=st.none() | times,
    resolved_at=st.none() | times,
    reason=texts,
    who=texts,
    owner=texts,
    tags=st.none() | st.dictionaries(texts, texts, max_size=25),
    # As many as there can be, now and then: few examples would draw them one by one.
    findings=st.tuples(findings, st.sampled_from([0, 1, 3, 20])).map(
        lambda some: some[:1] * some[1]
    ),
    more_findings=st.integers(0, 99),
    actions=st.lists(texts, max_size=20).map(tuple),
    links=st.builds(Links, incident=links, dashboard=links, runbook=links | texts),
    suppressed=st.integers(0, 9),
    digest=st.none() | digests,
    is_possible_duplicate=st.booleans(),
)
hostile = settings(max_examples=200, deadline=None)


def faults_of_text(text, at_most):
    """Of a text object."""
    if not set(text) <= TEXTS[text["type"]] or not isinstance(text["text"], str):
        yield f"not a text: {text}"
    elif not 1 <= size(text["text"]) <= at_most or not text["text"].strip():
        yield f"{size(text['text'])} characters of {at_most}"


def faults_of_block(block):
    if set(block) != BLOCKS[block["type"]]:
        yield f"not a {block['type']}: {sorted(block)}"
    match block["type"]:
        case "header":
            yield from faults_of_text(block["text"], 150)
            if block["text"]["type"] != "plain_text":
                yield "markup in a header"
        case "section":
            yield from faults_of_text(block["text"], 3000)
        case _:
            if not 1 <= len(block["elements"]) <= 10:
                yield f"{len(block['elements'])} elements"
            for each in block["elements"]:
                yield from faults_of_text(each, 3000)


def faults_of(message):
    """What Slack would refuse, or cut."""
    if set(message) != {"text", "blocks", "attachments"}:
        yield f"not a message: {sorted(message)}"
    if not message["text"].strip() or size(message["text"]) > 40_000:
        yield "no text for who sees no blocks, or too much"
    if not 1 <= len(message["blocks"]) <= 50:
        yield f"{len(message['blocks'])} blocks"
    for block in message["blocks"]:
        yield from faults_of_block(block)
    if len(message["attachments"]) > 20:
        yield "more than 20 attachments"
    for each in message["attachments"]:
        if not set(each) <= ATTACHMENT or not each["fallback"].strip():
            yield f"not an attachment: {sorted(each)}"
        if size(each.get("title_link", "")) > 3000 or size(each["footer"]) > 300:
            yield "more than is shown"
        for field in each["fields"]:
            if set(field) != {"title", "value", "short"} or size(field["value"]) > 2000:
                yield f"not a field: {field}"


class TestSlack:
    @pytest.mark.parametrize("sample", EVERYTHING)
    def test_it_is_what_slack_takes(self, sample):
        assert not [*faults_of(slack.render(EVERYTHING[sample]))]

    @pytest.mark.parametrize("nothing", ["", "\x00", "\u202e"])
    def test_a_condition_without_words_is_said_to_be_one(self, nothing):
        notice = replace(TEST, findings=(Finding(monitor=nothing, severity="low", what=nothing),))
        message = slack.render(notice)
        assert not [*faults_of(message)]
        assert "*condition without a name*" in json.dumps(message)

    @hostile
    @given(notices)
    def test_whatever_the_text_it_is_what_slack_takes(self, notice):
        message = slack.render(notice)
        assert not [*faults_of(message)]
        assert orjson.dumps(message)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},
            {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}},
            {"type": "section", "text": {"type": "mrkdwn", "text": ""}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11},
            {"type": "context", "elements": []},
        ],
    )
    def test_what_slack_refuses_is_found(self, wrong):
        assert [*faults_of_block(wrong)]


def card_of(notice):
    """Its card, without what only Teams reads."""
    body = teams.render(notice)
    assert len(body) <= 28_000
    (attachment,) = json.loads(body)["attachments"]
    assert attachment["content"].pop("msteams") == {"width": "Full"}
    return attachment["content"]


def faults_of_card(card):
    return [f"{fault.instance_path}: {fault.message}"[:500] for fault in CARD.iter_errors(card)]


class TestTeams:
    @pytest.mark.parametrize("sample", EVERYTHING)
    def test_it_is_an_adaptive_card(self, sample):
        card = card_of(EVERYTHING[sample])
        assert card["version"] == "1.4"
        assert not faults_of_card(card)

    @hostile
    @given(notices)
    def test_whatever_the_text_it_is_an_adaptive_card(self, notice):
        card = card_of(notice)
        assert not faults_of_card(card)
        # Teams shows at most six.
        assert len(card["actions"]) <= 6

    @pytest.mark.parametrize(
        "wrong",
        [
            {"type": "TextBlok", "text": "x"},
            {"type": "TextBlock"},
            {
                "type": "RichTextBlock",
                "inlines": [{"type": "TextRun", "text": "x", "color": "red"}],
            },
            {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": 1}]},
            {"type": "RichTextBlock", "inlines": [], "spacing": "huge"},
        ],
    )
    def test_what_is_no_card_is_found(self, wrong):
        card = card_of(EVERYTHING["open"])
        assert faults_of_card({**card, "body": [*card["body"], wrong]})
