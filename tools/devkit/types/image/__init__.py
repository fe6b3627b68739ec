"""Type image: a ready-made image. It runs on Kubernetes alone."""

from __future__ import annotations

from pathlib import Path

from devkit.model import (
    Absent,
    Card,
    Container,
    Environment,
    Keys,
    LocalSite,
    Service,
    ServiceType,
    Verification,
    VerifySite,
)

__all__ = ["IMAGE"]

_READER = {
    "title": "Reads the namespace",
    "description": "Gets a ServiceAccount that may read the namespace's objects, secrets excepted.",
    "type": "boolean",
}


def _local(_service: Service, _site: LocalSite) -> Absent:
    return Absent("an image; runs in Kubernetes only")


def _ask(site: VerifySite, service: Service) -> str:
    from devkit.types.answers import ask_http

    return ask_http(site, service)


IMAGE = ServiceType(
    name="image",
    about="a ready-made image",
    group="tools",
    card=Card.IMAGE,
    folder=Path(__file__).parent,
    keys=Keys(
        takes=(
            "image",
            "probes",
            "needs",
            "env",
            "secrets",
            "kubernetes_only",
            "stand_in",
            "mesh",
            "sticky_cookie",
        ),
        required=("image",),
        specific={"namespace_reader": _READER},
        defaults=lambda _: {"namespace_reader": False},
    ),
    speaks_http=True,
    environment=Environment(),
    container=Container(manifest="manifest.yaml.j2"),
    local=_local,
    runs_locally=False,
    verification=Verification(speaks="HTTP", ask=_ask),
)
