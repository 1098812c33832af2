"""What a provider signed about somebody who signs in: checked before anything in it is read.

Signed by the provider's own key, with an algorithm for which the public half is enough; for us, by
the provider that was asked, for this very login, and not long ago (OpenID Connect Core, 3.1.3.7).
"""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tidegauge.oidc.errors import SignInError
from tidegauge.oidc.provider import Jwk

# Neither `none` nor HS*, in which whoever can check can also sign.
_KINDS: Final[dict[str, tuple[str, str | None]]] = {
    "RS256": ("RSA", None),
    "PS256": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
}
_CLOCKS_APART_S: Final = 60
_NEEDED: Final = ["iss", "sub", "aud", "exp", "iat"]


class UnknownKeyError(SignInError):
    """None of the keys is the one that it says: the provider may have a new one."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    issuer: str
    client_id: str
    nonce: str


def claims_of(token: str, keys: Sequence[Jwk], expected: Expected) -> dict[str, Any]:
    """SignInError for anything that is not as it must be."""
    import jwt  # noqa: PLC0415 - an extra

    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in _KINDS:
            raise SignInError("wrong", "the token is signed in a way that is not trusted")
        claims = _verified(token, _fitting(keys, algorithm, header.get("kid")), algorithm, expected)
    except jwt.PyJWTError as error:
        # Its message may repeat what the token says.
        raise SignInError("wrong", f"the token is not good: {type(error).__name__}") from None
    _check(claims, expected)
    return claims


def _fitting(keys: Iterable[Jwk], algorithm: str, name: object) -> list[Jwk]:
    kind, curve = _KINDS[algorithm]
    found = [
        each
        for each in keys
        if each.get("kty") == kind
        and (curve is None or each.get("crv") == curve)
        and each.get("use", "sig") == "sig"
        and each.get("alg", algorithm) == algorithm
        and (name is None or each.get("kid") == name)
    ]
    if not found:
        raise UnknownKeyError("wrong", "the token is signed with a key that the provider has not")
    return found


def _verified(
    token: str, keys: Sequence[Jwk], algorithm: str, expected: Expected
) -> dict[str, Any]:
    import jwt  # noqa: PLC0415 - as above

    for key in keys:
        try:
            return jwt.decode(
                token,
                jwt.PyJWK(key, algorithm),
                algorithms=[algorithm],
                audience=expected.client_id,
                issuer=expected.issuer,
                leeway=_CLOCKS_APART_S,
                options={"require": _NEEDED, "enforce_minimum_key_length": True},
            )
        except jwt.InvalidSignatureError:
            # Without a name in the token each may be the one.
            continue
    raise UnknownKeyError("wrong", "the token's signature is of none of the provider's keys")


def _check(claims: dict[str, Any], expected: Expected) -> None:
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode("utf-8", "surrogatepass"), expected.nonce.encode()
    ):
        raise SignInError("wrong", "the token is of another login: its nonce differs")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else expected.client_id) != expected.client_id:
        raise SignInError("wrong", "the token was made for another client: azp differs")
