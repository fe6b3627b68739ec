"""`devkit tunnel`: the providers themselves reach the platform on this machine."""

from __future__ import annotations

import contextlib
import time
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import typer

from devkit.base.console import emit, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.loopback import loopback
from devkit.base.paths import project_root, table_file
from devkit.base.progress import Progress
from devkit.base.signals import terminated_as_interrupted
from devkit.commands.options import EngineOption
from devkit.engines.choice import active_engine
from devkit.model import Service, Table
from devkit.table.load import read_table
from devkit.webhooks.tunnel import Tunnel, open_tunnel, wait_until_it_answers

_SKIP = "WEBHOOK_SKIP_VERIFICATION"
_ON = ("1", "true", "yes", "on", "t", "y")


def run(
    engine: EngineOption = None,
    once: Annotated[bool, typer.Option("--once", help="Check that it works, and close it again.")] = False,
) -> int:
    """Open a public address for the webhooks of this machine's platform, by cloudflared; Ctrl-C closes it.

    Every request from outside reaches the service that takes them. It refuses while unsigned webhooks are accepted.
    """
    root = project_root()
    table = read_table(table_file(root))
    service = _door(table)
    first = next(iter(service.webhooks.values()))
    _refuse_unsigned(table, service)
    with terminated_as_interrupted(), active_engine(root, engine).webhook_target(first.provider) as target:
        target.require()
        _refuse_unsigned_in_fact(target.url, service.name)
        parts = urlsplit(target.url)
        with contextlib.ExitStack() as stack:
            with Progress("opening the tunnel") as progress:
                tunnel = stack.enter_context(
                    open_tunnel(root, f"{parts.scheme}://{parts.netloc}", progress.say)
                )
                progress.say(f"{tunnel.hostname}: waiting until the platform answers through it")
                wait_until_it_answers(tunnel, service.probes.live if service.probes else "/")
            _show(tunnel, service)
            if not once:
                _stay(tunnel)
    say("devkit: the tunnel is closed")
    return ExitCode.OK


def _door(table: Table) -> Service:
    for service in table.services.values():
        if service.webhooks:
            return service
    raise DevkitError(
        "the table routes no webhooks", fix="webhooks: in dev/services.yaml", exit_code=ExitCode.USAGE
    )


def _refuse_unsigned(table: Table, service: Service) -> None:
    variable = service.env.get(_SKIP) or table.config.get(_SKIP)
    if variable is not None and (variable.default or "").strip().lower() in _ON:
        raise DevkitError(
            f"{variable.place}: {_SKIP} is on: anyone who finds the URL could send webhooks",
            fix='set its default to "false"',
            exit_code=ExitCode.REFUSED,
        )


def _refuse_unsigned_in_fact(url: str, service: str) -> None:
    """What the table says need not be what runs: a webhook without a signature is to be refused."""
    try:
        with loopback(5) as client:
            answer = client.post(url, content=b"{}")
    except httpx.HTTPError:
        raise DevkitError(
            f"the platform does not answer at {url}", fix="./devkit up starts it", exit_code=ExitCode.REFUSED
        ) from None
    if answer.status_code not in (401, 403):
        raise DevkitError(
            f"{url} answers an unsigned webhook with {answer.status_code} instead of 401",
            fix=f"is {_SKIP} on in the running {service}? ./devkit restart {service} after switching it off",
            exit_code=ExitCode.REFUSED,
        )


def _show(tunnel: Tunnel, service: Service) -> None:
    say("devkit: the platform answers through the tunnel; paste these at the providers:")
    for hook in service.webhooks.values():
        emit(f"{hook.provider:<12} {tunnel.url}{hook.path}")
    say("devkit: Ctrl-C closes it; the URL will be different next time")


def _stay(tunnel: Tunnel) -> None:
    """Until somebody ends it, or it ends."""
    with contextlib.suppress(KeyboardInterrupt):
        while not tunnel.has_ended():
            time.sleep(0.5)
        raise DevkitError(
            f"cloudflared ended by itself (exit code {tunnel.process.returncode})",
            fix="./devkit tunnel opens a new one",
            exit_code=ExitCode.REFUSED,
        )
