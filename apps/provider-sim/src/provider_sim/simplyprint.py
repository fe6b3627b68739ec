"""SimplyPrint's API as far as print-service uses it. Any key that is not empty is right."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

from provider_sim.context import Context
from provider_sim.simulation import Wrong

__all__ = ["Unauthorized", "refuse", "routes"]

Answer = dict[str, object]


class Unauthorized(Exception):
    """The call carries no key."""


async def _require_key(x_api_key: Annotated[str, Header()] = "") -> None:
    if not x_api_key.strip():
        raise Unauthorized


async def refuse(_: Request, __: Exception) -> JSONResponse:
    """What SimplyPrint answers without a key."""
    return JSONResponse({"status": False, "message": "No API key provided, or not logged in"}, 401)


routes = APIRouter(tags=["simplyprint"], dependencies=[Depends(_require_key)])


@routes.get("/account/Test")
async def test_account() -> Answer:
    """Says that the key is right."""
    return {"status": True, "message": "Your API key is valid!"}


@routes.get("/files/GetFiles")
async def get_files(search: str = "") -> Answer:
    """Any name is found, except those that start with MISSING."""
    found = bool(search) and not search.upper().startswith("MISSING")
    file = {"id": search.encode().hex(), "name": f"{search}.gcode"}
    return {"status": True, "message": None, "files": [{**file, "ext": "gcode"}] if found else []}


@routes.post("/queue/AddItem")
async def add_item(context: Context, request: Request) -> Answer:
    """Queues a stored file (`filesystem`) or an uploaded one (multipart field `file`)."""
    filename, amount = await _wanted(request)
    job = await context.simulation.queue(filename, amount)
    return {"status": True, "message": None, "created_id": job.id}


@routes.get("/queue/GetItems")
async def get_items(context: Context) -> Answer:
    """What waits to be printed."""
    waiting = [job for job in await context.simulation.store.jobs() if job.status == "queued"]
    items = [
        {"id": job.id, "index": index, "filename": job.filename, "left": job.amount, "printed": 0}
        for index, job in enumerate(waiting, 1)
    ]
    return {"status": True, "message": None, "queue": {"fits": True, "items": items}}


@routes.post("/queue/DeleteItem")
async def delete_item(context: Context, job: int) -> Answer:
    """Takes a job that does not print yet out of the queue. That has no webhook."""
    known = await context.simulation.store.job(job)
    if known is None or known.status != "queued":
        return {"status": False, "message": "Queue item not found"}
    try:
        await context.simulation.move_job(job, "cancelled", silent=True)
    except Wrong as problem:
        return {"status": False, "message": str(problem)}
    return {"status": True, "message": None}


@routes.post("/printers/actions/Cancel")
async def cancel_print(context: Context, pid: int) -> Answer:
    """Stops a printer. Here each print has a printer of its own, whose id is the job's."""
    try:
        await context.simulation.move_job(pid, "cancelled")
    except (LookupError, Wrong) as problem:
        return {"status": False, "message": str(problem)}
    return {"status": True, "message": None}


async def _wanted(request: Request) -> tuple[str, int]:
    """File name and amount; 400 when neither form names a file."""
    try:
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            async with request.form() as form:
                file, amount = form["file"], int(str(form.get("amount", "")).strip() or 1)
            if isinstance(file, UploadFile) and file.filename:
                return file.filename, amount
            raise ValueError
        body = await request.json()
        return f"{bytes.fromhex(body['filesystem']).decode()}.gcode", int(body.get("amount", 1))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise HTTPException(400, "filesystem or file is needed") from None
