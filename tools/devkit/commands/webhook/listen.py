"""`devkit webhook listen`: what arrives is shown, judged and kept."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import emit, say, styled
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.engines.ports import holders
from devkit.secrets import read_secrets, secret_file
from devkit.table.load import read_table
from devkit.webhooks.capture import Capture, keep, provider_of, shown_headers
from devkit.webhooks.listen import Manner, PortRefused
from devkit.webhooks.listen import listen as serve
from devkit.webhooks.payload import parse_body
from devkit.webhooks.provider import Provider
from devkit.webhooks.providers import providers


def listen(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 picks a free one.")
    ] = 8400,
    answer: Annotated[int, typer.Option(min=200, max=599, help="The status to answer with.")] = 200,
    delay: Annotated[float, typer.Option(min=0, max=600, help="Seconds before the answer.")] = 0.0,
    show_body: Annotated[bool, typer.Option("--body", help="Show headers and bodies too.")] = False,
) -> int:
    """Accept any request on this machine, show what it is and whether its signature is valid, and keep it for replay."""
    root = project_root()
    secrets, known = _here(root)
    lock = threading.Lock()

    def arrived(capture: Capture) -> None:
        keep(root, capture)
        with lock:
            emit(
                f"{capture.id}  {capture.method} {capture.path}  {len(capture.body)} bytes  {_judged(capture, secrets, known)}"
            )
            if show_body:
                emit(_whole(capture, known))

    def started(taken: int) -> None:
        say(f"devkit: http://127.0.0.1:{taken} accepts any request; Ctrl-C ends it")

    try:
        serve(port, Manner(answer, delay), arrived, started)
    except PortRefused as refused:
        raise _named(port, refused) from None
    return ExitCode.OK


def _named(port: int, refused: PortRefused) -> DevkitError:
    """The error, with whoever holds the port."""
    holder = next((each for each in holders({port: "webhook listen"}) if not each.forbidden), None)
    if holder is None:
        return refused
    stop = f"stop it (kill {holder.pid}), or " if holder.pid else ""
    if holder.clone:
        stop = f"that is the platform of {holder.clone}: ./devkit down there, or "
    return DevkitError(str(holder), fix=f"{stop}{refused.fix}", exit_code=refused.exit_code)


def _here(root: Path) -> tuple[dict[str, tuple[str, str]], tuple[Provider, ...]]:
    """Provider → the name and the value of its secret, and the providers, as far as this clone has them."""
    try:
        table = read_table(table_file(root))
        values = read_secrets(root, table)
    except DevkitError as problem:
        if secret_file(root).exists():  # something is wrong with it, or with the table
            say(f"devkit: signatures are not checked: {problem.message}")
        return {}, providers()
    hooks = [hook for service in table.services.values() for hook in service.webhooks.values()]
    secrets = {hook.provider: (hook.secret, values.get(hook.secret, "")) for hook in hooks}
    return secrets, providers(table)


def _judged(capture: Capture, secrets: dict[str, tuple[str, str]], known: tuple[Provider, ...]) -> str:
    provider = provider_of(capture.by_name, known)
    if provider is None:
        return "no provider's signature"
    try:
        topic = provider.topic_of(capture.by_name, parse_body(capture.body, provider))
    except DevkitError:
        topic = "(not a JSON object)"
    name, secret = secrets.get(provider.name, ("", ""))
    if not secret:
        signature = "signature not checked: no secret here"
    elif provider.scheme.verify(secret, capture.body, capture.by_name):
        signature = styled("signature valid", "green")
    else:
        signature = styled(f"signature invalid with {name}", "red")
    return f"{provider.name} {topic}  {signature}"


def _whole(capture: Capture, known: tuple[Provider, ...]) -> str:
    headers = (f"    {name}: {value}" for name, value in shown_headers(capture, known))
    return "\n".join([*headers, "", f"    {capture.body.decode('utf-8', 'replace')}", ""])
