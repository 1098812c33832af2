"""What is not as it must be is refused: a provider signs, and says, what a test wants."""

import asyncio
import base64
import gzip
import hmac
import json
import re
import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.utils import base64url_encode

from tidegauge.oidc.errors import SignInError
from tidegauge.oidc.settings import Settings
from tidegauge.oidc.sign_in import Answer, SignIn

HOME = "http://127.0.0.1:1"
MEMBER = {"email": "ada@example.org", "email_verified": True}


def rsa_key(bits=2048):
    return rsa.generate_private_key(65537, bits)


@pytest.fixture(scope="module")
def keys():
    return {
        "RS256": rsa_key(),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
        "of another": rsa_key(),
        "short": rsa_key(1024),
        "ES384": ec.generate_private_key(ec.SECP384R1()),
    }


def jwk(key, kid, **more):
    kind = {"RSAPublicKey": "RS256", "ECPublicKey": "ES256"}.get(
        re.sub(r"^_", "", type(key.public_key()).__name__), "EdDSA"
    )
    made = jwt.get_algorithm_by_name(kind).to_jwk(key.public_key(), as_dict=True)
    return made | {"kid": kid} | more


class Forger:
    """An issuer whose answers are what is written into it."""

    def __init__(self):
        self.described, self.keys, self.answers, self.asked = {}, [], {}, []
        self.claims = {}
        self.sign = str
        forger = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                forger.asked.append(self.path)
                self._answer(forger.told(self.path))

            def do_POST(self):
                forger.asked.append(self.path)
                self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(forger.told(self.path))

            def _answer(self, told):
                status, body, headers = told
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def told(self, path):
        if path in self.answers:
            return self.answers[path]
        documents = {
            "/.well-known/openid-configuration": {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorization",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                **self.described,
            },
            "/keys": {"keys": self.keys},
            "/token": {"id_token": self.sign(self.claims), "access_token": "an access token"},
        }
        return 200, json.dumps(documents[path]).encode(), {}

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def forger(keys):
    made = Forger()
    made.keys = [jwk(keys[name], name) for name in ("RS256", "ES256", "EdDSA")]
    made.sign = signed(keys["RS256"], "RS256", "RS256")
    yield made
    made.close()


def signed(key, algorithm, kid, **more):
    headers = ({} if kid is None else {"kid": kid}) | more
    return lambda claims: jwt.encode(claims, key, algorithm, headers=headers)


def by_hand(algorithm, sign):
    """What the library would not sign."""

    def token(claims):
        parts = ({"alg": algorithm, "kid": "RS256"}, claims)
        body = b".".join(base64url_encode(json.dumps(each).encode()) for each in parts)
        return (body + b"." + base64url_encode(sign(body))).decode()

    return token


def sign_in(forger, *, change=None, login=None, **settings):
    """As what a person comes in to whom the forger gives a good token, but for the change."""
    told = {"client_id": "us", "client_secret": "x", **settings}
    login = login or SignIn(Settings(issuer=forger.issuer, **told), HOME)
    address, kept = asyncio.run(login.begin("/"))
    asked = parse_qs(urlsplit(address).query)
    now = int(time.time())
    claims = {
        "iss": forger.issuer,
        "aud": "us",
        "sub": "1",
        "iat": now,
        "exp": now + 300,
        "nonce": asked["nonce"][0],
        **MEMBER,
        **(change or {}),
    }
    forger.claims = {name: value for name, value in claims.items() if value is not None}
    answer = Answer(code="a-code", state=asked["state"][0])
    return asyncio.run(login.finish(login.begun(kept), answer))


def refused(forger, reason="wrong", **more):
    with pytest.raises(SignInError) as caught:
        sign_in(forger, **more)
    assert caught.value.reason == reason
    return caught.value.detail


def test_what_is_as_it_must_be_is_taken(forger):
    """All that is refused below differs from this in one thing."""
    assert sign_in(forger).email == "ada@example.org"
    assert sign_in(forger, change={"aud": ["us"], "azp": "us"}).email == "ada@example.org"


