"""Every application that has a name answers there that it is ready, several times in a row."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from devkit.base.certificates import any_certificate
from devkit.checks import Problem, Problems, Skipped, check, warning
from devkit.compose.gate.routes import Route, routes_of
from devkit.compose.gate.subject import Gate

__all__ = ["Answered", "ask", "readiness"]

_SECONDS = 10.0
_WORD = re.compile(r"[\w.:-]{1,40}")
_FINE = {"up", "ok", "healthy", "ready", "pass", "passing"}


@dataclass(frozen=True)
class Answered:
    """What a readiness URL said: its `code` (0: nothing), whether that is `ready`, and `words` for people. A body is never
    shown: of JSON that looks like a health report the state and the names of what is not up."""

    code: int
    words: str
    degraded: str = ""

    @property
    def ready(self) -> bool:
        """Whether it can take requests."""
        return 200 <= self.code < 300


@check(
    "gate.ready",
    "every application that has a name answers there that it is ready, several times in a row",
    deadline=300,
)
def readiness(gate: Gate) -> str:
    routes = [route for route in routes_of(gate.concerned) if route.path]
    if not routes:
        raise Skipped("no label of Traefik's gives an application here a name")
    failed: dict[Route, tuple[Answered, int]] = {}
    degraded: dict[Route, str] = {}
    with client_for(gate.connect_to) as client, ThreadPoolExecutor(min(8, len(routes))) as pool:
        for number in range(gate.times):
            if number:
                time.sleep(gate.every)
            left = [route for route in routes if route not in failed]
            answers = pool.map(lambda route: ask(client, route, gate.connect_to), left)
            for route, answer in zip(left, answers, strict=True):
                if not answer.ready:
                    failed[route] = (answer, number + 1)
                elif answer.degraded:
                    degraded[route] = answer.degraded
    if problems := [*_problems(gate, failed), *_warnings(gate, degraded, failed)]:
        raise Problems(problems)
    return f"{', '.join(route.host for route in routes)}: {gate.times} times"


def client_for(connect_to: tuple[str, int] | None) -> httpx.Client:
    """A client to which every certificate is right: gate.tls looks at those, and nothing secret is sent. The environment's proxy
    is used, unless requests are to go to one address."""
    return httpx.Client(
        verify=any_certificate(),
        timeout=_SECONDS,
        trust_env=connect_to is None,
        headers={"User-Agent": "devkit"},
    )


def ask(client: httpx.Client, route: Route, connect_to: tuple[str, int] | None = None) -> Answered:
    """Asks once, on whatever connection; raises nothing."""
    url, headers, extensions = httpx.URL(route.url), {}, {}
    if connect_to is not None:
        headers["Host"] = url.netloc.decode()
        extensions["sni_hostname"] = url.host
        url = url.copy_with(host=connect_to[0], port=connect_to[1])
    try:
        answer = client.get(url, headers=headers, extensions=extensions)
    except httpx.TimeoutException:
        return Answered(0, f"no answer within {_SECONDS:g} s")
    except httpx.HTTPError as problem:
        reason = str(problem).split("] ")[-1].split(" (_")[0] or type(problem).__name__
        return Answered(0, f"no answer: {reason}")
    state = _report(answer)
    shown = f"{answer.status_code} {answer.reason_phrase}".strip()
    if location := answer.headers.get("Location") if answer.is_redirect else None:
        shown += f" (to {httpx.URL(location).host or 'another path'})"
    return Answered(answer.status_code, f"answered {shown}" + (f": {state}" if state else ""), state)


def _problems(gate: Gate, failed: Mapping[Route, tuple[Answered, int]]) -> Iterator[Problem]:
    """One for all URLs of a service with the same answer."""
    groups: dict[tuple[str, str], list[Route]] = {}
    fixes: dict[tuple[str, str], str] = {}
    for route, (answer, number) in failed.items():
        late = f" (question {number} of {gate.times}; ready before)" if number > 1 else ""
        key = ("" if answer.code == 0 else route.service, answer.words + late)
        groups.setdefault(key, []).append(route)
        fixes.setdefault(key, _fix(gate, route, answer))
    for key, routes in groups.items():
        yield Problem(f"{', '.join(route.url for route in routes)}: {key[1]}", fixes[key])


def _fix(gate: Gate, route: Route, answer: Answered) -> str:
    logs = gate.compose("logs", "--tail", "50", route.service)
    if answer.code == 0:
        return (
            "is the name right in .env, and does it point there? --connect-to HOST:PORT asks another address"
        )
    if answer.code == 404:
        return f"Traefik knows no copy of {route.service} that it may send to, or there is no {route.path}: {logs}"
    if answer.code in (301, 302, 307, 308, 401, 403):
        return f"{route.path} has to answer without a redirect and a password"
    return logs


def _warnings(gate: Gate, degraded: dict[Route, str], failed: Iterable[Route]) -> list[Problem]:
    return [
        warning(f"{route.url} is ready, but {state}", gate.compose("logs", "--tail", "50", route.service))
        for route, state in degraded.items()
        if route not in failed
    ]


def _report(answer: httpx.Response) -> str:
    """What a health report finds wrong: its state, and what is not up; empty where all is well, or it is no such report."""
    try:
        body: Any = answer.json()
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    state = body.get("status")
    parts = (
        [state] if isinstance(state, str) and _WORD.fullmatch(state) and state.lower() not in _FINE else []
    )
    down = [name for name in _not_up(body) if _WORD.fullmatch(name)]
    if down:
        parts.append(f"{', '.join(down[:5])} not up")
    return ", ".join(parts)


def _not_up(body: dict[str, Any]) -> list[str]:
    """The names of dependencies that a report does not find well: `checks` as a list or by name, or Terminus' `error`."""
    checks = body.get("checks") or body.get("error") or {}
    if isinstance(checks, dict):
        checks = [{"name": name, **each} for name, each in checks.items() if isinstance(each, dict)]
    if not isinstance(checks, list):
        return []
    found = []
    for each in checks:
        state = str(each.get("state", each.get("status", "up"))).lower() if isinstance(each, dict) else "up"
        if state not in _FINE and isinstance(each.get("name"), str):
            found.append(each["name"])
    return found
