"""The application of a service: settings in, ASGI application out, everything with a lifetime in the lifespan."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Unpack
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from common import journal, telemetry
from common.application import base_app, context_of, running
from common.backlog import BacklogWatch
from common.carry_over import keep_carrying_over
from common.database import Database
from common.health import Health
from common.jobs import Handler, publish
from common.leases import conclude
from common.limits import Limits
from common.messages import Message
from common.redis_client import Redis, RedisError, connect
from common.settings import ServiceSettings
from common.worker import CONNECTIONS, JobWorker

__all__ = ["Service", "ServiceContext", "create_service"]

RETRY_AFTER_SECONDS = 5

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServiceContext:
    """What a service's handlers work with. Made in the lifespan, the same for requests and jobs."""

    service: str
    database: Database
    redis: Redis

    def publish(self, session: AsyncSession, message: Message) -> None:
        """Sends `message` when the session's transaction commits, and never otherwise."""
        publish(session, self.service, message)

    def note(self, session: AsyncSession, order_id: UUID, what: str, **about: Unpack[journal.About]) -> None:
        """Writes `what` happened to an order into the journal when the session's transaction commits (`common.journal`)."""
        journal.write(session, self.service, order_id, what, **about)

    async def conclude(self, session: AsyncSession) -> None:
        """Ends the job that runs with the session's transaction: `common.leases.conclude`."""
        await conclude(session)


Service = Annotated[ServiceContext, Depends(context_of(ServiceContext))]
"""FastAPI dependency: the service's context."""


def create_service(
    name: str,
    settings: ServiceSettings,
    *,
    routers: Sequence[APIRouter],
    handlers: Sequence[Handler[Any]] = (),
    context: Callable[[ServiceContext, AsyncExitStack], Awaitable[Any]] | None = None,
    uses: Callable[[Any, Health], None] | None = None,
    limits: Limits | None = None,
) -> FastAPI:
    """A service with Postgres, Redis, a worker for its jobs, and health.

    `context` makes the service's own context (a subclass of `ServiceContext`) from the plain one; what it
    opens it pushes on the stack, which closes it when the service stops. `uses` tells the health what that context
    needs and uses; by default it needs Postgres and uses Redis.
    """

    @asynccontextmanager
    async def lifetime(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            redis = connect(settings.redis_url)
            stack.push_async_callback(redis.aclose)
            of_worker = CONNECTIONS if handlers else 0
            database = Database(settings.database_url, name, settings.database_connections - of_worker)
            stack.push_async_callback(database.close)
            telemetry.trace_engine(settings, database.engine)
            plain = ServiceContext(service=name, database=database, redis=redis)
            service_context = await context(plain, stack) if context else plain
            app.state.context = service_context
            (uses or _stores)(service_context, app.state.health)
            if handlers:
                app.state.health.tells("backlog", BacklogWatch(database, name).ask)
                earlier = keep_carrying_over(name, database, redis)
                await stack.enter_async_context(running(earlier, "carry-over"))
                patience = settings.breakpoint_seconds
                worker = JobWorker(name, settings.database_url, service_context, handlers, patience)
                stack.push_async_callback(app.state.lifecycle.stops_early(worker.stop))
                await worker.start()
            yield

    app = base_app(name, settings, lifetime, limits=limits)
    app.state.internal_api_key = settings.internal_api_key
    for problem in (DataError, UnicodeEncodeError, RecursionError):
        app.add_exception_handler(problem, _unstorable)
    for away in (RedisError, OperationalError, InterfaceError, PoolTimeout):
        app.add_exception_handler(away, _away)
    for router in routers:
        app.include_router(router)
    return app


async def _unstorable(request: Request, _: Exception) -> JSONResponse:
    """A character, number or depth that the database cannot take: the caller must fix it; repeating does not help."""
    logger.warning("refused what cannot be stored", extra={"path": request.url.path})
    return JSONResponse({"detail": "a value cannot be stored"}, 422)


async def _away(request: Request, problem: Exception) -> JSONResponse:
    """Redis or Postgres does not answer: repeating helps."""
    logger.warning(
        "a store does not answer", extra={"path": request.url.path, "reason": type(problem).__name__}
    )
    return JSONResponse(
        {"detail": "not available now; try again"}, 503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}
    )


def _stores(context: ServiceContext, health: Health) -> None:
    """Redis is only looked at for jobs that an earlier release left there (`common.carry_over`)."""
    health.needs("postgres", context.database.ping)
    health.uses("redis", context.redis.ping)
