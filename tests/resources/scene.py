"""What tests of the observation share: a table, and observations made up from figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from devkit.findings.model import Finding
from devkit.resources.figures import uses
from devkit.resources.judge import Judged, judge, table_spots
from devkit.resources.model import Observation, Phase, Sample, Sent
from devkit.table.load import read_table

__all__ = ["MEBI", "TABLE", "judged", "observation", "table_file"]

MEBI = 2**20

TABLE = """\
version: 1
name: shop
namespace: shop-dev
image_prefix: shop
services:
  cache:
    type: redis
    about: Cache.
    image: redis:7-alpine
    port: 6379
    resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 128Mi}}
  api:
    type: python
    about: Answers.
    port: 3000
    debug_port: 9229
    probes: {live: /health/live, ready: /health/ready}
    needs: [cache]
    resources:
      requests: {cpu: 250m, memory: 256Mi}
      limits: {cpu: 500m, memory: 512Mi}
    dev_resources:
      limits: {memory: 768Mi}
  page:
    type: vite
    about: Shows.
    port: 4200
    resources:
      requests: {cpu: 100m, memory: 64Mi}
      limits: {cpu: 250m, memory: 128Mi}
    dev_resources:
      requests: {memory: 256Mi}
      limits: {memory: 1Gi}
"""

SENT = Sent(("shopify orders/create",), 1.0, 30, {"200": 30})


def table_file(folder: Path, text: str = TABLE) -> Path:
    """The table in a clone of the test's own."""
    path = folder / "dev" / "services.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def observation(
    used: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    engine: str = "local",
    sent: Sent | None = SENT,
    throttled: float | None = None,
) -> Observation:
    """Service → cores and MiB, a sample a second: ten seconds of idleness with the first of each, then what is given."""
    samples: list[Sample] = []
    longest = max((len(cpu) for cpu, _ in used.values()), default=1)
    for name, (cpu, memory) in used.items():
        for second in range(10 + len(cpu)):
            index = max(0, second - 10)
            cores = None if second == 0 else cpu[index]
            samples.append(
                Sample(name, name, float(second + 1), cores, round(memory[index] * MEBI), None, throttled)
            )
    source = {"local": "processes", "tilt": "kubelet", "compose": "docker"}[engine]
    phases = (
        Phase("idle", 0.0, 10.0),
        Phase("load", 10.0, 10.0 + longest / 2),
        Phase("settle", 10.0 + longest / 2, 10.0 + longest),
    )
    return Observation(
        engine, source, "2026-11-25T10:00:00+00:00", 1.0, 2, 24 * 2**30, phases, tuple(samples), sent
    )


def judged(folder: Path, found: Observation, text: str = TABLE) -> tuple[dict[str, Judged], list[Finding]]:
    """By service, and the findings in their order."""
    path = table_file(folder, text)
    table = read_table(path)
    ones, findings = judge(table, table_spots(path, "dev/services.yaml"), found, uses(found, list(table.services)))  # fmt: skip
    return {one.service.name: one for one in ones}, findings
