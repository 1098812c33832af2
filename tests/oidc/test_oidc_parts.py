"""The parts of a login that ask nobody: settings, addresses, what a browser keeps, who one is."""

import contextlib
import string
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.config import load
from tidegauge.errors import InputError
from tidegauge.oidc.address import is_safe, own_path, with_query
from tidegauge.oidc.errors import REASONS, SignInError, words
from tidegauge.oidc.pending import LASTS_S, Pending, Seal
from tidegauge.oidc.person import person_of
from tidegauge.oidc.settings import Settings

HOME = "https://tidegauge.example.org"
WHOLE = {
    "TIDEGAUGE_OIDC_ISSUER": "https://login.example.org",
    "TIDEGAUGE_OIDC_CLIENT_ID": "us",
    "TIDEGAUGE_OIDC_CLIENT_SECRET": "canary",
    "TIDEGAUGE_ALERTS_DASHBOARD": HOME,
}


class TestSettings:
    def test_all_can_be_told_by_the_environment(self):
        more = {
            "TIDEGAUGE_OIDC_DOMAINS": "Example.org, example.com",
            "TIDEGAUGE_OIDC_ROLES": "ml=editor, cn=ops=admin",
            "TIDEGAUGE_OIDC_SCOPES": "openid,email",
        }
        found = load(None, WHOLE | more).oidc
        assert found.domains == ("example.org", "example.com")
        assert found.roles == {"ml": "editor", "cn=ops": "admin"}
        assert found.scopes == ("openid", "email")
        assert found.secret() == "canary"
        assert "canary" not in repr(found)

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"TIDEGAUGE_OIDC_ISSUER": "http://login.example.org"}, "https"),
            ({"TIDEGAUGE_OIDC_CLIENT_ID": ""}, "client_id"),
            ({"TIDEGAUGE_OIDC_CLIENT_SECRET": None}, "client_secret_file"),
            ({"TIDEGAUGE_OIDC_CLIENT_SECRET_FILE": "/x"}, "client_secret_file"),
            ({"TIDEGAUGE_OIDC_SCOPES": "email"}, "openid"),
            ({"TIDEGAUGE_OIDC_DEFAULT_ROLE": "viewer"}, "need domains"),
            ({"TIDEGAUGE_OIDC_ROLES": "ops=king", "TIDEGAUGE_OIDC_DOMAINS": "x.org"}, "roles"),
            ({"TIDEGAUGE_OIDC_DOMAINS": "@x.org"}, "domain"),
            ({"TIDEGAUGE_OIDC_TENANT": "No"}, "OIDC_TENANT"),
            ({"TIDEGAUGE_ALERTS_DASHBOARD": ""}, "alerts.dashboard"),
            ({"TIDEGAUGE_ALERTS_DASHBOARD": "http://tidegauge.example.org"}, "alerts.dashboard"),
        ],
    )
    def test_what_is_missing_is_told(self, change, told):
        environment = {k: v for k, v in (WHOLE | change).items() if v is not None}
        with pytest.raises(InputError) as caught:
            load(None, environment)
        assert told in str(caught.value)
        assert "canary" not in str(caught.value)

    def test_a_secret_may_be_in_a_file(self, tmp_path):
        file = tmp_path / "secret"
        told = {"issuer": HOME, "client_id": "us", "client_secret_file": file}
        for held in (None, b"", b" \n", b"\xff"):
            if held is not None:
                file.write_bytes(held)
            with pytest.raises(InputError, match="no secret"):
                Settings(**told).secret()
        file.write_text("canary\n")
        assert Settings(**told).secret() == "canary"


class TestAddresses:
    @given(st.text(alphabet="/\\:.@#?%&=\t\r\n \x00aé" + string.ascii_letters, max_size=40))
    def test_a_login_ends_on_a_page_of_ours(self, told):
        path = own_path(told)
        # As a browser reads it: a backslash is a slash, and controls are left out.
        read = path.replace("\\", "/")
        read = "".join(each for each in read if each > " ")
        ours, theirs = urlsplit(HOME), urlsplit(urljoin(HOME, read))
        assert (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)
        assert read == path
        # And so does what is sent where it was refused.
        assert urlsplit(urljoin(HOME, with_query(path, refused="stale"))).netloc == ours.netloc

    @pytest.mark.parametrize(
        "told",
        [
            *("//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example"),
            *("/\t/evil.example", "javascript:alert(1)", "", "models", "/" + "x" * 2000),
            *("/api/v1/session/provider/begin", "/models\r\nSet-Cookie: a=b"),
        ],
    )
    def test_another_is_the_first_page(self, told):
        assert own_path(told) == "/"

    @pytest.mark.parametrize("told", ["/", "/models/m?range=7d&where=%5Ba%5D#x", "/a//b"])
    def test_ours_is_kept(self, told):
        assert own_path(told) == told

    @pytest.mark.parametrize(
        "told",
        [
            *("http://example.org", "ftp://x", "https://", "https://a@b", "https://x/#y", "", "x"),
            *("https://x:port", "http://127.0.0.1.evil.example", "http://[::1", "https://bücher"),
        ],
    )
    def test_a_provider_is_asked_over_https(self, told):
        assert not is_safe(told)

    @pytest.mark.parametrize("told", ["https://x/y?z", "http://localhost:1", "http://[::1]:2/"])
    def test_or_on_this_machine(self, told):
        assert is_safe(told)


