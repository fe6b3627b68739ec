"""`devkit webhook verify`: is a signature valid, and if not, why?"""

from __future__ import annotations

import time
from typing import Annotated

import typer

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.base.terminal_text import one_line
from devkit.commands.completion import capture_names
from devkit.commands.options import ReportOptions
from devkit.commands.spread import spread
from devkit.commands.webhook.target import (
    NAME_IT,
    SecretEnvOption,
    SecretNameOption,
    SecretStdinOption,
    WebhookSecret,
    chosen_secret,
)
from devkit.engines.target import find_route
from devkit.findings.model import Finding, Severity
from devkit.findings.report import Checked, Report, Result
from devkit.model import Table
from devkit.table.load import read_table
from devkit.webhooks.capture import provider_of, read_capture
from devkit.webhooks.diagnose import ReceivedRequest, diagnose, is_valid, remark
from devkit.webhooks.payload import read_given
from devkit.webhooks.provider import Provider
from devkit.webhooks.providers import provider, providers


@spread
def verify(
    id: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID|NAME]",
            autocompletion=capture_names,
            help="The id or the name of a captured webhook, or `last`.",
        ),
    ] = None,
    provider_name: Annotated[str | None, typer.Option("--provider", help="The provider.")] = None,
    body: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Use this raw body instead of a captured webhook's.")
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(metavar="'NAME: VALUE'", help="With --body: a header of the request; repeatable."),
    ] = None,
    secret_name: SecretNameOption = None,
    secret_stdin: SecretStdinOption = False,
    secret_env: SecretEnvOption = None,
    form: ReportOptions = ReportOptions(),
) -> int:
    """Check a webhook's signature: exit 0 if it is valid; else exit 1, with the cause. No secret is shown."""
    root = project_root()
    table = read_table(table_file(root))
    now = time.time()
    if (id is None) == (body is None):
        raise DevkitError("which webhook?", fix="an ID, `last`, or --body FILE", exit_code=ExitCode.USAGE)
    if body == "-" and secret_stdin:
        raise DevkitError("standard input can be the body or the secret, not both", exit_code=ExitCode.USAGE)
    if id is not None:
        capture = read_capture(root, id)
        headers, raw, now = capture.headers, capture.body, capture.received.timestamp()
    else:
        headers, raw = tuple(map(_header, header or [])), read_given(body or "")
    sender = _sender(provider_name, headers, providers(table)) or provider(provider_name or "", table)
    given = secret_name or secret_stdin or secret_env
    name = secret_name if given else _routed(table, sender.name)
    secret = chosen_secret(root, table, name, stdin=secret_stdin, env=secret_env)
    assert secret is not None
    request = ReceivedRequest(
        sender.scheme, headers, raw, secret.value, secret.name, now, secret.others,
        sender.name, sender.spelling, sender.form_field,
    )  # fmt: skip
    report = _report(request, sender, secret)
    return form.show(report, verbose=True)


def _routed(table: Table, provider_name: str) -> str:
    found = find_route(table, provider_name)
    if found is None:
        raise DevkitError(
            f"which secret signs webhooks of {provider_name}? The table does not say",
            fix=NAME_IT,
            exit_code=ExitCode.USAGE,
        )
    return found[1].secret


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
            "none of the headers is a provider's signature",
            fix="--provider names the provider",
            exit_code=ExitCode.USAGE,
        )
    return found


def _report(request: ReceivedRequest, sender: Provider, secret: WebhookSecret) -> Report:
    about = f"{sender.name}'s signature is valid with {request.secret_name}"
    id = f"webhook.{sender.name}"
    if is_valid(request):
        remarks = [f"the signature is valid with {request.secret_name}; {len(request.body)} bytes"]
        if secret.line_end:
            remarks.append(
                f"{request.secret_name} had a line end after it: a receiver that keeps it refuses this webhook"
            )
        held = "; ".join(filter(None, [*remarks, remark(request)]))
        return Report("webhook verify", (), (Checked(id, about, Result.OK, held),))
    cause = diagnose(request)
    message = one_line(cause.message)  # names of headers that came are in it
    if secret.line_end and not cause.suspicion and cause.name == "secret-with-less":
        message += f" ({request.secret_name} had one, which was left out here)"
    finding = Finding(f"webhook.{cause.name}", Severity.ERROR, message, None, cause.fix)
    return Report("webhook verify", (finding,), (Checked(finding.id, about, Result.FAILED, message),))
