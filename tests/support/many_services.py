"""A table with fifty services in five tiers, as pictures and layouts must stand it."""

from __future__ import annotations

import random

__all__ = ["fifty_services"]

_TIERS = {"edge": 3, "bff": 6, "domain": 16, "core": 15, "leaf": 5}
_WORDS = (
    "order",
    "stock",
    "price",
    "user",
    "mail",
    "audit",
    "search",
    "cart",
    "pay",
    "ship",
    "tax",
    "media",
    "feed",
)
_HEAD = """\
version: 1
name: fifty
namespace: fifty-dev
image_prefix: fifty
secrets:
  PW: {default: pw, about: The database's.}
  WH: {generate: 16, about: The webhooks'.}
services:
  postgres: {type: postgres, image: "postgres:16-alpine", port: 5432, database: a, user: a, password: PW, storage: 1Gi, migrations: migrations}
  redis: {type: redis, image: "redis:7-alpine", port: 6379}
"""
_TOOL = "{type: image, image: 'tool:1', development_only: true, kubernetes_only: true, port: "


def fifty_services(seed: int = 7) -> str:
    """dev/services.yaml: 45 services that call the next tiers, two pages, two stores, a tool; 50 in all, and two providers.

    Half of them call one service, as such platforms do. The same seed gives the same text.
    """
    dice = random.Random(seed)
    tiers = [[f"{dice.choice(_WORDS)}-{tier}-{at}" for at in range(count)] for tier, count in _TIERS.items()]
    rows = []
    port = 3000
    for depth, tier in enumerate(tiers):
        below = tiers[depth + 1] if depth + 1 < len(tiers) else []
        for at, name in enumerate(tier):
            calls = dice.sample(below, min(len(below), dice.choice((1, 2, 3) if depth < 2 else (1, 1, 2))))
            calls += [tiers[-1][0]] if depth in (2, 3) else []
            calls += [dice.choice(tiers[3])] if depth == 1 and dice.random() < 0.5 else []
            more = ""
            if depth == 0 and at < 2:
                calls.append(tiers[2][at])
                more = f", secrets: [WH], webhooks: {{prov{at}: {{path: /wh/{at}, to: {tiers[2][at]}, secret: WH}}}}"
            needs = dice.choice((["postgres", "redis"], ["postgres"], ["redis"], []))
            called, needed = ", ".join(dict.fromkeys(calls)), ", ".join(needs)
            ports = f"port: {port}, debug_port: {port + 6000}, probes: {{live: /l, ready: /r}}"
            rows.append(f"  {name}: {{type: python, {ports}, needs: [{needed}], calls: [{called}]{more}}}\n")
            port += 1
    rows += [f"  page-{at}: {{type: vite, port: {4200 + at}, calls: [{tiers[0][at]}]}}\n" for at in range(2)]
    return _HEAD + "".join(rows) + f"  tool: {_TOOL}8000}}\n"
