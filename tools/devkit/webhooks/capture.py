"""Webhooks that came in: kept under .devkit, found again by their id, sent again as if they had just come in."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from signatures import Generic
from signatures.headers import first

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.files import replace_file
from devkit.base.paths import state_dir
from devkit.webhooks.delivery import Delivery
from devkit.webhooks.named import LAST, file_of, names
from devkit.webhooks.provider import GenerationContext, Provider

__all__ = [
    "OF_THE_CONNECTION",
    "Capture",
    "capture_file",
    "captures",
    "keep",
    "provider_of",
    "read_capture",
    "resigned",
    "shown_headers",
]

_ID = re.compile(r"\d{8}-\d{6}-\d+")
# What belongs to one connection.
OF_THE_CONNECTION = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


@dataclass(frozen=True)
class Capture:
    """A request as it came in: `headers` in order, doubled ones included; `received` in local time."""

    id: str
    received: datetime
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def by_name(self) -> dict[str, str]:
        """Header names in small letters → value; of a doubled one the first."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            found.setdefault(name.lower(), value)
        return found


def keep(root: Path, capture: Capture) -> Capture:
    """Writes it down, readable by its owner alone: SimplyPrint's signature is the secret itself. Another listener may have taken
    its id in the same second: it is returned with the one under which it is kept."""
    folder = _folder(root)
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        path = folder / f"{capture.id}.json"
        try:
            path.touch(mode=0o600, exist_ok=False)
            break
        except FileExistsError:
            second, _, number = capture.id.rpartition("-")
            capture = replace(capture, id=f"{second}-{int(number) + 1:03d}")
    content = {
        "version": 1,
        "id": capture.id,
        "received": capture.received.isoformat(),
        "method": capture.method,
        "path": capture.path,
        "headers": [list(pair) for pair in capture.headers],
        "body_base64": base64.b64encode(capture.body).decode(),
    }
    replace_file(path, json.dumps(content, indent=2).encode(), mode=0o600)
    return capture


def captures(root: Path) -> list[str]:
    """The ids of all that are kept, the oldest first."""
    return sorted(path.stem for path in _folder(root).glob("*.json") if _ID.fullmatch(path.stem))


def capture_file(root: Path, id: str) -> Path:
    """The file of the one with that id or name, or of the `last` that came in. Raises DevkitError (exit 2) for none."""
    known, called = captures(root), names(root)
    if id == LAST and known:
        id = known[-1]
    if id in known:
        return _folder(root) / f"{id}.json"
    if id in called:
        return file_of(root, id)
    there = [*known[-5:], *called[:20]]
    raise DevkitError(
        f"no webhook {id!r} captured",
        fix=f"there is {', '.join(there)}" if there else "./devkit webhook listen captures what arrives",
        exit_code=ExitCode.USAGE,
    )


def read_capture(root: Path, id: str) -> Capture:
    """The one with that id or name, or the `last`: its id is the one that it is called by. Raises DevkitError (exit 2) when
    there is none, or it cannot be read."""
    path = capture_file(root, id)
    id = path.stem
    try:
        content = json.loads(path.read_text("utf-8"))
        return Capture(
            id=id,
            received=datetime.fromisoformat(content["received"]),
            method=str(content["method"]),
            path=str(content["path"]),
            headers=tuple((str(name), str(value)) for name, value in content["headers"]),
            body=base64.b64decode(content["body_base64"], validate=True),
        )
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise DevkitError(
            f"the captured webhook {id} cannot be read ({type(problem).__name__})",
            fix=f"delete {path.relative_to(root)}",
            exit_code=ExitCode.USAGE,
        ) from None


def provider_of(headers: Mapping[str, str], known: Iterable[Provider]) -> Provider | None:
    """Whose signature a request carries. `headers` have names in small letters."""
    for provider in known:
        if any(name.lower() in headers for name in provider.scheme.signature_headers):
            return provider
    return None


def shown_headers(capture: Capture, known: Iterable[Provider]) -> list[tuple[str, str]]:
    """The headers as they may be shown: a signature that is the secret itself is masked."""
    provider = provider_of(capture.by_name, known)
    sign = provider.scheme if provider else None
    is_secret = sign is not None and "secret" in sign.sign("secret", b"").values()
    masked = {name.lower() for name in sign.signature_headers} if sign and is_secret else set()
    return [(name, "•••" if name.lower() in masked else value) for name, value in capture.headers]


def resigned(
    capture: Capture, provider: Provider, moment: GenerationContext, *, url: str, secret: str
) -> Delivery:
    """The same webhook for another receiver: its bytes and headers, with a signature that this secret makes now."""
    sign = provider.scheme
    given = first(capture.by_name, sign.id_header) if isinstance(sign, Generic) and sign.id_header else None
    message_id = given or f"msg_{moment.random.getrandbits(128):032x}"
    signature = sign.sign(secret, capture.body, message_id=message_id, timestamp=int(moment.now.timestamp()))
    made_anew = {name.lower() for name in (*sign.signature_headers, *signature)}
    headers = {
        name: value
        for name, value in capture.headers
        if name.lower() not in OF_THE_CONNECTION | made_anew | {"accept-encoding"}
    }
    secret_headers = frozenset(name for name, value in signature.items() if value == secret)
    return Delivery(url, headers, signature, capture.body, secret_headers)


def _folder(root: Path) -> Path:
    return state_dir(root) / "webhooks"