class TestWhatABrowserKeeps:
    def test_it_comes_back_whole(self):
        seal, begun = Seal(), Pending(path="/models?x=é", at=100.0)
        assert seal.opened(seal.sealed(begun), 100.0 + LASTS_S) == begun

    def test_it_ends(self):
        seal, begun = Seal(), Pending(path="/", at=100.0)
        for now in (99.0, 100.1 + LASTS_S):
            assert seal.opened(seal.sealed(begun), now) is None

    def test_another_servers_is_none(self):
        begun = Pending(path="/", at=100.0)
        assert Seal().opened(Seal().sealed(begun), 100.0) is None

    @given(st.integers(0, 400), st.characters(max_codepoint=127))
    def test_what_was_changed_is_none(self, place, letter):
        seal, begun = Seal(), Pending(path="/", at=100.0)
        kept = seal.sealed(begun)
        place %= len(kept)
        changed = kept[:place] + letter + kept[place + 1 :]
        assert (seal.opened(changed, 100.0) is None) == (changed != kept)

    @given(st.text())
    def test_what_was_made_up_is_none(self, told):
        assert Seal().opened(told, 100.0) is None

    def test_no_two_are_alike(self):
        made = [Pending(path="/", at=0.0) for _ in range(100)]
        secrets = [text for each in made for text in (each.state, each.nonce, each.verifier)]
        assert len(set(secrets)) == 300
        assert min(map(len, secrets)) >= 43


GROUPS = {"ml": "viewer", "dev": "editor", "ops": "admin"}


def person(email="ada@example.org", *, settings=None, **claims):
    told = {"domains": ("example.org",), "roles": GROUPS, **(settings or {})}
    return person_of({"email": email, "email_verified": True, **claims}, Settings(**told))


class TestWhoOneIs:
    @pytest.mark.parametrize(
        ("groups", "role"),
        [
            (["ml"], "viewer"),
            (["ml", "ops", "dev"], "admin"),
            ("dev", "editor"),
            (["other", 7, None, ["ops"], {"ops": 1}], None),
            ({"ops": True}, None),
            (None, None),
        ],
    )
    def test_the_highest_group_is_the_role(self, groups, role):
        assert person(groups=groups).role == role
        assert person(groups=groups, settings={"default_role": "viewer"}).role == (role or "viewer")

    @pytest.mark.parametrize(
        "email", ["ada@example.org.evil.example", "ada@sub.example.org", "ada@evil-example.org"]
    )
    def test_people_of_other_domains_become_no_members(self, email):
        assert person(email, groups=["ops"]).role is None

    @pytest.mark.parametrize(
        "email",
        [
            *("", "ada", "@example.org", "a@b@example.org", "a b@example.org", "a@example.org\n"),
            # Letters that look like another, or are one in lower case.
            *("\u212aate@example.org", "ada@exampl\u0435.org", "x" * 65 + "@example.org", 7, None),
        ],
    )
    def test_what_is_no_plain_address_is_refused(self, email):
        with pytest.raises(SignInError) as caught:
            person(email)
        assert caught.value.reason == "unverified"

    @given(
        st.dictionaries(
            st.sampled_from(["email", "email_verified", "name", "groups", "sub"]),
            st.recursive(
                st.none() | st.booleans() | st.text(max_size=9) | st.just("ada@example.org"),
                lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
                max_leaves=5,
            ),
        )
    )
    def test_whatever_is_told_is_somebody_or_refused(self, claims):
        with contextlib.suppress(SignInError):
            found = person_of(claims, Settings(domains=("example.org",), roles=GROUPS))
            assert claims["email_verified"] is True
            assert found.email == claims["email"].lower()

    def test_a_name_is_a_line_of_text(self):
        assert person(name="Ada Lovelace").name == "Ada Lovelace"
        assert [person(name=told).name for told in ("a\nb", "x" * 129, 7, None)] == [""] * 4


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_has_its_sentence(reason):
    told = words(reason, "Okta")
    assert told.endswith(".")
    assert "{" not in told


@given(st.text())
def test_a_made_up_reason_has_none(told):
    assert told in REASONS or words(told, "Okta") is None
