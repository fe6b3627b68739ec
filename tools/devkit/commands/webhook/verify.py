"""`devkit webhook verify`: does a proof hold, and if not, why?"""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.commands.options import JsonOption, JunitOption, SarifOption, show
from devkit.engines.target import route
from devkit.findings.model import Finding, Severity
from devkit.findings.report import Checked, Report, Result
from devkit.secrets import read_secrets
from devkit.table.load import read_table
from devkit.webhooks.capture import provider_of, read_capture
from devkit.webhooks.diagnose import Request, diagnose, holds
from devkit.webhooks.payload import read_given
from devkit.webhooks.provider import Provider
from devkit.webhooks.providers import provider, providers


def verify(
    id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One that listen kept, or `last`.")] = None,
    provider_name: Annotated[str | None, typer.Option("--provider", help="Whose it is.")] = None,
    body: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="The raw body instead of a kept one.")
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option(metavar="'NAME: VALUE'", help="With --body: each header that came.")
    ] = None,
    secret_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="This secret of this clone instead of the provider's.")
    ] = None,
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="The secret comes from standard input.")
    ] = False,
    as_json: JsonOption = False,
    as_sarif: SarifOption = False,
    as_junit: JunitOption = False,
) -> int:
    """Say whether a webhook's proof holds (exit 0), and if not, why (exit 1). No secret is shown."""
    root = project_root()
    table = read_table(table_file(root))
    now = time.time()
    if (id is None) == (body is None):
        raise DevkitError("which webhook?", hint="an ID, `last`, or --body FILE", exit_code=ExitCode.USAGE)
    if body == "-" and secret_stdin:
        raise DevkitError("standard input is the body or the secret", exit_code=ExitCode.USAGE)
    if id is not None:
        capture = read_capture(root, id)
        headers, raw, now = capture.headers, capture.body, capture.received.timestamp()
    else:
        headers, raw = tuple(map(_header, header or [])), read_given(body or "")
    sender = _sender(provider_name, headers, providers(table)) or provider(provider_name or "", table)
    values = {} if secret_stdin else read_secrets(root, table)
    name = "the secret given" if secret_stdin else secret_name or route(table, sender.name)[1].secret
    if not secret_stdin and name not in values:
        raise DevkitError(
            f"this clone has no secret {name}", hint="./devkit secrets init", exit_code=ExitCode.USAGE
        )
    secret = sys.stdin.read().removesuffix("\n") if secret_stdin else values[name]
    others = {key: value for key, value in values.items() if key != name}
    request = Request(sender.scheme, headers, raw, secret, name, now, others)
    report = _report(request, sender)
    show(report, as_json=as_json, as_sarif=as_sarif, as_junit=as_junit, verbose=True)
    return ExitCode.CHECK_FAILED if report.failed else ExitCode.OK


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise DevkitError(f"--header {name}: not 'NAME: VALUE'", exit_code=ExitCode.USAGE)
    return name.strip(), value.strip()


def _sender(
    name: str | None, headers: tuple[tuple[str, str], ...], known: tuple[Provider, ...]
) -> Provider | None:
    if name is not None:
        return None
    found = provider_of({key.lower(): value for key, value in headers}, known)
    if found is None:
        raise DevkitError(
            "no provider's proof is among the headers",
            hint="--provider says whose it should be",
            exit_code=ExitCode.USAGE,
        )
    return found


def _report(request: Request, sender: Provider) -> Report:
    about = f"{sender.name}'s proof holds with {request.secret_name}"
    id = f"webhook.{sender.name}"
    if holds(request):
        return Report("webhook verify", (), (Checked(id, about, Result.OK, f"{len(request.body)} bytes"),))
    cause = diagnose(request)
    finding = Finding(f"webhook.{cause.name}", Severity.ERROR, cause.message, None, cause.mend)
    return Report("webhook verify", (finding,), (Checked(finding.id, about, Result.FAILED, cause.message),))