@pytest.mark.parametrize("name", ["ES256", "EdDSA"])
def test_other_algorithms_are_taken(forger, keys, name):
    forger.sign = signed(keys[name], name, name)
    assert sign_in(forger).email == "ada@example.org"


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "http://127.0.0.1:1"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"aud": ["another", "more"]},
        {"aud": ["us", "another"]},
        {"aud": ["us", "another"], "azp": "another"},
        {"azp": "another"},
        {"sub": None},
        {"exp": None},
        {"iat": None},
        {"exp": 1_000_000_000},
        {"exp": float("inf")},
        {"exp": []},
        {"iat": {}},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"nonce": None},
        {"nonce": ""},
        {"nonce": "of another login"},
        {"nonce": 1},
        {"nonce": "\ud800"},
    ],
)
def test_a_token_of_something_else_is_refused(forger, change):
    detail = refused(forger, change=change)
    assert "ada" not in detail


class TestSignatures:
    def test_none_is_none(self, forger):
        forger.sign = lambda claims: jwt.encode(claims, None, "none")
        assert "not trusted" in refused(forger)

    def test_what_all_who_check_can_sign_is_none(self, forger, keys):
        """The old trick: the public key, as everybody has it, taken for a shared secret."""
        public = keys["RS256"].public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        for known in (pem, json.dumps(forger.keys[0]).encode()):
            forger.sign = by_hand("HS256", partial(hmac.digest, known, digest="sha256"))
            assert "not trusted" in refused(forger)

    def test_a_shared_secret_among_the_keys_is_none(self, forger):
        secret = base64.urlsafe_b64encode(b"s" * 32).decode()
        forger.keys = [{"kty": "oct", "k": secret, "kid": "RS256"}]
        forger.sign = signed(b"s" * 32, "HS256", "RS256")
        refused(forger)

    def test_a_key_that_is_not_the_providers_is_none(self, forger, keys):
        forger.sign = signed(keys["of another"], "RS256", "RS256")
        assert "of none of the provider's keys" in refused(forger)

    def test_a_key_that_the_token_brings_along_is_none(self, forger, keys):
        own = jwk(keys["of another"], "own")
        forger.sign = signed(keys["of another"], "RS256", "own", jwk=own)
        refused(forger)

    def test_a_key_for_something_else_is_none(self, forger, keys):
        forger.keys = [jwk(keys["RS256"], "RS256", use="enc")]
        refused(forger)

    def test_a_key_of_another_algorithm_is_none(self, forger, keys):
        forger.keys = [jwk(keys["RS256"], "RS256", alg="PS256")]
        refused(forger)

    def test_a_short_key_is_none(self, forger, keys):
        forger.keys = [jwk(keys["short"], "RS256")]
        sign = partial(keys["short"].sign, padding=PKCS1v15(), algorithm=SHA256())
        forger.sign = by_hand("RS256", sign)
        assert "InvalidKeyError" in refused(forger)

    def test_another_curve_is_none(self, forger, keys):
        forger.keys = [jwk(keys["ES384"], "ES384")]
        forger.sign = signed(keys["ES384"], "ES384", "ES384")
        refused(forger)

    @pytest.mark.parametrize("token", ["", "a.b.c", "x" * 1000, "eyJhbGciOiJSUzI1NiJ9..", 7, None])
    def test_what_is_no_token_is_none(self, forger, token):
        forger.sign = lambda _claims: token
        refused(forger)

    def test_a_changed_claim_is_none(self, forger):
        sign = forger.sign

        def changed(claims):
            head, body, tail = sign(claims).split(".")
            told = json.loads(base64.urlsafe_b64decode(body + "=="))
            told["email"] = "root@example.org"
            body = base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")
            return f"{head}.{body}.{tail}"

        forger.sign = changed
        refused(forger)


