"""Matchers, alone and beside those of the real Alertmanager."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.alert.matchers import Matcher, is_everything, matches, parse
from tidegauge.errors import InputError

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
values = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.builds(Matcher, names, st.sampled_from(["=", "!="]), values)
patterns = st.builds(
    Matcher,
    names,
    st.sampled_from(["=~", "!~"]),
    st.sampled_from(["", "a|b", r"fraud-\d+", r'"\\n"', "(?i)A.*\n", r"[^\s\"]+$", "é?"]),
)


@given(plain | patterns)
def test_what_is_written_is_read_again(matcher):
    assert parse(str(matcher)) == matcher


@given(st.text())
def test_any_text_is_a_matcher_or_an_error_with_a_column(text):
    try:
        matcher = parse(text)
    except InputError as error:
        matcher, why = None, str(error)
    assert parse(str(matcher)) == matcher if matcher else ", column " in why


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("model=a", "a"),
        ("  model = a b  ", "a b"),
        ("model=", ""),
        ('model=""', ""),
        ('model="a b "', "a b "),
        (r'model="a\"b\\c\nd"', 'a"b\\c\nd'),
        (r'model="\d\."', r"\d\."),
        (r"model=a\nb", "a\nb"),
        ("model=a,b", "a,b"),
        (r'model="a\\"', "a\\"),
        ("model==a", "=a"),
        ('model="it\'s"', "it's"),
    ],
)
def test_how_a_value_is_read(text, value):
    assert parse(text) == Matcher("model", "=", value)


@pytest.mark.parametrize(
    ("text", "column", "why"),
    [
        ("", 1, "begin with the name"),
        ("  ", 3, "begin with the name"),
        ('"model"="a"', 1, "begin with the name"),
        ("model", 6, "is missing"),
        ("model ~ a", 7, "is missing"),
        ('model="a', 7, "never closed"),
        ('model="', 7, "never closed"),
        (r'model="a\"', 7, "never closed"),
        ('model=a"b"', 8, "a quote within"),
        ('model="a"b', 10, "nothing may follow"),
        ('model="a" b="c"', 10, "nothing may follow"),
        ("model=~(a", 8, "no pattern"),
        ("model=~a)|(b", 8, "no pattern"),
        ("model=~(?=a)", 8, "no pattern"),
        (r'model=~"(a)\1"', 8, "no pattern"),
        ("model=~(a{999}){999}", 8, "no pattern"),
        ("model=" + 5000 * "a", 7, "4096 are allowed"),
        ("model=\ud800", 7, "half a character"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, column, why):
    with pytest.raises(InputError, match=rf"column {column}: .*{why}"):
        parse(text)


def test_the_name_of_a_label_is_checked_where_a_matcher_is_made():
    with pytest.raises(InputError, match="no name of a label"):
        Matcher("a-b", "=", "")


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ('model=~"fraud"', {"model": "fraud-eu"}, False),
        ('model=~"a|ab"', {"model": "ab"}, True),
        ('model=~"a|b"', {"model": "ab"}, False),
        ('model=~"^a$"', {"model": "a"}, True),
        ('model=~"a.b"', {"model": "a\nb"}, False),
        ('model!~"fraud-.*"', {}, True),
        ('model=""', {}, True),
        ('model!=""', {}, False),
        ('model=~""', {"other": "a"}, True),
        ('model=~".+"', {"model": ""}, False),
        ("model=~é.", {"model": "éé"}, True),
    ],
)
def test_a_pattern_is_for_the_whole_value_and_a_missing_label_is_empty(text, labels, expected):
    assert matches([parse(text)], labels) is expected


def test_a_pattern_made_to_be_slow_is_not():
    hostile = parse('model=~"(a*)*b|(a|a)*c|(.*)*d"')
    assert not matches([hostile], {"model": "a" * 200_000})


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], True),
        (['model=~".*"'], True),
        (['model=~".+"'], True),
        (['model=~"(?s).+"', 'family!=""'], True),
        (['model!~"a.*"', 'team=""'], True),
        (['model="a"'], False),
        (['model=~"a.*"'], False),
        (['model=~".*"', 'family="drift"'], False),
        (['model=~"[a-z].*"'], False),
    ],
)
def test_what_leaves_nothing_out_is_known(texts, expected):
    assert is_everything(map(parse, texts)) is expected


LABELS = ("model", "family", "team", "segment")
PIECES = ("a", "b", "ab", "-", ".", "A", "é", "0", "\n", '"', "\\", " ", "fraud")
ATOMS = (*PIECES[:9], r"\.", r"\\", "[a-f]", "[^a]", r"\d", r"\w", r"\s", r"\pL", "(?i:A)", "")
BROKEN = ("(", "a**", "[b-a]", "a{2000}", "(?=a)", r"\1", "(?<!a)b", "*", r"\Z", "x{2}{3}{400}")


def some_value(chance):
    return "".join(chance.choices(PIECES, k=chance.randint(0, 4)))


def some_pattern(chance, depth=0):
    def part():
        return some_pattern(chance, depth + 1) if depth < 3 else chance.choice(ATOMS)

    match chance.randrange(8):
        case 0 | 1:
            return chance.choice(ATOMS)
        case 2:
            return f"{part()}{part()}"
        case 3:
            return f"{part()}|{part()}"
        case 4:
            return f"({part()}){chance.choice('*+?')}"
        case 5:
            return f"(?:{part()}){{1,3}}"
        case 6:
            return chance.choice((f"^{part()}", f"{part()}$", f"(?s){part()}.*", f".*{part()}"))
        case _:
            return chance.choice((".*", ".+", f".*{part()}.*", chance.choice(BROKEN)))


def some_matcher(chance):
    operator = chance.choice(("=", "!=", "=~", "!~"))
    value = some_pattern(chance) if "~" in operator else some_value(chance)
    return chance.choice(LABELS), operator, value


@pytest.fixture(scope="module")
def crowd(alertmanager):
    """500 sets of labels, by their id, that Alertmanager has alerts of."""
    chance = random.Random(8)
    labels = [
        # It wants at least one label.
        {"id": str(number)} | {name: some_value(chance) for name in LABELS if chance.random() < 0.8}
        for number in range(500)
    ]
    alertmanager.post_alerts(labels)
    return {each["id"]: each for each in labels}


def test_it_reads_what_alertmanager_reads(alertmanager, crowd):
    """Matchers as text: written by us, by hand, and broken."""
    chance = random.Random(2)
    refused = 0
    for _ in range(300):
        name, operator, value = some_matcher(chance)
        text = chance.choice(
            (
                f'{name}{operator}"{value}"',
                f" {name} {operator} {value} ",
                f'{name}{operator}"{value}',
                f'{name} {chance.choice(("~", "==", "=", "!"))}"{value}"',
            )
        )
        answer = alertmanager.alerts(text)
        try:
            matcher = parse(text)
        except InputError:
            assert answer is None, text
            refused += 1
            continue
        assert answer is not None, text
        expected = {each for each, labels in crowd.items() if matches([matcher], labels)}
        assert {alert["labels"]["id"] for alert in answer} == expected, text
        answer = alertmanager.alerts(str(matcher), 'id=~".?.?7"')
        seven = {each for each in expected if each.endswith("7")}
        assert {alert["labels"]["id"] for alert in answer} == seven, text
    assert 50 < refused < 200


def test_it_silences_whom_alertmanager_silences(alertmanager, crowd):
    chance = random.Random(25)
    start = datetime.now(UTC)
    silences = {}
    refused = 0
    for _ in range(300):
        told = [some_matcher(chance) for _ in range(chance.choice((1, 1, 2, 3)))]
        # It wants at least one matcher that a missing label does not satisfy.
        silence = alertmanager.post_silence(
            [("id", "!=", ""), *told], start, start + timedelta(hours=1)
        )
        try:
            ours = [Matcher(*each) for each in told]
        except InputError:
            ours = None
        assert (silence is None) == (ours is None), told
        if silence is None:
            refused += 1
        else:
            silences[silence] = ours
    counts = dict.fromkeys(silences, 0)
    for alert in alertmanager.alerts():
        labels = crowd[alert["labels"]["id"]]
        expected = {silence for silence, ours in silences.items() if matches(ours, labels)}
        assert set(alert["status"]["silencedBy"]) == expected, labels
        assert alert["status"]["state"] == ("suppressed" if expected else "active")
        for silence in expected:
            counts[silence] += 1
    assert 10 < refused < 100
    assert sum(0 < count < 500 for count in counts.values()) > 100
