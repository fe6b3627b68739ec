"""Mistakes that lose or double work, planted one by one in the platform: each is found, at a point that repeats it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from devkit.base.paths import table_file
from devkit.instance.copy import copy_repository
from devkit.table.load import read_table

from tests.support.minutes import a_few_in_ci
from tests.support.platform import ROOT
from tests.support.private import report_of

pytestmark = pytest.mark.faults

_SETTLING = "apps/order-service/src/order_service/settling.py"
_GRIDFLOCK = "apps/gridflock-service/src/gridflock_service/making.py"
_PRINTS = "apps/print-service/src/print_service/prints.py"
_LEASES = "libs/common/leases.py"
_FLOW = "apps/order-service/src/order_service/flow.py"
_ORDERS = "apps/order-service/src/order_service/api.py"
_PARCELS = "apps/shipping-service/src/shipping_service/sendcloud.py"


@dataclass(frozen=True)
class Mutant:
    """`edits`: file, what is there, and what becomes of it. Found at a point that has `only` in its name, or (`at_once`) when
    nobody is killed yet."""

    name: str
    only: str
    edits: tuple[tuple[str, str, str], ...]
    at_once: bool = False


MUTANTS = (
    Mutant("a provider is called without a look-up", "print-service call POST", (
        (_PRINTS, "item_id = await _queue(context, job, file, again=not first)", "item_id = await _queue(context, job, file, again=False)"),
    )),
    Mutant("an answer before the commit", "order-service commit insert webhook_receipts", (
        (_ORDERS, "    return await intake.take(context, webhook)\n",
         "    import asyncio\n\n    asyncio.get_running_loop().create_task(intake.take(context, webhook))\n"
         '    return ReceiptStatus(status="stored")\n'),
    )),
    Mutant("no check of a print's version, and a job that ends after its work", "order-service commit delete procrastinate_jobs", (
        (_FLOW, "or message.version <= item.print_version", "or message.version < item.print_version"),
        (_SETTLING, "context.database.transaction(ends_job=True)", "context.database.transaction()"),
    )),
    Mutant("a webhook's key is not checked", "order-service answer POST", (
        ("libs/common/receipts.py", 'outcome="stored", **vars(webhook)',
         'outcome="stored", **{**vars(webhook), "webhook_id": str(uuid.uuid4())}'),
    )),
    Mutant("no idempotency key for a provider", "shipping-service call POST", (
        (_PARCELS, '"external_reference": str(parcel_id),', '"external_reference": "",'),
    )),
    Mutant("a message in a transaction of its own", "gridflock-service commit insert", (
        (_GRIDFLOCK, '        context.publish(session, made)\n        what = "model made"', '        what = "model made"'),
        (_GRIDFLOCK, '    logger.info("baseplate made", extra',
         "    async with context.database.transaction() as session:\n        context.publish(session, made)\n"
         '    logger.info("baseplate made", extra'),
    )),
    Mutant("a job ends before its work", "gridflock-service commit", (
        (_GRIDFLOCK, "            known = await _stored(session, plate)\n",
         "            known = await _stored(session, plate)\n            await context.conclude(session)\n"),
        (_GRIDFLOCK, "        await context.conclude(session)\n    logger.info", "    logger.info"),
    )),
    Mutant("a job does not end with its work", "gridflock-service commit insert", (
        (_GRIDFLOCK, "        await context.conclude(session)\n    logger.info", "    logger.info"),
    )),
    Mutant("a job is deleted when it is fetched", "order-service commit update orders", (
        ("libs/common/job_manager.py", '        return Attempt.from_row(rows[0]) if rows and rows[0]["id"] is not None else None\n',
         '        if not rows or rows[0]["id"] is None:\n            return None\n'
         '        gone = "DELETE FROM procrastinate_jobs WHERE id = %(id)s"\n'
         '        await self.connector.execute_query_async(gone, id=rows[0]["id"])\n        return Attempt.from_row(rows[0])\n'),
        (_LEASES, "    if lease is None or lease.concluded:\n", "    if True:\n"),
        (_LEASES, "    if await session.scalar(_ENDED, _token(lease)) is None:\n", "    if await session.scalar(_ENDED, _token(lease)) is None and False:\n"),
    )),
    Mutant("nobody takes a lost job over", "order-service commit call", (
        ("libs/common/worker.py", "            await presence.look()\n", "            pass\n"),
    )),
    Mutant("a job is tried again without its lease", "gridflock-service commit insert", (
        ("libs/common/presence.py", "AND NOT worker_is_there(j.queue_name, j.worker_id)", ""),
        ("libs/common/worker.py", "_LOOK_SECONDS = 2.0", "_LOOK_SECONDS = 0.02"),
        (_LEASES, "    if lease is None or lease.concluded:\n", "    if True:\n"),
        (_LEASES, "    if await session.scalar(_ENDED, _token(lease)) is None:\n", "    if await session.scalar(_ENDED, _token(lease)) is None and False:\n"),
    ), at_once=True),
    Mutant("webhooks that came too early are forgotten", "print-service call POST", (
        (_PRINTS, "            await _FOLLOWED.catch_up(context, session, job, item_id)\n", ""),
    )),
    Mutant("no check of a parcel's version, and a job that ends after its work", "order-service commit delete procrastinate_jobs", (
        (_FLOW, "order.parcel.version >= message.version", "order.parcel.version > message.version"),
        (_SETTLING, "context.database.transaction(ends_job=True)", "context.database.transaction()"),
    )),
    Mutant("an answer whatever the owner says", "order-service commit insert webhook_receipts", (
        ("apps/gateway/src/gateway/webhooks.py", '            answer = await forward(context, route.owner, "POST", path, content=raw, headers=headers)\n',
         '            try:\n                answer = await forward(context, route.owner, "POST", path, content=raw, headers=headers)\n'
         "            except HTTPException:\n                return Response()\n"),
    )),
)  # fmt: skip


@pytest.mark.parametrize("mutant", a_few_in_ci(MUTANTS, 2), ids=lambda m: m.name)
def test_found(mutant: Mutant, tmp_path: Path) -> None:
    root = tmp_path / "planted"
    plant(mutant, root)
    report = report_of("crash", "order", "--json", "--first", "--only", mutant.only, root=root, code=1)
    found = [each for each in report["findings"] if each["severity"] == "error"]
    assert found
    rules = {each["id"].partition(".")[2] for each in found}
    if mutant.at_once:
        assert rules == {"flow"}, found
        return
    assert rules <= {"lost", "doubled", "over"}, found
    for each in found:
        assert mutant.only in each["message"]
        assert "./devkit crash order --seed 0 --at '" in each["fix"]


def plant(mutant: Mutant, root: Path) -> None:
    """A copy of the repository with it."""
    copy_repository(ROOT, read_table(table_file(ROOT)), root)
    for name, old, new in mutant.edits:
        file = root / name
        text = file.read_text()
        assert text.count(old) == 1, old
        file.write_text(text.replace(old, new))
