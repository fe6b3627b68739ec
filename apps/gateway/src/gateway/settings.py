"""Settings of the gateway."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Self

from common.clients import Networks, networks
from common.settings import HttpUrl, OptionalSecret, OptionalUrl, PlatformSettings, Secret, ServiceSettings
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    TypeAdapter,
    ValidationError,
    create_model,
    field_validator,
)
from pydantic_settings import NoDecode

from gateway.providers import DESCRIBE

__all__ = ["Settings", "WebhookRoute"]

_URL = "an http(s):// URL"
_OPTIONAL_URL = "empty, or an http(s):// URL"
_SECRET = "a secret, not blank"  # noqa: S105 - the words of an error message
_PREVIOUS = "empty, or the secret before the current one"
_ROUTES = (
    f"devkit's JSON: for each of {', '.join(sorted(DESCRIBE))} its path, to, address, secret and previous"
)
_PROXIES = "empty, or IP addresses and CIDRs (10.0.0.0/8) separated by commas"
_VARIABLE = Field(pattern=r"^[A-Z][A-Z0-9_]*$")


class _Row(BaseModel):
    """One route as devkit renders it: `address`, `secret` and `previous` are names of variables."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    path: str = Field(pattern=r"^/")
    to: str = Field(min_length=1)
    address: str = _VARIABLE
    secret: str = _VARIABLE
    previous: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9_]*$")


@dataclass(frozen=True, slots=True)
class WebhookRoute:
    """A provider's webhook: taken at `path`, passed to `owner`, which is reached at `url`. `secrets` are the current one and,
    while it is being replaced, the previous one."""

    provider: str
    path: str
    owner: str
    url: str
    secrets: tuple[SecretStr, SecretStr] = field(repr=False)


def _rows(text: str) -> dict[str, _Row]:
    """One error for whatever is wrong with it."""
    try:
        return TypeAdapter(dict[str, _Row]).validate_json(text)
    except ValidationError:
        raise ValueError("not what devkit renders") from None


class Settings(ServiceSettings):
    """Adds the page's origin, the seeded user, the webhooks' routes and the addresses of services that the API calls."""

    rate_limit_default: int = Field(ge=1, description="a number of requests a minute, at least 1")
    trusted_proxies: Annotated[Networks, NoDecode, BeforeValidator(networks)] = Field(description=_PROXIES)
    sign_in_block_seconds: int = Field(ge=1, le=86_400, description="a whole number of seconds, 1 to 86400")
    webhook_skip_verification: bool = Field(description="true or false")
    web_url: HttpUrl = Field(description=_URL)
    login_email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="an e-mail address")
    session_secret: Secret = Field(description=_SECRET)
    login_password: Secret = Field(description=_SECRET)
    order_service_url: HttpUrl = Field(description=_URL)
    gridflock_service_url: HttpUrl = Field(description=_URL)
    provider_sim_url: OptionalUrl = Field(description=_OPTIONAL_URL)
    webhook_routes: Annotated[dict[str, _Row], NoDecode, BeforeValidator(_rows)] = Field(description=_ROUTES)

    _routes: tuple[WebhookRoute, ...] = PrivateAttr(default=())

    @field_validator("webhook_routes")
    @classmethod
    def _known(cls, rows: dict[str, _Row]) -> dict[str, _Row]:
        if rows.keys() - DESCRIBE.keys():
            raise ValueError("a provider that the gateway cannot read")
        return rows

    @classmethod
    def load(cls, service: str) -> Self:
        """Reads the environment, and the variables that the webhooks' routes name.

        What is wrong with them goes to stderr, one line per variable; then exit code 78.
        """
        settings = super().load(service)
        settings._routes = _named(settings.webhook_routes, service)
        return settings

    @property
    def routes(self) -> tuple[WebhookRoute, ...]:
        """The webhooks that are taken."""
        return self._routes

    @property
    def services(self) -> dict[str, str]:
        """Where each service behind the gateway is found, by its name."""
        called = {"order-service": self.order_service_url, "gridflock-service": self.gridflock_service_url}
        return {route.owner: route.url for route in self._routes} | called

    @property
    def watched(self) -> dict[str, str]:
        """Where to ask how a service is that the gateway does not need, by its name."""
        return {"provider-sim": f"{self.provider_sim_url}/health/ready"} if self.provider_sim_url else {}

    @property
    def skip_verification(self) -> bool:
        """True when unsigned webhooks are accepted, which is possible in development only."""
        return self.webhook_skip_verification and self.development


def _named(rows: dict[str, _Row], service: str) -> tuple[WebhookRoute, ...]:
    """The routes with the values of the variables that they name."""
    fields: dict[str, Any] = {}
    for row in rows.values():
        fields[row.address.lower()] = (HttpUrl, Field(description=_URL))
        fields[row.secret.lower()] = (Secret, Field(description=_SECRET))
        if row.previous:
            fields[row.previous.lower()] = (
                OptionalSecret,
                Field(default=SecretStr(""), description=_PREVIOUS),
            )
    # config: allow dynamic: WEBHOOK_ROUTES names them, and devkit renders it from the table
    values = dict(create_model("NamedSettings", __base__=PlatformSettings, **fields).load(service))
    return tuple(
        WebhookRoute(
            provider,
            row.path,
            row.to,
            values[row.address.lower()],
            (values[row.secret.lower()], values[row.previous.lower()] if row.previous else SecretStr("")),
        )
        for provider, row in rows.items()
    )
