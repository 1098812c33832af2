"""The provider that people may sign in with, and who of them may come in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from tidegauge.errors import InputError
from tidegauge.oidc.address import is_safe

MemberRole = Literal["viewer", "editor", "admin"]
_LONGEST: Final = 4096


def _listed(told: object) -> object:
    """In the environment a list is one text, with commas."""
    if isinstance(told, str):
        return tuple(each.strip() for each in told.split(",") if each.strip())
    return told


def _paired(told: object) -> object:
    """In the environment: `group=role,group=role`."""
    if not isinstance(told, str):
        return told
    pairs = [each.rpartition("=") for each in told.split(",") if each.strip()]
    return {group.strip(): role.strip() for group, _, role in pairs}


def _issuer(told: str) -> str:
    if not is_safe(told) or "?" in told:
        raise ValueError("an issuer is an https address (http on this machine only)")
    return told


def _domain(told: str) -> str:
    if not told or "@" in told or not told.isascii():
        raise ValueError("a domain is what stands behind the @, as example.org")
    return told.lower()


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Annotated[
        Annotated[str, AfterValidator(_issuer)] | None,
        Field(description="The address of the OpenID provider; none is no such login."),
    ] = None
    name: Annotated[
        str, Field(min_length=1, max_length=40, description="On the button: Sign in with …")
    ] = "your organisation"
    client_id: Annotated[str, Field(description="As the provider knows this server.")] = ""
    client_secret: Annotated[
        SecretStr | None, Field(description="What the provider gave out with it.")
    ] = None
    client_secret_file: Annotated[
        Path | None, Field(description="The file that it stands in, instead.")
    ] = None
    scopes: Annotated[
        tuple[str, ...],
        BeforeValidator(_listed),
        Field(description="What is asked for; some providers want one more for groups."),
    ] = ("openid", "email", "profile")
    trust_addresses: Annotated[
        bool,
        Field(
            description="Take a mail address for verified where the provider says nothing about"
            " it (Entra ID). Where it says that it is not, it is refused."
        ),
    ] = False
    domains: Annotated[
        tuple[Annotated[str, AfterValidator(_domain)], ...],
        BeforeValidator(_listed),
        Field(description="Whose people become members at their first login, as example.org."),
    ] = ()
    default_role: Annotated[
        MemberRole | None,
        Field(description="Of such a new member: viewer, editor, admin; none is by group only."),
    ] = None
    groups_claim: Annotated[str, Field(description="Where the provider tells groups.")] = "groups"
    roles: Annotated[
        Mapping[str, MemberRole],
        BeforeValidator(_paired),
        Field(description="Of a new member by group, as `ml=editor,ops=admin`: the highest."),
    ] = {}
    tenant: Annotated[
        str,
        Field(pattern="^[a-z0-9][a-z0-9-]{0,62}$", description="To which new members belong."),
    ] = "default"
    end_session: Annotated[
        bool, Field(description="Whether logging out here logs out at the provider too.")
    ] = False

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.issuer is None:
            return self
        if not self.client_id:
            raise ValueError("an issuer needs a client_id")
        if (self.client_secret is None) == (self.client_secret_file is None):
            raise ValueError("an issuer needs client_secret or client_secret_file")
        if "openid" not in self.scopes:
            raise ValueError("scopes must have openid in them")
        if (self.default_role or self.roles) and not self.domains:
            raise ValueError("default_role and roles need domains: whose people may come in")
        return self

    def secret(self) -> str:
        """Read at start; InputError where its file is not there or holds nothing."""
        if self.client_secret is not None:
            return self.client_secret.get_secret_value()
        assert self.client_secret_file is not None  # noqa: S101 - one of them is told
        try:
            with self.client_secret_file.open(encoding="utf-8") as file:
                found = file.read(_LONGEST).strip()
        except (OSError, UnicodeDecodeError):
            found = ""
        if not found:
            raise InputError(
                f"{self.client_secret_file}: no secret of the client can be read there"
            )
        return found
