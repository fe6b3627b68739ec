"""Runs the suite against a receiver, and says what came of it as a report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import httpx

from devkit.findings.model import Finding, Severity
from devkit.findings.report import Checked, Result
from devkit.webhooks.suite.bodies import BODIES
from devkit.webhooks.suite.model import Case, Request, Sender
from devkit.webhooks.suite.proofs import PROOFS

__all__ = ["CASES", "Verdict", "run_suite"]

CASES = (*BODIES, *PROOFS)
_MUCH = 2**20  # bytes


@dataclass(frozen=True)
class Verdict:
    """What came of a case: how it is checked off, and the finding when the receiver failed it."""

    checked: Checked
    finding: Finding | None = None


def run_suite(
    sender: Sender, cases: Sequence[Case], url: str, tell: Callable[[Verdict], None] = lambda _: None
) -> list[Verdict]:
    """Sends the cases one after the other. A receiver that is slower than the provider's patience has failed."""
    verdicts = []
    with httpx.Client(timeout=sender.provider.timeout, trust_env=False) as client:
        for case in cases:
            verdict = _run(client, sender, case, url)
            verdicts.append(verdict)
            tell(verdict)
    return verdicts


def _run(client: httpx.Client, sender: Sender, case: Case, url: str) -> Verdict:
    id = f"{sender.provider.name}.{case.id}"
    if why := case.needless(sender):
        return Verdict(Checked(id, case.about, Result.SKIPPED, why))
    began = time.monotonic()
    answers = [_answer(client, request, url, sender.provider.timeout) for request in case.requests(sender)]
    seconds = time.monotonic() - began
    told = ", ".join(map(str, answers))
    wrong = next((n for n, answer in enumerate(answers) if answer not in case.expected.statuses), None)
    if wrong is None:
        return Verdict(Checked(id, case.about, Result.OK, told, seconds))
    answer = answers[wrong]
    said = (
        f"answered with {answer}, expected {case.expected.words}"
        if isinstance(answer, int)
        else f"{answer}, expected {case.expected.words}"
    )
    number = f" (request {wrong + 1} of {len(answers)})" if len(answers) > 1 else ""
    checked = Checked(id, case.about, Result.FAILED, told, seconds)
    return Verdict(
        checked, Finding(id, Severity.ERROR, f"{case.about}: {said}{number}", None, f"else {case.risk}")
    )


def _answer(client: httpx.Client, request: Request, url: str, timeout: float) -> int | str:
    content: bytes | Iterator[bytes] = _pieces(request.body) if request.chunked else request.body
    headers = [(name.encode(), value) for name, value in request.headers]
    try:
        return client.request(request.method, url, content=content, headers=headers).status_code
    except httpx.TimeoutException:
        return f"no answer within {timeout:g} s"
    except httpx.ConnectError:
        return "nobody listens there"
    except httpx.HTTPError as problem:
        if len(request.body) > _MUCH and isinstance(problem, httpx.NetworkError | httpx.RemoteProtocolError):
            return 413  # it hung up while much was still on its way, which is an answer to its size
        return f"the connection broke: {str(problem) or type(problem).__name__}"


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 1000):
        yield body[start : start + 1000]
