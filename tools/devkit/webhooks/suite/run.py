"""Runs the suite's cases against a receiver, as checks of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import httpx

from devkit.checks import Check, Outcome, Problem, Skipped, note
from devkit.checks.runner import run_checks
from devkit.findings.model import Severity
from devkit.webhooks.suite.bodies import BODIES
from devkit.webhooks.suite.model import SUCCESS, Case, CaseRequest, Sender
from devkit.webhooks.suite.signatures import SIGNATURES

__all__ = ["CASES", "Receiver", "case_checks", "run_suite"]

CASES = (*BODIES, *SIGNATURES)
_MUCH = 2**20  # bytes


@dataclass(frozen=True)
class Receiver:
    """What is checked: the address that one provider's webhooks go to."""

    sender: Sender
    url: str
    client: httpx.Client


def case_checks(provider: str, cases: Sequence[Case] = CASES) -> list[Check[Receiver]]:
    """The cases as checks of a receiver, `<provider>.<case>` each. One sends after the other."""
    return [_check(provider, case) for case in cases]


def run_suite(
    sender: Sender,
    checks: Sequence[Check[Receiver]],
    url: str,
    on_result: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Sends the cases one after the other. A receiver that is slower than the provider's patience has failed."""
    # A connection for each request: that one is reset must not be the next one's fault.
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(timeout=sender.provider.timeout, trust_env=False, limits=limits) as client:
        return run_checks(Receiver(sender, url, client), checks, command="webhook suite", on_result=on_result)


def _check(provider: str, case: Case) -> Check[Receiver]:
    def run(receiver: Receiver) -> str:
        if why := case.needless(receiver.sender):
            raise Skipped(why)
        answers = [_answer(receiver, request) for request in case.requests(receiver.sender)]
        told = ", ".join(map(str, answers))
        found = []
        for number, answer in enumerate(answers, 1):
            which = f" (request {number} of {len(answers)})" if len(answers) > 1 else ""
            if problem := _problem(case, answer, which):
                found.append(problem.changed(seen=told))
        # The worst alone: a request that was let in says more than the next one's other status.
        for severity in (Severity.ERROR, Severity.NOTE):
            for problem in found:
                if problem.severity is severity:
                    raise problem
        return told

    return Check(id=f"{provider}.{case.id}", about=case.about, run=run, serial=True, fix=f"else {case.risk}")


def _problem(case: Case, answer: int | str, which: str) -> Problem | None:
    """What is wrong about an answer: let in, crashed, not let in; a refusal by another status than expected is a note."""
    if answer in case.expected.statuses:
        return None
    said = f"answered with {answer}" if isinstance(answer, int) else answer
    about = f"{case.about}: {said}, expected {case.expected.words}{which}"
    if not isinstance(answer, int):
        return Problem(f"no answer: {about}")
    if answer >= 500:
        return Problem(f"crashed: {about}")
    if answer in SUCCESS:
        return Problem(f"let in: {about}")
    only_let_in = case.expected.statuses == SUCCESS
    if 300 <= answer < 400:
        advice = "register the very URL that answers: providers follow no redirect"
        return Problem(
            f"redirected: {about}", advice, severity=Severity.ERROR if only_let_in else Severity.NOTE
        )
    if only_let_in:
        return Problem(f"refused: {about}")
    return note(
        f"refused, but by another status: {about}", "no action needed, if the provider is content with it"
    )


def _answer(receiver: Receiver, request: CaseRequest) -> int | str:
    content: bytes | Iterator[bytes] = _pieces(request.body) if request.chunked else request.body
    headers = [(name.encode(), value) for name, value in request.headers]
    try:
        sent = receiver.client.request(
            request.method, _url(receiver.url, request), content=content, headers=headers
        )
        return sent.status_code
    except httpx.TimeoutException:
        return f"no answer within {receiver.sender.provider.timeout:g} s"
    except httpx.ConnectError:
        return "nothing listens there"
    except httpx.HTTPError as problem:
        if len(request.body) > _MUCH and isinstance(problem, httpx.NetworkError | httpx.RemoteProtocolError):
            return 413  # it hung up while much was still on its way, which is an answer to its size
        return f"the connection broke: {str(problem) or type(problem).__name__}"


def _url(url: str, request: CaseRequest) -> str:
    """The receiver's, or the same with a slash more or less."""
    path, mark, query = url.partition("?")
    other = path.removesuffix("/") if path.endswith("/") else path + "/"
    return f"{other if request.slash else path}{mark}{query}"


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 1000):
        yield body[start : start + 1000]
