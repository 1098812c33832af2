"""`tidegauge members`: with a password that is asked for, or without one."""

import pytest
from typer.testing import CliRunner

from tidegauge.cli import app
from tidegauge.web.members import Members

PASSWORD = "correct horse battery"  # noqa: S105 - of nobody
RUNNER = CliRunner()


@pytest.fixture
def add(tmp_path):
    def _add(*options, **more):
        told = ["members", "add", "ada@example.org", "--data", str(tmp_path), *options]
        answer = RUNNER.invoke(app, told, **more)
        assert answer.exit_code == 0, answer.output
        assert PASSWORD not in answer.output
        return Members(tmp_path)

    return _add


def test_a_password_is_asked_for_twice(add):
    members = add(input=f"{PASSWORD}\n{PASSWORD}\n")
    assert members.login("ada@example.org", PASSWORD)


def test_or_told_by_the_environment(add):
    assert add(env={"TIDEGAUGE_PASSWORD": PASSWORD}).login("ada@example.org", PASSWORD)


@pytest.mark.parametrize("tried", ["", PASSWORD])
def test_who_comes_by_the_provider_has_none(add, tried):
    members = add("--by-provider", "--role", "admin", env={"TIDEGAUGE_PASSWORD": PASSWORD})
    found = members.get("ada@example.org")
    assert (found.role, found.password_hash) == ("admin", "")
    assert members.login("ada@example.org", tried) is None
