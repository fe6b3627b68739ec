"""Images: how large, how long to build, and what a change costs. Needs Docker with BuildKit and the base images."""

from __future__ import annotations

import json
import subprocess
import time

from bench.clone import Clone, clone
from bench.report import Section
from tests.support.images import build

__all__ = ["measure"]

SERVICE = "gateway"
_CASES = (
    (f"{SERVICE}, dev", "service.Dockerfile", "dev", SERVICE),
    (f"{SERVICE}, prod", "service.Dockerfile", "prod", SERVICE),
    ("page, dev", "web.Dockerfile", "dev", "web"),
    ("page, prod", "web.Dockerfile", "prod", "web"),
)


def measure() -> list[Section]:
    """One section: each target's size, its build without and with a warm cache, and builds after two kinds of change."""
    with clone() as made:
        (made.root / "apps" / "web" / "node_modules").unlink(missing_ok=True)
        rows = []
        for name, dockerfile, target, service in _CASES:
            first = _build(made, dockerfile, target, service, "--no-cache")
            again = _build(made, dockerfile, target, service)
            size, base = _megabytes(_tag(service, target)), _megabytes(_base(target, service))
            rows.append((name, f"{size:.0f}", f"{size - base:.0f}", f"{first:.1f}", f"{again:.1f}"))
        other = _build(made, "service.Dockerfile", "dev", "order-service")
        source = made.root / "apps" / SERVICE / "src" / "gateway" / "main.py"
        source.write_text(source.read_text() + "\n")
        edited = _build(made, "service.Dockerfile", "dev", SERVICE)
        with (made.root / "requirements" / "services.txt").open("a") as lock:
            lock.write("# changed\n")
        locked = _build(made, "service.Dockerfile", "dev", SERVICE)
    notes = (
        f"All services share every layer but the last: a second service took {other:.1f} s. After an edited source "
        f"{edited:.1f} s (under Tilt it is synced, not built); after a changed lock, with pip's downloads cached, {locked:.1f} s.",
    )
    header = ("image", "MB", "MB above its base", "first build, s", "nothing changed, s")
    return [Section("Images", header, rows, notes)]


def _tag(service: str, target: str) -> str:
    return f"devkit-bench-{service}:{target}"


def _base(target: str, service: str) -> str:
    if service != "web":
        return "python:3.11-slim-bookworm"
    return "node:20-slim" if target == "dev" else "debian:bookworm-slim"


def _build(made: Clone, dockerfile: str, target: str, service: str, *options: str) -> float:
    started = time.monotonic()
    arguments = ("--target", target, "--build-arg", f"SERVICE={service}", "--tag", _tag(service, target))
    build(dockerfile, *arguments, *options, context=made.root)
    return time.monotonic() - started


def _megabytes(image: str) -> float:
    done = subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=True)
    return float(json.loads(done.stdout)[0]["Size"]) / 1e6
