"""People sign in with a certified provider, in a browser."""

import re

import pytest
from conftest import Whole
from playwright.sync_api import expect

from openid_provider import SECRET, OpenIdProvider, free_home

PASSWORD = "correct horse battery"  # noqa: S105 - of nobody


@pytest.fixture(scope="module")
def home():
    return free_home()


@pytest.fixture(scope="module")
def provider(home):
    with OpenIdProvider(home) as running:
        yield running


@pytest.fixture(scope="module")
def whole(tmp_path_factory, home, provider):
    told = {
        "TIDEGAUGE_ALERTS_DASHBOARD": home,
        "TIDEGAUGE_OIDC_ISSUER": provider.issuer,
        "TIDEGAUGE_OIDC_NAME": "Example & Sons",
        "TIDEGAUGE_OIDC_CLIENT_ID": "tidegauge-ES256",
        "TIDEGAUGE_OIDC_CLIENT_SECRET": SECRET,
        "TIDEGAUGE_OIDC_DOMAINS": "example.org",
        "TIDEGAUGE_OIDC_DEFAULT_ROLE": "viewer",
        "TIDEGAUGE_OIDC_END_SESSION": "true",
    }
    folder = tmp_path_factory.mktemp("signed-in")
    made = Whole(folder / "data", port=int(home.rpartition(":")[2]), environment=told)
    yield made
    made.close()


def of_ours(mine):
    """What the console says of our own pages: the provider's are not our matter."""
    heard = []

    def hear(said):
        is_ours = said.location["url"].startswith(mine.whole.url)
        if is_ours and said.type in {"error", "warning"}:
            heard.append(said.text)

    mine.page.on("console", hear)
    return heard


def sign_in(page, login):
    page.get_by_role("link", name="Sign in with Example & Sons").click()
    page.get_by_placeholder("Enter any login").fill(login)
    page.get_by_placeholder("and password").fill("of no matter here")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_the_door(whole, look, scheme):
    for width in (1440, 390):
        mine = look(whole, login=False, scheme=scheme, width=width)
        page = mine.go("/?refused=unknown")
        expect(page.get_by_role("alert")).to_contain_text("may not log in here")
        expect(page.get_by_role("link", name="Sign in with Example & Sons")).to_be_visible()
        mine.keep(f"sign-in-{width}-{scheme}")
        assert not mine.unreadable()
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0
        assert not mine.complaints


def test_one_ends_on_the_page_that_one_asked_for(whole, look):
    mine = look(whole, login=False)
    complaints = of_ours(mine)
    page = mine.go("/incidents?state=all")
    sign_in(page, "ada")
    expect(page.get_by_role("heading", level=1)).to_have_text("Incidents")
    assert page.url == f"{whole.url}/incidents?state=all"
    # What comes by itself has the session, too.
    page.reload()
    page.get_by_role("button", name="You are ada@example.org").click()
    expect(page.get_by_text("viewer, tenant default")).to_be_visible()
    assert not complaints
    page.get_by_role("menuitem", name="Log out").click()
    page.get_by_role("button", name=re.compile("^Yes")).click()
    expect(page.get_by_role("link", name="Sign in with Example & Sons")).to_be_visible()
    assert page.url.startswith(f"{whole.url}/")


def test_who_may_not_come_in_is_told_so_and_can_still_log_in(whole, look):
    told = {"email": "grace@example.org", "password": PASSWORD, "role": "viewer"}
    whole.ask("POST", "members", json=told)
    mine = look(whole, login=False)
    complaints = of_ours(mine)
    page = mine.go("/monitors?q=x")
    sign_in(page, "mallory")
    expect(page.get_by_role("alert")).to_contain_text("may not log in here")
    page.get_by_label("Mail address").fill("grace@example.org")
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("monitors")
    assert not complaints


def test_who_turns_back_is_told_so(whole, look):
    mine = look(whole, login=False)
    page = mine.go("/")
    page.get_by_role("link", name="Sign in with Example & Sons").click()
    page.get_by_text("Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("You were not signed in")
    # The next try does not carry the last one along.
    href = page.get_by_role("link", name="Sign in with Example & Sons").get_attribute("href")
    assert "refused" not in href


def test_an_admin_lets_somebody_in_without_a_password(whole, look):
    mine = look(whole)
    page = mine.go("/access")
    page.get_by_role("button", name="Add", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Mail address").fill("mallory@evil.example")
    dialog.get_by_role("button", name="Add").click()
    expect(page.get_by_text("mallory@evil.example")).to_be_visible()
    assert not mine.complaints
