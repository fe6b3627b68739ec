"""Type redis: Redis, embedded on the local engine; without a volume on Kubernetes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from devserve.process import Process

from devkit.model import (
    Card,
    Connection,
    Container,
    Environment,
    Keys,
    LocalSite,
    Service,
    ServiceType,
    Verification,
    VerifySite,
)
from devkit.types.ready import RedisReady

__all__ = ["REDIS"]


def _url(_service: Service, netloc: str, _secrets: Mapping[str, str]) -> str:
    return f"redis://{netloc}"


def _local(_service: Service, site: LocalSite) -> Process:
    from devkit.types.redis.server import redis_command

    return Process(start=redis_command(site.root, site.port), ready=RedisReady(), store=True)


def _ask(site: VerifySite, service: Service) -> str:
    from devkit.types.redis.ask import ask_redis

    return ask_redis(site, service)


REDIS = ServiceType(
    name="redis",
    about="Redis",
    group="infra",
    card=Card.STORE,
    folder=Path(__file__).parent,
    keys=Keys(takes=("image",), required=("image",)),
    speaks_http=False,
    environment=Environment(
        connection=Connection(
            variable="REDIS_URL",
            about="Sessions, rate limits and live events.",
            url=_url,
            external="a Redis of your own",
        ),
    ),
    container=Container(manifest="manifest.yaml.j2", port_name="redis", port=6379),
    local=_local,
    verification=Verification(speaks="PING", ask=_ask),
    runs_on=("redis-server",),
    one_copy="a second one would hold other sessions, and pages connected there would not hear of events",
)
