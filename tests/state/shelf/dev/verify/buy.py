"""A user buys."""

import uuid
from typing import Any

import httpx


def check(platform: Any) -> None:
    user = f"user-{uuid.uuid4().hex[:8]}"
    with httpx.Client(base_url=platform.url("shop"), timeout=60, trust_env=False) as page:
        for _ in range(2):
            answer = page.post("/total", json={"user": user, "items": ["plate", "bin"]})
            assert answer.json() == {"total": 5, "of": 2}, answer.text
        platform.step("bought")
