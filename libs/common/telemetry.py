"""OpenTelemetry and Sentry. Neither is imported unless its variable is set."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from common.settings import PlatformSettings

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig
    from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["start_sentry", "start_tracing", "trace_engine"]

Shutdown = Callable[[], None]

_EXPORT_SECONDS = 3


def start_sentry(service: str, settings: PlatformSettings) -> None:
    """Reports unhandled errors and error logs to SENTRY_DSN; does nothing when that is empty."""
    dsn = settings.sentry_dsn.get_secret_value()
    if not dsn:
        return
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        environment=settings.node_env,
        server_name=service,
        # Local variables and request bodies hold secrets and addresses.
        include_local_variables=False,
        max_request_body_size="never",
        send_default_pii=False,
    )
    sentry_sdk.set_tag("service", service)


def start_tracing(service: str, settings: PlatformSettings) -> tuple[TelemetryConfig, Shutdown]:
    """Sends spans to OTEL_EXPORTER_OTLP_ENDPOINT over OTLP/gRPC.

    Returns the `telemetry` argument for FastAPI, which makes the spans of requests itself, and a function
    that sends what is left. When the variable is empty FastAPI is told to trace nothing, and the function
    does nothing.
    """
    off: TelemetryConfig = {
        "metrics": False,
        "logs": False,
        "operation_spans": False,
        "auto_configure": False,
    }
    endpoint = settings.otel_exporter_otlp_endpoint
    if not endpoint:
        return {**off, "tracing": False}, lambda: None

    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": service, "deployment.environment.name": settings.node_env})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    insecure = endpoint.startswith("http://")
    exporter = OTLPSpanExporter(endpoint=endpoint, insecure=insecure, timeout=_EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    HTTPXClientInstrumentor().instrument(tracer_provider=provider)
    RedisInstrumentor().instrument(tracer_provider=provider)

    def probes(scope: object) -> bool:
        return str(cast("dict[str, object]", scope).get("path", "")).startswith("/health/")

    def shutdown() -> None:
        # An unavailable collector must not hold the service back: what it did not take by then is dropped.
        last = threading.Thread(target=provider.shutdown, daemon=True)
        last.start()
        last.join(_EXPORT_SECONDS)

    return {**off, "tracing": True, "tracer_provider": provider, "exclude": probes}, shutdown


def trace_engine(settings: PlatformSettings, engine: AsyncEngine) -> None:
    """Makes a span of each statement; does nothing while tracing is off."""
    if settings.otel_exporter_otlp_endpoint:
        from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

        # It declares support for SQLAlchemy up to 2.0 only; the events it listens to are the same in 2.1.
        SQLAlchemyInstrumentor().instrument(engine=engine.sync_engine, skip_dep_check=True)
