"""The configuration: read once, refused with the place of the mistake."""

from pathlib import Path

import pytest

from tidegauge.config import Config, load
from tidegauge.errors import InputError


def written(tmp_path, text):
    path = tmp_path / "tidegauge.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_nothing_said_is_the_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load(environment={}) == Config()


def test_the_environment_holds_over_the_file(tmp_path):
    path = written(tmp_path, "data: here\nweb:\n  port: 1\n  host: 0.0.0.0\n")
    config = load(path, {"TIDEGAUGE_WEB_PORT": "2", "TIDEGAUGE_LOG_CAP_GIB": "0.5"})
    assert (config.data, config.web.port, config.web.host) == (Path("here"), 2, "0.0.0.0")  # noqa: S104
    assert config.log.cap_gib == 0.5


def test_a_file_is_found_by_its_name_or_by_the_environment(tmp_path, monkeypatch):
    written(tmp_path, "keep: {hot_days: 7}")
    monkeypatch.chdir(tmp_path)
    assert load(environment={}).keep.hot_days == 7
    other = tmp_path / "other.yaml"
    other.write_text("keep: {hot_days: 8}", encoding="utf-8")
    assert load(environment={"TIDEGAUGE_CONFIG": str(other)}).keep.hot_days == 8


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("web:\n\tport: 1", "tidegauge.yaml:2:1"),
        ("web: {port: 1}\nweb: {port: 2}", "tidegauge.yaml:2:1"),
        ("a: &a [1]\nb: *a", "tidegauge.yaml:2:4"),
        ("data: !!python/object/apply:os.system ['true']", "tidegauge.yaml:1:7"),
        ("[1, 2", "tidegauge.yaml:1:"),
        ("- 1", "keys and values"),
        (b"\xff\xfeaa", "not UTF-8"),
        ("wep: {}", "did you mean 'web'"),
        ("web: {prot: 1}", "web.prot: unknown key; did you mean 'port'"),
        ("web: {port: many}", "web.port"),
        ("web: {port: 70000}", "web.port"),
        ("logging: {level: loud}", "logging.level"),
        ("#" * 1_100_000, "too many"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, text, told):
    with pytest.raises(InputError) as caught:
        load(written(tmp_path, text), {})
    assert told in str(caught.value)


def test_a_wrong_variable_is_named_without_its_value(tmp_path):
    with pytest.raises(InputError) as caught:
        load(written(tmp_path, ""), {"TIDEGAUGE_WEB_PORT": "canary"})
    assert "TIDEGAUGE_WEB_PORT" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        load(tmp_path / "none.yaml", {})