class TestKeys:
    def test_a_new_one_is_found(self, forger, keys, monkeypatch):
        monkeypatch.setattr("tidegauge.oidc.provider._PAUSE_S", 0.0)
        settings = Settings(issuer=forger.issuer, client_id="us", client_secret="x")  # noqa: S106
        login = SignIn(settings, HOME)
        sign_in(forger, login=login)
        forger.keys = [jwk(keys["of another"], "new")]
        forger.sign = signed(keys["of another"], "RS256", "new")
        assert sign_in(forger, login=login).email == "ada@example.org"

    def test_who_makes_one_up_does_not_have_them_asked_for_again_and_again(self, forger, keys):
        settings = Settings(issuer=forger.issuer, client_id="us", client_secret="x")  # noqa: S106
        login = SignIn(settings, HOME)
        forger.sign = signed(keys["of another"], "RS256", "made up")
        for _try in range(5):
            refused(forger, login=login)
        assert forger.asked.count("/keys") == 1
        assert forger.asked.count("/.well-known/openid-configuration") == 1

    @pytest.mark.parametrize(
        "odd",
        [
            {"n": 7, "e": "AQAB"},
            {"n": "", "e": ""},
            {"n": "AQAB", "e": None},
            {"n": [], "e": {}},
            {"n": "\u00e9", "e": "AQAB"},
            {"x5c": ["no certificate"]},
        ],
    )
    def test_what_is_no_key_is_none(self, forger, odd):
        forger.keys = [{"kty": "RSA", "kid": "RS256"} | odd, 7, None]
        refused(forger)

    def test_without_a_name_each_is_tried(self, forger, keys):
        forger.keys = [jwk(keys["of another"], "1"), jwk(keys["RS256"], "2")]
        forger.sign = signed(keys["RS256"], "RS256", None)
        assert sign_in(forger).email == "ada@example.org"


class TestAnswers:
    @pytest.mark.parametrize(
        "described",
        [
            {"issuer": "https://login.example.org"},
            {"authorization_endpoint": "http://login.example.org/x"},
            {"token_endpoint": "http://login.example.org/x"},
            {"jwks_uri": "file:///etc/passwd"},
            {"jwks_uri": None},
            {"userinfo_endpoint": "http://login.example.org/x"},
            {"authorization_response_iss_parameter_supported": True},
        ],
    )
    def test_a_description_that_does_not_fit_is_refused(self, forger, described):
        forger.described = described
        refused(forger)

    @pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
    @pytest.mark.parametrize(
        ("reason", "answer"),
        [
            ("wrong", (200, b"[]", {})),
            ("wrong", (200, b"<html>", {})),
            ("wrong", (404, b"{}", {})),
            ("wrong", (302, b"", {"Location": "https://elsewhere.example"})),
            ("wrong", (200, gzip.compress(b"{}"), {"Content-Encoding": "gzip"})),
            ("unreachable", (503, b"{}", {})),
            ("unreachable", (429, b"{}", {})),
        ],
    )
    def test_what_is_no_good_document_is_refused(self, forger, path, reason, answer):
        forger.answers[path] = answer
        refused(forger, reason)
        assert not any("elsewhere" in each for each in forger.asked)

    def test_no_more_is_read_than_a_description_is_long(self, forger):
        forger.described = {"padding": "x" * 100_000}
        assert sign_in(forger).email
        forger.described = {"padding": "x" * 300_000}
        refused(forger)

    def test_what_an_error_says_is_not_repeated(self, forger):
        told = {"error": "<b>secret", "error_description": "secret"}
        forger.answers["/token"] = (400, json.dumps(told).encode(), {})
        assert "secret" not in refused(forger)

    def test_userinfo_about_somebody_else_is_refused(self, forger):
        forger.described = {"userinfo_endpoint": f"{forger.issuer}/userinfo"}
        told = {"sub": "2", "email": "root@example.org", "email_verified": True}
        forger.answers["/userinfo"] = (200, json.dumps(told).encode(), {})
        assert "sub differs" in refused(forger, change={"email": None})

    def test_an_address_is_not_verified_by_what_is_said_of_another(self, forger):
        forger.described = {"userinfo_endpoint": f"{forger.issuer}/userinfo"}
        told = {"sub": "1", "email": "ada@example.org", "email_verified": True}
        forger.answers["/userinfo"] = (200, json.dumps(told).encode(), {})
        found = sign_in(forger, change={"email": "root@example.org", "email_verified": None})
        assert found.email == "ada@example.org"

    @pytest.mark.parametrize("verified", [False, None, "true", 1, "false"])
    def test_an_address_that_is_not_verified_is_refused(self, forger, verified):
        refused(forger, "unverified", change={"email_verified": verified})

    def test_an_address_may_be_trusted_where_nothing_is_said(self, forger):
        assert sign_in(forger, change={"email_verified": None}, trust_addresses=True).email
        refused(forger, "unverified", change={"email_verified": False}, trust_addresses=True)
