"""`devkit webhook listen`: what arrives is shown, judged and kept."""

from __future__ import annotations

import fnmatch
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from devkit.base.console import emit, say, styled
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.base.terminal_text import one_line, readable_lines
from devkit.commands.webhook.target import (
    SecretEnvOption,
    SecretNameOption,
    SecretStdinOption,
    WebhookSecret,
    chosen_secret,
)
from devkit.engines.ports import holders
from devkit.secrets import read_secrets, secret_file
from devkit.table.load import read_table
from devkit.webhooks.capture import Capture, keep, provider_of, shown_headers
from devkit.webhooks.destination import require_local_url
from devkit.webhooks.forward import Forwarder
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
    topic: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Only these topics: orders/create, 'orders/*'; repeatable."),
    ] = None,
    forward_to: Annotated[
        str | None, typer.Option(metavar="URL", help="Pass each one on to this URL, unchanged.")
    ] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="With --forward-to: allow non-local URLs.")
    ] = False,
    secret_name: SecretNameOption = None,
    secret_stdin: SecretStdinOption = False,
    secret_env: SecretEnvOption = None,
) -> int:
    """Accept any request on this machine, show what it is and whether its signature is valid, and keep it for replay."""
    root = project_root()
    if forward_to is not None:
        require_local_url(forward_to, root, allow_remote=allow_remote, option="--forward-to")
        if port and urlsplit(forward_to).port == port and not allow_remote:
            raise DevkitError(
                f"--forward-to {forward_to}: that is this listener itself",
                fix="--port picks another port for it",
                exit_code=ExitCode.USAGE,
            )
    forwarder = Forwarder(forward_to) if forward_to is not None else None
    judge = _judge(root, secret_name, stdin=secret_stdin, env=secret_env)
    lock = threading.Lock()

    def line(text: str) -> None:
        with lock:
            emit(text)

    def arrived(capture: Capture) -> Capture:
        seen = judge.look(capture)
        if not _wanted(seen.topic, topic):
            return capture
        capture = keep(root, capture)
        request = one_line(f"{capture.id}  {capture.method} {capture.path}  {len(capture.body)} bytes")
        line(f"{request}  {seen.words}" + (f"\n{_whole(capture, judge.known)}" if show_body else ""))
        return capture

    def answered(capture: Capture) -> None:
        if forwarder is not None and _wanted(judge.look(capture).topic, topic):
            result = forwarder.forward(capture)
            took = f" in {result.seconds * 1000:.0f} ms" if result.status is not None else ""
            line(one_line(f"{capture.id}  → {forwarder.url}: {result.result}{took}"))

    def failed(text: str) -> None:
        line(one_line(text))

    def started(taken: int) -> None:
        say(f"devkit: http://127.0.0.1:{taken} accepts any request; Ctrl-C ends it")

    try:
        serve(port, Manner(answer, delay), arrived, started, answered=answered, failed=failed)
    except PortRefused as refused:
        raise _named(port, refused) from None
    finally:
        # Nobody writes from here on: a thread that does while the interpreter ends makes it abort.
        lock.acquire(timeout=1)
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


@dataclass(frozen=True)
class _Seen:
    """What a request is: its topic, if it is a provider's; and a line about it and its signature."""

    topic: str
    words: str


@dataclass(frozen=True)
class _Judge:
    """The providers that are known, and their secrets by provider: name and value. A secret that is `given` is everybody's."""

    known: tuple[Provider, ...]
    secrets: Mapping[str, tuple[str, str]] = field(repr=False)
    given: WebhookSecret | None = None

    def look(self, capture: Capture) -> _Seen:
        provider = provider_of(capture.by_name, self.known)
        if provider is None:
            return _Seen("", "no provider's signature")
        try:
            topic = one_line(provider.topic_of(capture.by_name, parse_body(capture.body, provider)))
        except DevkitError:
            topic = "(not a JSON object)"
        name, secret = self.secrets.get(provider.name, ("", ""))
        if self.given is not None:
            name, secret = self.given.name, self.given.value
        return _Seen(topic, f"{provider.name} {topic}  {_signature(provider, capture, name, secret)}")


def _signature(provider: Provider, capture: Capture, name: str, secret: str) -> str:
    if not secret:
        return "signature not checked: no secret here"
    if provider.scheme.verify(secret, capture.body, capture.by_name):
        return styled("signature valid", "green")
    return styled(f"signature invalid with {name}", "red")


def _judge(root: Path, name: str | None, *, stdin: bool, env: str | None) -> _Judge:
    if name is not None or stdin or env is not None:
        table = read_table(table_file(root))
        return _Judge(providers(table), {}, chosen_secret(root, table, name, stdin=stdin, env=env))
    secrets, known = _here(root)
    return _Judge(known, secrets)


def _wanted(topic: str, patterns: list[str] | None) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(topic, pattern) for pattern in patterns)


def _whole(capture: Capture, known: tuple[Provider, ...]) -> str:
    headers = (f"    {name}: {value}" for name, value in shown_headers(capture, known))
    shown = [
        *map(one_line, headers),
        "",
        f"    {readable_lines(capture.body.decode('utf-8', 'replace'))}",
        "",
    ]
    return "\n".join(shown)
