"""The ASGI application `shipping_service.main:app`. Importing it reads the environment."""

from __future__ import annotations

from contextlib import AsyncExitStack

from common.jobs import handles
from common.messages import CancelParcel, CreateParcel, RedactParcel
from common.providers import client
from common.retention import forgetting
from common.service import ServiceContext, create_service

from shipping_service import api, parcels
from shipping_service.context import ShippingContext
from shipping_service.sendcloud import Sendcloud
from shipping_service.settings import Settings

__all__ = ["app"]

_NAME = "shipping-service"

settings = Settings.load(_NAME)


async def _context(plain: ServiceContext, stack: AsyncExitStack) -> ShippingContext:
    keys = settings.sendcloud_public_key.get_secret_value(), settings.sendcloud_secret_key.get_secret_value()
    http = client("Sendcloud", settings.sendcloud_api_url, auth=keys, patience=settings.breakpoint_seconds)
    return ShippingContext(**vars(plain), sendcloud=Sendcloud(await stack.enter_async_context(http)))


app = create_service(
    _NAME,
    settings,
    routers=[api.routes],
    handlers=[
        handles(CreateParcel, parcels.create_parcel),
        handles(CancelParcel, parcels.cancel_parcel),
        handles(RedactParcel, parcels.redact_parcel),
        forgetting("sendcloud", settings.webhook_retention_days),
    ],
    context=_context,
)
