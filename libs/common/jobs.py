"""Jobs in Postgres (Procrastinate): a message is queued in the transaction that causes it, as one row.

So a message is never lost between a commit and a queue, and never sent for work that was rolled back. It is delivered at
least once; what makes its effects happen once is in `common.leases` and docs/jobs.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from common.causes import cause
from common.messages import Message
from common.outgoing import add_job
from common.trace import traceparent

__all__ = ["Handler", "arguments", "at_times", "handles", "has_a_model", "publish"]

# Tables that only SQL touches: no model describes them.
_WITHOUT_MODEL = frozenset({"job_errors", "known_queues", "paused_queues"})

C = TypeVar("C")
M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Handler(Generic[C]):
    """Runs the job `name` with a service's context and a message's payload; or, by `cron`, at its times in UTC."""

    name: str
    run: Callable[[C, Mapping[str, object]], Awaitable[None]]
    cron: str | None = None


def handles(message: type[M], function: Callable[[C, M], Awaitable[None]]) -> Handler[C]:
    """Binds `function` to the jobs that carry a `message`."""

    async def run(context: C, payload: Mapping[str, object]) -> None:
        await function(context, message.model_validate(payload))

    return Handler(message.job_name(), run)


def at_times(name: str, cron: str, function: Callable[[C], Awaitable[None]]) -> Handler[C]:
    """Has `function` run at the times of `cron` (in UTC), each time once, however many replicas of the service there are."""

    async def run(context: C, _: Mapping[str, object]) -> None:
        await function(context)

    return Handler(name, run, cron)


def has_a_model(name: str | None, kind: str, _parents: object = None) -> bool:
    """Alembic's `include_name`: whether a model describes what is in the database."""
    return kind != "table" or not (name in _WITHOUT_MODEL or str(name).startswith("procrastinate_"))


def publish(session: AsyncSession, service: str, message: Message) -> None:
    """Queues `message`, which `service` sends, when the running transaction commits, and never otherwise."""
    payload = message.model_dump(mode="json")
    add_job(
        session,
        {
            "queue_name": message.queue,
            "task_name": message.job_name(),
            "lock": message.lock,
            "args": arguments(payload, key=message.key, sender=service, subject=str(message.order_id)),
        },
    )


def arguments(payload: Mapping[str, object], *, key: str, sender: str, subject: str | None) -> dict[str, Any]:
    """What a job's row holds: the message, when and by whom it was sent and why, and the trace that it belongs to."""
    return {
        "payload": dict(payload),
        "key": key,
        "subject": subject,
        "sender": sender,
        "sent_at": datetime.now(UTC).isoformat(),
        "cause": cause(),
        "traceparent": traceparent(),
    }
