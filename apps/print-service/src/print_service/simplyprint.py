"""SimplyPrint's API: the print queue, and what left it for a printer."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta

from common.providers import Answer, Client, ProviderRefused, call

__all__ = ["SimplyPrint", "is_named"]

_PAGE, _PAGES = 100, 20  # SimplyPrint lists no more at once
_OVER = frozenset({"cancelled", "failed"})
# How far SimplyPrint's clock may be behind.
_CLOCKS = timedelta(minutes=1)


class SimplyPrint:
    """The calls that print-service makes.

    Raises `ProviderRefused` when SimplyPrint refuses, `ProviderAway` when it is unavailable.
    """

    def __init__(self, http: Client) -> None:
        self._http = http

    async def queue_stored_file(self, name: str, amount: int) -> str:
        """Queues the file called `name` (its extension aside) from SimplyPrint's own files; returns the item's id."""
        found = await call(self._http, "GET", "/files/GetFiles", params={"search": name})
        file_id = _file_id(found, name)
        if file_id is None:
            raise ProviderRefused(f"SimplyPrint has no file named {name or 'like the empty SKU'}")
        body = {"filesystem": file_id, "amount": amount}
        return _created(await call(self._http, "POST", "/queue/AddItem", json=body))

    async def queue_upload(self, name: str, content: bytes, media_type: str, amount: int) -> str:
        """Uploads a model and queues it; returns the queue item's id."""
        data = {"amount": str(amount)}
        return _created(
            await call(self._http, "POST", "/queue/AddItem", data=data, file=(name, content, media_type))
        )

    async def find_queued(self, name: str, amount: int, known: Collection[str]) -> str | None:
        """The id of a queue item that prints `name`, `amount` times, and is none of `known`."""
        answer = await call(self._http, "GET", "/queue/GetItems")
        queue = answer.get("queue")
        items = queue.get("items") if isinstance(queue, dict) else None
        for item in items or []:
            same = is_named(str(item.get("filename", "")), name) and item.get("left") == amount
            if same and str(item.get("id")) not in known:
                return str(item["id"])
        return None

    async def find_printing(self, name: str, since: datetime, known: Collection[str]) -> str | None:
        """The id of the queue item, none of `known`, that prints `name` or did so, and began `since` then.

        None also where the key may not read what was printed.
        """
        with suppress(ProviderRefused):
            begun = str(int((since - _CLOCKS).timestamp()))
            page, last = 1, 1
            while page <= min(last, _PAGES):
                body = {"page": page, "page_size": _PAGE, "start_date": begun}
                answer = await call(self._http, "POST", "/jobs/GetPaginatedPrintJobs", json=body)
                if item := _begun(answer, name, known):
                    return item
                amount = answer.get("page_amount")
                page, last = page + 1, amount if isinstance(amount, int) else 1
        return None

    async def remove(self, item_id: str) -> None:
        """Takes an item out of the queue. An item that is already gone is not an error."""
        try:
            await call(self._http, "POST", "/queue/DeleteItem", params={"job": item_id})
        except ProviderRefused:
            return

    async def stop_printer(self, printer_id: str) -> None:
        """Cancels what the printer prints. A printer that prints nothing is not an error."""
        try:
            await call(self._http, "POST", "/printers/actions/Cancel", params={"pid": printer_id})
        except ProviderRefused:
            return


def is_named(file: str, name: str) -> bool:
    """Whether SimplyPrint's `file` is the one called `name`: its extension may be part of its name, and any name may
    have a dot."""
    stem, dot, extension = file.rpartition(".")
    names = {file.lower(), stem.lower() if dot and len(extension) <= 5 else file.lower()}
    return name.lower().removesuffix(".stl") in names


def _file_id(answer: Answer, name: str) -> str | None:
    files = answer.get("files")
    for file in files if isinstance(files, list) else []:
        if isinstance(file, dict) and name and is_named(str(file.get("name", "")), name):
            return str(file.get("id"))
    return None


def _begun(answer: Answer, name: str, known: Collection[str]) -> str | None:
    prints = answer.get("data")
    for each in prints if isinstance(prints, list) else []:
        if not isinstance(each, dict) or each.get("status") in _OVER:
            continue
        item = each.get("queueItem")  # null for what was started by hand
        number = item.get("id") if isinstance(item, dict) else None
        if number is not None and str(number) not in known and is_named(str(each.get("filename", "")), name):
            return str(number)
    return None


def _created(answer: Answer) -> str:
    created = answer.get("created_id")
    if created is None:
        raise ProviderRefused("SimplyPrint did not tell the queue item's id")
    return str(created)
