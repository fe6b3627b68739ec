"""SimplyPrint's API as far as print-service uses it. Any key that is not empty is right.

Every answer has `status` and `message`. https://apidocs.simplyprint.io/
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Request
from starlette.datastructures import UploadFile

from provider_sim import printing
from provider_sim.context import Context
from provider_sim.ids import read_id
from provider_sim.models import Job
from provider_sim.printing import Wrong

__all__ = ["routes"]

_MOST = 10_000
_PRINTS_AT_ONCE = 100
_LATEST = 9_999_999_999
# What SimplyPrint calls a print of that status.
_PRINTS = {"printing": "ongoing"}

Answer = dict[str, object]


async def _require_key(x_api_key: Annotated[str, Header()] = "") -> None:
    if not x_api_key.strip():
        raise HTTPException(401, "No API key provided, or not logged in")


routes = APIRouter(tags=["simplyprint"], dependencies=[Depends(_require_key)])


@routes.get("/account/Test")
async def test_account() -> Answer:
    """Says that the key is right."""
    return {"status": True, "message": "Your API key is valid!"}


@routes.get("/files/GetFiles")
async def get_files(search: str = "") -> Answer:
    """Any name is found, except those that start with MISSING. A file's name has no extension."""
    found = [{"id": search.encode().hex(), "name": search, "ext": "gcode"}] if _exists(search) else []
    return _ok(files=found)


@routes.post("/queue/AddItem")
async def add_item(context: Context, request: Request) -> Answer:
    """Queues a stored file (`filesystem`) or an uploaded one (multipart field `file`)."""
    filename, amount = await _wanted(request)
    job = await context.simulation.change(partial(printing.queue, filename=filename, amount=amount))
    return _ok(created_id=job.id)


@routes.get("/queue/GetItems")
async def get_items(context: Context) -> Answer:
    """What waits to be printed."""
    waiting = await context.simulation.store.do(partial(printing.jobs, status="queued"))
    items = [
        {"id": job.id, "index": index, "filename": job.filename, "left": job.amount, "printed": 0}
        for index, job in enumerate(waiting, 1)
    ]
    return _ok(queue={"fits": True, "items": items})


@routes.post("/jobs/GetPaginatedPrintJobs")
async def get_print_jobs(context: Context, request: Request) -> Answer:
    """What prints or did so, newest first."""
    body = await _body(request)
    page, size = (_count(body.get(name), name) for name in ("page", "page_size"))
    since = _seconds(body.get("start_date"))
    begun = await context.simulation.store.do(partial(printing.begun, since=since))
    first = (page - 1) * size
    pages = max(1, math.ceil(len(begun) / size))
    return _ok(data=[_print(job) for job in begun[first : first + size]], page_amount=pages)


@routes.post("/queue/DeleteItem")
async def delete_item(context: Context, job: str = "") -> Answer:
    """Takes a job that does not print yet out of the queue. That has no webhook."""
    remove = partial(printing.move, job_id=read_id(job), status="cancelled", among=("queued",), silent=True)
    try:
        await context.simulation.change(remove)
    except (LookupError, Wrong):
        return _no("Queue item not found")
    return _ok()


@routes.post("/printers/actions/Cancel")
async def cancel_print(context: Context, pid: str = "") -> Answer:
    """Stops a printer. Here each print has a printer of its own, whose id is the job's."""
    stop = partial(printing.move, job_id=read_id(pid), status="cancelled", among=("printing",))
    try:
        await context.simulation.change(stop)
    except LookupError:
        return _no("Printer not found")
    except Wrong:
        return _no("The printer is not printing")
    return _ok()


async def _wanted(request: Request) -> tuple[str, int]:
    """File name and amount. Raises HTTPException (400) with what is wrong with them."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile) or not file.filename:
                raise HTTPException(400, "No file was uploaded")
            return _text(file.filename), _amount(form.get("amount") or 1)
    body = await _body(request)
    return _stored_file(body.get("filesystem")), _amount(body.get("amount", 1))


async def _body(request: Request) -> dict[str, object]:
    """A JSON object. Raises HTTPException (400) for anything else."""
    try:
        body = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        raise HTTPException(400, "Invalid JSON") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "Invalid JSON")
    return body


def _print(job: Job) -> Answer:
    return {
        "id": job.id,
        "uid": job.uid,
        "status": _PRINTS.get(job.status, job.status),
        "filename": job.filename,
        "startDate": _date(job.started),
        "endDate": _date(job.ended),
        "printer": job.id,
        "queueItem": {"id": job.id},
    }


def _date(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def _count(value: object, name: str) -> int:
    """A number of pages, or of prints on one."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _PRINTS_AT_ONCE:
        raise HTTPException(400, f"{name} must be between 1 and {_PRINTS_AT_ONCE}")
    return value


def _seconds(value: object) -> int:
    """Seconds since 1970, as a number or a text; nothing is 0."""
    text = str(value or 0)
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(_LATEST)):
        raise HTTPException(400, "start_date must be a unix timestamp")
    return int(text)


def _stored_file(number: object) -> str:
    if not number:
        raise HTTPException(400, "No file given")
    try:
        name = bytes.fromhex(str(number)).decode()
    except ValueError:
        name = ""
    if not _exists(name):
        raise HTTPException(400, "File not found")
    return f"{_text(name)}.gcode"


def _exists(name: str) -> bool:
    return bool(name.strip()) and not name.upper().startswith("MISSING")


def _amount(value: object) -> int:
    """A whole number, also one that is written as a text, as a form has it."""
    text = str(value).strip()
    if isinstance(value, bool | float) or not (text.isascii() and text.isdecimal()):
        raise HTTPException(400, "Amount must be a whole number")
    if len(text) > len(str(_MOST)) or not 1 <= int(text) <= _MOST:
        raise HTTPException(400, f"Amount must be between 1 and {_MOST}")
    return int(text)


def _text(name: str) -> str:
    """A name that can be stored."""
    if "\0" in name or any("\ud800" <= character <= "\udfff" for character in name):
        raise HTTPException(400, "File not found")
    return name


def _ok(**more: object) -> Answer:
    return {"status": True, "message": None, **more}


def _no(message: str) -> Answer:
    return {"status": False, "message": message}
