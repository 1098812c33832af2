"""Signing in with a certified provider: each algorithm, userinfo, and what it refuses itself."""

import asyncio

import pytest

from openid_provider import SECRET, Browser, OpenIdProvider
from tidegauge.oidc.errors import SignInError
from tidegauge.oidc.settings import Settings
from tidegauge.oidc.sign_in import Answer, SignIn

HOME = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def provider():
    with OpenIdProvider(HOME) as running:
        yield running


def sign_in_with(provider, algorithm="RS256", **more):
    told = {"client_id": f"tidegauge-{algorithm}", "client_secret": SECRET, **more}
    return SignIn(Settings(issuer=provider.issuer, **told), HOME)


def there_and_back(sign_in, login, **more):
    """What was kept by the browser, and what it brings back."""
    address, kept = asyncio.run(sign_in.begin("/models"))
    with Browser() as browser:
        place, told = browser.sign_in(address, login, **more)
    assert place == f"{HOME}/api/v1/session/provider/return"
    answer = {name: told.get(name, "") for name in ("code", "state", "error")}
    return kept, Answer(**answer, issuer=told.get("iss", ""))


def finish(sign_in, kept, answer):
    return asyncio.run(sign_in.finish(sign_in.begun(kept), answer))


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_a_person_comes_in_whatever_the_algorithm(provider, algorithm):
    sign_in = sign_in_with(provider, algorithm)
    person = finish(sign_in, *there_and_back(sign_in, "ada"))
    assert (person.email, person.name, person.role) == ("ada@example.org", "Ada Lovelace", None)


def test_groups_make_a_role(provider):
    told = {"domains": ("example.org",), "roles": {"ml": "viewer", "ops": "admin", "x": "editor"}}
    scopes = ("openid", "email", "groups")
    sign_in = sign_in_with(provider, **told, scopes=scopes)
    assert finish(sign_in, *there_and_back(sign_in, "bob")).role == "admin"
    assert finish(sign_in, *there_and_back(sign_in, "mallory")).role is None


@pytest.mark.parametrize("login", ["eve", "nobody"])
def test_an_address_that_is_not_verified_is_none(provider, login):
    sign_in = sign_in_with(provider, trust_addresses=True)
    with pytest.raises(SignInError) as caught:
        finish(sign_in, *there_and_back(sign_in, login))
    assert caught.value.reason == "unverified"


def test_who_does_not_agree_is_told_so(provider):
    sign_in = sign_in_with(provider)
    with pytest.raises(SignInError, match="access_denied") as caught:
        finish(sign_in, *there_and_back(sign_in, "ada", agrees=False))
    assert caught.value.reason == "cancelled"


def test_an_answer_is_good_once(provider):
    sign_in = sign_in_with(provider)
    kept, answer = there_and_back(sign_in, "ada")
    finish(sign_in, kept, answer)
    with pytest.raises(SignInError, match="came before") as caught:
        finish(sign_in, kept, answer)
    assert caught.value.reason == "stale"


def test_anothers_code_is_of_no_use(provider):
    """It was given for their verifier; the provider finds that it is not ours."""
    sign_in = sign_in_with(provider)
    _kept, theirs = there_and_back(sign_in, "ada")
    kept, mine = there_and_back(sign_in, "bob")
    mixed = Answer(code=theirs.code, state=mine.state, issuer=mine.issuer)
    with pytest.raises(SignInError, match="400, invalid_grant") as caught:
        finish(sign_in, kept, mixed)
    assert caught.value.reason == "wrong"


def test_a_wrong_secret_is_told_to_admins(provider):
    sign_in = sign_in_with(provider, client_secret="another")  # noqa: S106 - a wrong one
    with pytest.raises(SignInError, match="401, invalid_client"):
        finish(sign_in, *there_and_back(sign_in, "ada"))


def test_logging_out_there_is_as_configured(provider):
    with Browser() as browser:
        there = asyncio.run(sign_in_with(provider, end_session=True).ends_at())
        assert there.startswith(f"{provider.issuer}/session/end?client_id=tidegauge-RS256&")
        assert browser.get(there).status_code == 200
    assert asyncio.run(sign_in_with(provider).ends_at()) == "/"


def test_who_is_not_there_is_told_so():
    with OpenIdProvider(HOME) as gone:
        sign_in = sign_in_with(gone)
    for _try in range(2):
        with pytest.raises(SignInError, match="no connection") as caught:
            asyncio.run(sign_in.begin("/"))
        assert caught.value.reason == "unreachable"
