import io
from dataclasses import replace

import pytest
from example import HOSTILE, Report, amount, credit
from rich.console import Console

from tidegauge.report.terminal import render


def printed(report, *, width=80, verbose=False, **options):
    file = io.StringIO()
    Console(file=file, width=width, **options).print(render(report, verbose=verbose))
    return file.getvalue()


def test_the_verdict_comes_first_in_words():
    assert printed(credit()).startswith("▲ Drift detected  3 of 50 columns drifted")
    assert printed(credit(8, drifted=0)).startswith("● No drift")
    empty = Report(features=[], status="insufficient_data", sentence="No rows to compare")
    assert printed(empty).startswith("? Too little data to judge  No rows to compare")


def test_what_moved_is_listed_and_what_is_stable_is_counted():
    told = printed(credit())
    for name in ("loan_amount", "merchant_catego", "age_of_account", "retired_score"):
        assert name in told
    assert "tenure_1d" not in told
    assert "and 43 stable columns" in told


def test_a_verbose_report_lists_every_column():
    told = printed(credit(hostile=False), verbose=True)
    assert "tenure_1d" in told
    assert "stable columns" not in told
    assert told.count("stable numeric") + told.count("stable category") > 20


def test_few_columns_are_all_listed():
    assert "is_returning" in printed(credit(8, drifted=0))


def test_a_thousand_drifted_columns_are_cut_and_counted():
    told = printed(credit(1000, drifted=1000))
    assert told.count("drifted numeric") < 50
    assert "and 960 drifted columns" in told


def test_a_row_holds_the_effect_its_interval_the_chance_and_the_day():
    lines = printed(credit()).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("▲ loan_amount"))
    assert "11.7 pp Missing" in lines[at]
    assert "<0.001" in lines[at]
    assert "2024-05-06" in lines[at]
    assert "drifted numeric" in lines[at + 1]
    assert "11.4 to 12.0 pp" in lines[at + 1]


def test_the_drawing_shows_where_each_side_has_its_rows():
    told = printed(replace(credit(), features=[amount("age", 1.5)]), width=100).splitlines()
    at = next(n for n, line in enumerate(told) if line.startswith("▲ age"))
    reference, current = (
        "".join(mark for mark in line if mark in "▁▂▃▄▅▆▇█") for line in told[at : at + 2]
    )
    assert reference.index("█") == 5
    assert current.index(max(current)) > 6


def test_rows_that_all_lie_outside_the_axis_are_drawn_at_its_end():
    column = amount("age", 1.0)
    gone = replace(column.picture, current=[0.0] * 40, above=(0.0, 1.0))
    told = printed(replace(credit(), features=[replace(column, picture=gone)])).splitlines()
    at = next(n for n, line in enumerate(told) if line.startswith("▲ age"))
    assert told[at + 1].count("█") == 1
    assert told[at].index("█") < told[at + 1].index("█")


def test_a_column_that_cannot_be_judged_says_why():
    assert "one value only" in printed(credit())


def test_the_worst_three_say_what_to_look_at_next():
    told = printed(credit(columns=20, drifted=6), width=120)
    after = told[told.index("What to look at next") :]
    assert "Start with loan_amount" in after
    assert [f"{n}  " in after for n in (1, 2, 3)] == [True] * 3
    assert "4  " not in after
    assert "The median would have to fall" in after


def test_the_worst_findings_come_first_and_the_others_are_counted():
    told = printed(credit(), width=120)
    after = told[told.index("Data quality") :]
    assert after.index("12.1 % of rows are missing") < after.index("3.2 % of rows are values")
    assert "and 2 more" in after
    assert "feature_03" not in after
    assert "feature_03" in printed(credit(), width=120, verbose=True)


def test_a_wide_terminal_has_room_for_what_moved():
    assert "What moved" in printed(credit(), width=120)
    assert "What moved" not in printed(credit(), width=80)


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_no_line_is_longer_than_the_terminal(width):
    lines = printed(credit(), width=width, verbose=True).splitlines()
    assert [line for line in lines if len(line) > width] == []
    assert max(len(line.rstrip()) for line in lines) > width * 0.8


def test_a_given_width_narrows_a_wide_terminal():
    file = io.StringIO()
    Console(file=file, width=200).print(render(credit(), width=80))
    assert max(len(line.rstrip()) for line in file.getvalue().splitlines()) <= 80


def test_where_there_is_no_terminal_there_are_no_colours():
    assert "\x1b" not in printed(credit())


def test_no_color_is_honoured(monkeypatch):
    coloured = printed(credit(), force_terminal=True, color_system="truecolor")
    monkeypatch.setenv("NO_COLOR", "1")
    plain = printed(credit(), force_terminal=True, color_system="truecolor")
    assert "\x1b[1;31m" in coloured
    assert "\x1b[1;31m" not in plain
    assert "\x1b[33m" not in plain


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_poor_encoding_gets_letters_for_marks(encoding):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, errors="strict")
    Console(file=file, width=120).print(render(credit(), verbose=True))
    file.flush()
    told = raw.getvalue().decode("ascii")
    assert "!! loan_amount" in told
    assert "\\U0001f4b8" in told
    assert "@" in told


def test_a_name_cannot_steer_the_terminal():
    told = printed(credit(), verbose=True, width=160)
    assert not {"\x1b", "\x07", "\u202e", "\ud800"} & set(told)
    assert "red\\x1b[31m alert\\x07" in told
    assert "line one\\nline two" in told


def test_markup_in_a_name_is_text():
    told = printed(replace(credit(), features=[amount("[red]a[/red] [/]", 0.5)]), width=120)
    assert "[red]a[/red] [/]" in told


def test_every_hostile_name_can_be_shown_alone():
    for name in HOSTILE:
        assert "Drift detected" in printed(replace(credit(), features=[amount(name, 0.5)]))
