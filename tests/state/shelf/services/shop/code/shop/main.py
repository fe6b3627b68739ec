"""A shop without state: what looks like some is gone after the request, or is the same in every process."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
PRICES = {"plate": 3, "bin": 2}
_client: object | None = None


class Basket(BaseModel):
    user: str
    items: list[str]


@cache
def catalogue() -> tuple[str, ...]:
    return tuple(sorted(PRICES))


def client() -> object:
    """Made at its first use."""
    global _client
    if _client is None:
        _client = object()
    return _client


@app.get("/live")
async def live() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/total")
def total(basket: Basket) -> dict[str, int]:
    client()
    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder) / "basket.txt"
        note.write_text("\n".join(basket.items))
        return {"total": sum(PRICES[item] for item in note.read_text().split()), "of": len(catalogue())}
