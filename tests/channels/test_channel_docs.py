"""What the page on channels shows is what channels take and send."""

import json
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from tidegauge.alert.channels import ADAPTER, KINDS
from tidegauge.alert.channels.webhook import key_of, made_secrets, signed

PAGE = (Path(__file__).parents[2] / "docs/how-to/channels.md").read_text(encoding="utf-8")
DOCUMENTS = [json.loads(each) for each in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def test_every_kind_is_shown():
    assert {each["kind"] for each in DOCUMENTS} == set(KINDS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each["kind"])
def test_what_is_shown_is_taken(document):
    mended = json.loads(
        json.dumps(document, ensure_ascii=False).replace("…", "0123456789abcdefghijklmnop")
    )
    if document["kind"] == "apprise":
        mended["urls"] = ["tgram://123456789:abcdefghijklmnopqrstuvwxyz012345678/1234567"]
    ADAPTER.validate_python(mended)


def test_the_signature_is_checked_as_it_is_shown():
    known = {}
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "channels.md", "exec"), known)  # noqa: S102 - our own documentation
    (secret,) = (each.get_secret_value() for each in made_secrets())
    other = SecretStr("x" * 24).get_secret_value()
    headers = signed("id", 1000, b"{}", [key_of(other), key_of(secret)])
    assert known["is_genuine"](secret, headers, b"{}", now=1100)
    assert not known["is_genuine"](secret, headers, b"{ }", now=1100)
    assert not known["is_genuine"](secret, headers, b"{}", now=2000)
    assert not known["is_genuine"](secret, signed("id", 1000, b"{}", [b"x" * 24]), b"{}", now=1100)
