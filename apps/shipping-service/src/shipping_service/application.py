"""shipping-service, put together."""

from __future__ import annotations

from contextlib import AsyncExitStack

from common.jobs import handles
from common.messages import CancelParcel, CreateParcel
from common.providers import client
from common.service import ServiceContext, create_service
from fastapi import FastAPI

from shipping_service import api, parcels
from shipping_service.context import ShippingContext
from shipping_service.sendcloud import Sendcloud
from shipping_service.settings import Settings

__all__ = ["create"]

_NAME = "shipping-service"


def create() -> FastAPI:
    """The application, with its settings from the environment."""
    settings = Settings.load(_NAME)

    async def context(plain: ServiceContext, stack: AsyncExitStack) -> ShippingContext:
        user = settings.sendcloud_public_key.get_secret_value()
        password = settings.sendcloud_secret_key.get_secret_value()
        http = client(settings.sendcloud_api_url, auth=(user, password), patience=settings.breakpoint_seconds)
        stack.push_async_callback(http.aclose)
        return ShippingContext(**vars(plain), sendcloud=Sendcloud(http))

    return create_service(
        _NAME,
        settings,
        routers=[api.routes],
        handlers=[
            handles(CreateParcel, parcels.create_parcel),
            handles(CancelParcel, parcels.cancel_parcel),
        ],
        context=context,
    )
