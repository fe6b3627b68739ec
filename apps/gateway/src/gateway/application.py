"""The gateway, put together."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack

import httpx
from common.internal import HEADER
from common.service import ServiceContext, create_service
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from sqlalchemy.exc import SQLAlchemyError

from gateway import api, auth, live, platform, webhooks
from gateway.context import GatewayContext
from gateway.forward import PLATE_HEADERS
from gateway.rate_limit import RateLimit
from gateway.sessions import Sessions
from gateway.settings import Settings
from gateway.users import keep_seeding, seed

__all__ = ["create"]

_NAME = "gateway"

logger = logging.getLogger(__name__)


def create() -> FastAPI:
    """The application, with its settings from the environment."""
    settings = Settings.load(_NAME)

    async def context(plain: ServiceContext, stack: AsyncExitStack) -> GatewayContext:
        _warn(settings)
        sessions = Sessions(plain.redis, settings.session_secret.get_secret_value())
        await _seed(settings, plain, stack)
        return GatewayContext(
            **vars(plain),
            settings=settings,
            sessions=sessions,
            services=_clients(settings, stack),
            live=live.live_app(settings.redis_url, settings.web_url, sessions),
        )

    app = create_service(
        _NAME,
        settings,
        routers=[auth.routes, api.routes, platform.routes, webhooks.routes(settings.routes)],
        context=context,
        readiness=platform.readiness,
    )
    app.mount(live.PATH, live.relay)
    app.add_middleware(RateLimit, redis_url=settings.redis_url, per_minute=settings.rate_limit_default)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[settings.web_url],
        allow_credentials=True,
        allow_methods=["GET", "POST"],
        allow_headers=["Content-Type"],
        expose_headers=list(PLATE_HEADERS),
    )
    return app


def _warn(settings: Settings) -> None:
    if settings.skip_verification:
        logger.warning("WEBHOOK_SKIP_VERIFICATION IS ON: unsigned webhooks are accepted")
    elif settings.webhook_skip_verification:
        logger.warning("WEBHOOK_SKIP_VERIFICATION is ignored outside development")


def _clients(settings: Settings, stack: AsyncExitStack) -> dict[str, httpx.AsyncClient]:
    key = {HEADER: settings.internal_api_key.get_secret_value()}
    timeout = httpx.Timeout(15 + settings.breakpoint_seconds, connect=2)
    clients = {
        name: httpx.AsyncClient(base_url=url, headers=key, timeout=timeout)
        for name, url in settings.services.items()
    }
    for client in clients.values():
        stack.push_async_callback(client.aclose)
    return clients


async def _seed(settings: Settings, plain: ServiceContext, stack: AsyncExitStack) -> None:
    email, password = settings.login_email, settings.login_password.get_secret_value()
    try:
        await seed(plain.database, email, password)
    except (SQLAlchemyError, OSError) as problem:
        logger.warning("the user is not seeded yet", extra={"reason": type(problem).__name__})
        waiting = asyncio.create_task(keep_seeding(plain.database, email, password))
        stack.callback(waiting.cancel)
