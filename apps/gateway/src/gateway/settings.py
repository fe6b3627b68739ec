"""Settings of the gateway."""

from __future__ import annotations

from common.settings import HttpUrl, OptionalSecret, Secret, ServiceSettings
from pydantic import Field, SecretStr

__all__ = ["Settings"]

_URL = "an http(s):// URL"
_SECRET = "a secret, not blank"  # noqa: S105 - the words of an error message
_PREVIOUS = Field(default=SecretStr(""), description="empty, or the secret before the current one")


class Settings(ServiceSettings):
    """Adds the page's origin, the seeded user, the providers' secrets and the services' addresses."""

    rate_limit_default: int = Field(ge=1, description="a number of requests a minute, at least 1")
    webhook_skip_verification: bool = Field(description="true or false")
    web_url: HttpUrl = Field(description=_URL)
    login_email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="an e-mail address")
    session_secret: Secret = Field(description=_SECRET)
    login_password: Secret = Field(description=_SECRET)
    shopify_client_secret: Secret = Field(description=_SECRET)
    simplyprint_webhook_token: Secret = Field(description=_SECRET)
    sendcloud_secret_key: Secret = Field(description=_SECRET)
    shopify_client_secret_previous: OptionalSecret = _PREVIOUS
    simplyprint_webhook_token_previous: OptionalSecret = _PREVIOUS
    sendcloud_secret_key_previous: OptionalSecret = _PREVIOUS
    order_service_url: HttpUrl = Field(description=_URL)
    print_service_url: HttpUrl = Field(description=_URL)
    shipping_service_url: HttpUrl = Field(description=_URL)
    gridflock_service_url: HttpUrl = Field(description=_URL)

    @property
    def skip_verification(self) -> bool:
        """True when unsigned webhooks are accepted, which development alone allows."""
        return self.webhook_skip_verification and self.development
