"""The page under Vite: is it this repository's, and does Vite's own client answer."""

from __future__ import annotations

import re
from pathlib import Path

from devkit.checks import Problem
from devkit.model import Service, VerifySite
from devkit.types.answers import get, title

__all__ = ["Page", "ask_page", "page_folder", "read_page"]

_ENTRY = re.compile(r"""<script\b[^>]*\bsrc=["'](/[^"'?]+)[^>]*>""", re.IGNORECASE)
_CLIENT = "/@vite/client"
_TOKEN = re.compile(r"""wsToken\s*=\s*["']([^"']+)["']""")
_TIMEOUT = 25.0  # Vite prepares dependencies at the first request


class Page:
    """What was found: `entry` is the path of its first module, `token` what Vite asks of a socket."""

    def __init__(self, entry: str, token: str) -> None:
        self.entry = entry
        self.token = token


def page_folder(site: VerifySite, service: Service) -> Path:
    """Where the page's sources are in the clone."""
    return site.root / str(service.path)


def ask_page(site: VerifySite, service: Service) -> str:
    """The page and Vite's client answer."""
    read_page(site, service)
    return "the page and Vite's client answer"


def read_page(site: VerifySite, service: Service) -> Page:
    """Reads the page. Raises Problem when it is another one than the repository's, or not served by Vite."""
    url = site.url(service.name)
    reply = get(f"{url}/", _TIMEOUT)
    if reply.status_code != 200:
        raise Problem(f"/ answers {reply.status_code}")
    if "html" not in reply.headers.get("content-type", ""):
        raise Problem("/ does not answer with HTML")
    expected = _read_page(page_folder(site, service) / "index.html")
    if title(reply.text) != title(expected):
        raise Problem(
            f"another page answers there: {title(reply.text) or 'without a title'!r}, not {title(expected)!r}"
        )
    entries = [path for path in _ENTRY.findall(reply.text) if not path.startswith("/@")]
    if not entries:
        raise Problem("the page loads no module of its own")
    client = get(url + _CLIENT, _TIMEOUT)
    if client.status_code != 200 or "vite-hmr" not in client.text:
        raise Problem(f"{_CLIENT} answers {client.status_code}, not with Vite's client")
    token = _TOKEN.search(client.text)
    return Page(entries[0], token[1] if token else "")


def _read_page(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as problem:
        raise Problem(f"{path.name} of the page cannot be read: {problem.strerror}") from None
