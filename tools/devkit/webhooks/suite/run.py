"""Runs the suite's cases against a receiver, as checks of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import httpx

from devkit.checks import Check, Outcome, Problem, Skipped
from devkit.checks.runner import run_checks
from devkit.webhooks.suite.bodies import BODIES
from devkit.webhooks.suite.model import Case, CaseRequest, Sender
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
    with httpx.Client(timeout=sender.provider.timeout, trust_env=False) as client:
        return run_checks(Receiver(sender, url, client), checks, command="webhook suite", on_result=on_result)


def _check(provider: str, case: Case) -> Check[Receiver]:
    def run(receiver: Receiver) -> str:
        if why := case.needless(receiver.sender):
            raise Skipped(why)
        answers = [_answer(receiver, request) for request in case.requests(receiver.sender)]
        told = ", ".join(map(str, answers))
        for number, answer in enumerate(answers, 1):
            if answer not in case.expected.statuses:
                said = f"answered with {answer}" if isinstance(answer, int) else answer
                which = f" (request {number} of {len(answers)})" if len(answers) > 1 else ""
                raise Problem(f"{case.about}: {said}, expected {case.expected.words}{which}", seen=told)
        return told

    return Check(id=f"{provider}.{case.id}", about=case.about, run=run, serial=True, fix=f"else {case.risk}")


def _answer(receiver: Receiver, request: CaseRequest) -> int | str:
    content: bytes | Iterator[bytes] = _pieces(request.body) if request.chunked else request.body
    headers = [(name.encode(), value) for name, value in request.headers]
    try:
        sent = receiver.client.request(request.method, receiver.url, content=content, headers=headers)
        return sent.status_code
    except httpx.TimeoutException:
        return f"no answer within {receiver.sender.provider.timeout:g} s"
    except httpx.ConnectError:
        return "nothing listens there"
    except httpx.HTTPError as problem:
        if len(request.body) > _MUCH and isinstance(problem, httpx.NetworkError | httpx.RemoteProtocolError):
            return 413  # it hung up while much was still on its way, which is an answer to its size
        return f"the connection broke: {str(problem) or type(problem).__name__}"


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 1000):
        yield body[start : start + 1000]
