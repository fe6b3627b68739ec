"""The ASGI application `gateway.main:app`. Importing it reads the environment."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack

import httpx
from common.application import running
from common.calls import service_client
from common.internal import HEADER, PLATE_HEADERS
from common.limits import Limits
from common.service import ServiceContext, create_service
from common.trace import REQUEST_HEADER
from fastapi.middleware.cors import CORSMiddleware
from sqlalchemy.exc import SQLAlchemyError
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gateway import api, auth, development, live, platform, webhooks
from gateway.context import GatewayContext
from gateway.rate_limit import RateLimit
from gateway.sessions import Sessions
from gateway.settings import Settings
from gateway.sign_in_limit import SignInLimit
from gateway.users import keep_seeding, seed

__all__ = ["app"]

_NAME = "gateway"
# How long a service may take to answer a call, and to take the connection.
_ANSWER_SECONDS, _CONNECT_SECONDS = 15, 2
# How long an unused connection is kept: shorter than uvicorn keeps one (5 s), and than a service drains, so that no request
# meets the end of a connection.
_KEPT_SECONDS = 2

# Of all clients, and of one, webhooks and pages alike; a page needs two or three.
_CONNECTIONS, _CONNECTIONS_PER_CLIENT = 1000, 100

settings = Settings.load(_NAME)

logger = logging.getLogger(__name__)


async def _context(plain: ServiceContext, stack: AsyncExitStack) -> GatewayContext:
    _warn()
    sessions = Sessions(plain.redis, settings.session_secret.get_secret_value())
    await _seed(plain, stack)
    pages = live.Live(settings.redis_url, settings.web_url, sessions)
    stack.push_async_callback(pages.close)
    app.state.lifecycle.on_leave(pages.leave)
    watching = await stack.enter_async_context(httpx.AsyncClient(timeout=platform.ASK_SECONDS))
    return GatewayContext(
        **vars(plain),
        settings=settings,
        sessions=sessions,
        sign_ins=SignInLimit(plain.redis, settings.sign_in_block_seconds),
        services=await _clients(stack),
        live=pages,
        watching=watching,
        watched=platform.watches(settings, watching),
    )


def _warn() -> None:
    if settings.skip_verification:
        logger.warning("WEBHOOK_SKIP_VERIFICATION IS ON: unsigned webhooks are accepted")
    elif settings.webhook_skip_verification:
        logger.warning("WEBHOOK_SKIP_VERIFICATION is ignored outside development")


async def _clients(stack: AsyncExitStack) -> dict[str, httpx.AsyncClient]:
    key = {HEADER: settings.internal_api_key.get_secret_value()}
    timeout = httpx.Timeout(_ANSWER_SECONDS + settings.breakpoint_seconds, connect=_CONNECT_SECONDS)
    kept = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=_KEPT_SECONDS)
    clients = {name: service_client(url, key, timeout, kept) for name, url in settings.services.items()}
    return {name: await stack.enter_async_context(client) for name, client in clients.items()}


async def _seed(plain: ServiceContext, stack: AsyncExitStack) -> None:
    email, password = settings.login_email, settings.login_password.get_secret_value()
    try:
        await seed(plain.database, email, password)
    except (SQLAlchemyError, OSError) as problem:
        logger.warning("the user is not seeded yet", extra={"reason": type(problem).__name__})
        seeding = keep_seeding(plain.database, email, password)
        await stack.enter_async_context(running(seeding, "seeding"))


app = create_service(
    _NAME,
    settings,
    routers=[auth.routes, api.routes, platform.routes, development.routes, webhooks.routes(settings.routes)],
    context=_context,
    uses=platform.uses,
    limits=Limits(
        connections=_CONNECTIONS,
        connections_per_client=_CONNECTIONS_PER_CLIENT,
        proxies=settings.trusted_proxies,
    ),
)
app.mount(live.PATH, live.relay)
app.add_middleware(RateLimit, redis_url=settings.redis_url, per_minute=settings.rate_limit_default)
app.add_middleware(
    CORSMiddleware,
    allow_origins=[settings.web_url],
    allow_credentials=True,
    allow_methods=["GET", "POST"],
    allow_headers=["Content-Type"],
    # Browsers show a page these only if told so.
    expose_headers=[*PLATE_HEADERS, REQUEST_HEADER],
)
# The outermost: all others see the client that a trusted proxy names.
app.add_middleware(
    ProxyHeadersMiddleware,
    trusted_hosts=[str(network) for network in settings.trusted_proxies],
)
