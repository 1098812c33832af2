"""A certified OpenID provider as a peer for tests, and somebody's browser who signs in there."""

import json
import re
import shutil
import socket
import subprocess
import tempfile
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest

HERE = Path(__file__).parent / "oidc"
SECRET = "a secret with: + & % of the client's"  # noqa: S105 - of these tests only
PEOPLE = {
    "ada": {"email": "Ada@Example.org", "email_verified": True, "name": "Ada Lovelace"},
    "bob": {"email": "bob@example.org", "email_verified": True, "groups": ["ml", "ops"]},
    "eve": {"email": "ada@example.org", "email_verified": False},
    "mallory": {"email": "mallory@evil.example", "email_verified": True, "groups": ["ops"]},
    "nobody": {},
}


def free_home():
    """An address at which a server of ours can be started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


class OpenIdProvider:
    """Redirects to one server of ours, at `home`.  Its clients are `tidegauge-<algorithm>`."""

    def __init__(self, home):
        if not (HERE / "node_modules" / "oidc-provider").is_dir():
            pytest.skip("no OpenID provider is installed; scripts/install-oidc-provider does it")
        told = {"home": home, "secret": SECRET, "people": PEOPLE}
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [shutil.which("node"), "provider.js", json.dumps(told)],
            cwd=HERE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.issuer = self._process.stdout.readline().strip()
        assert self.issuer, "the provider did not start"

    def stop(self):
        self._process.kill()
        self._process.wait(30)
        self._process.stdout.close()
        self._log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self.stop()


class Browser:
    """Fills the provider's forms in, as a person does, until it is sent elsewhere."""

    def __init__(self):
        self._http = httpx.Client(timeout=30, trust_env=False)
        self.get = self._http.get

    def sign_in(self, address, login, *, agrees=True):
        """What the provider has the browser bring back, and where to."""
        issuer = "{0.scheme}://{0.netloc}".format(urlsplit(address))
        answer = self._http.get(address)
        while True:
            if answer.is_redirect:
                address = urljoin(str(answer.url), answer.headers["location"])
                if not address.startswith(issuer):
                    parts = urlsplit(address)
                    return parts._replace(query="").geturl(), dict(parse_qsl(parts.query))
                answer = self._http.get(address)
                continue
            answer.raise_for_status()
            if not agrees:
                answer = self._http.get(_found(r'href="([^"]*/abort)"', answer.text))
                continue
            form = {"prompt": _found(r'name="prompt" value="(\w+)"', answer.text)}
            if form["prompt"] == "login":
                form |= {"login": login, "password": "of no matter here"}
            answer = self._http.post(_found(r'action="([^"]+)"', answer.text), data=form)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._http.close()


def _found(pattern, text):
    found = re.search(pattern, text)
    assert found, text[:2000]
    return unescape(found[1])
