"""Where a command's webhooks go, and the secret that signs them: from the table, or from the options."""

from __future__ import annotations

import contextlib
import difflib
import getpass
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from devkit.base.errors import DevkitError, ExitCode
from devkit.commands.options import EngineOption
from devkit.engines.choice import active_engine
from devkit.engines.target import find_route, require_secret, route
from devkit.model import Table
from devkit.secrets import read_secrets
from devkit.webhooks.deliver import NOBODY, DeliveryResult
from devkit.webhooks.destination import require_local_url

__all__ = [
    "NAME_IT",
    "SecretEnvOption",
    "SecretNameOption",
    "SecretStdinOption",
    "Target",
    "TargetOptions",
    "WebhookSecret",
    "chosen_secret",
]

SecretNameOption = Annotated[
    str | None,
    typer.Option(
        "--secret-name", metavar="NAME", help="This secret of this clone instead of the provider's."
    ),
]
SecretEnvOption = Annotated[
    str | None,
    typer.Option("--secret-env", metavar="NAME", help="The secret comes from this environment variable."),
]
SecretStdinOption = Annotated[
    bool, typer.Option("--secret-stdin", help="The secret comes from standard input.")
]

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
NAME_IT = "--secret-name NAME (one in k8s/dev/secret.yaml), --secret-env NAME, or --secret-stdin"
_ADDRESS = "--to URL with --secret-name NAME or --secret-stdin"


@dataclass(frozen=True)
class WebhookSecret:
    """A secret, and what it is called. `others` are this clone's further secrets by name. No value is to be shown.
    `line_end`: it came with one, which is not part of it."""

    name: str
    value: str = field(repr=False)
    others: Mapping[str, str] = field(default_factory=dict, repr=False)
    line_end: bool = False

    @property
    def variable(self) -> str:
        """What a shell may call it."""
        return self.name if _NAME.fullmatch(self.name) else "WEBHOOK_SECRET"


@dataclass(frozen=True)
class Target:
    """Where a provider's webhooks go, and the secret that signs them; `variable` is what a shell may call that. `ours`: it is the
    platform's `service`, and `require` raises DevkitError (exit 5) unless that is there and this clone's."""

    url: str
    secret: str = field(repr=False)
    variable: str
    ours: bool
    service: str = ""
    require: Callable[[], None] = lambda: None

    @property
    def start(self) -> str | None:
        """What to do when nothing listens there, though it ran a moment ago."""
        return f"./devkit status shows how {self.service} is" if self.ours else None

    def fix(self, answer: DeliveryResult) -> str | None:
        """What to do about a delivery that was not answered."""
        if answer.problem == NOBODY:
            return self.start
        return f"./devkit logs {self.service} shows what it does" if self.ours else None


@dataclass(frozen=True)
class TargetOptions:
    """Where webhooks go and which secret signs them, in place of what the table says."""

    to: Annotated[str | None, typer.Option("--to", metavar="URL", help="Send to this URL instead.")] = None
    allow_remote: Annotated[bool, typer.Option("--allow-remote", help="With --to: allow non-local URLs.")] = (
        False
    )
    secret_name: SecretNameOption = None
    secret_stdin: SecretStdinOption = False
    secret_env: SecretEnvOption = None
    engine: EngineOption = None

    def secret(self, root: Path, table: Table) -> WebhookSecret | None:
        """The secret that is named; None when none is. Raises DevkitError for one that there is not, and for a URL to
        which nothing may be sent."""
        if self.to is not None:
            require_local_url(self.to, root, allow_remote=self.allow_remote)
        return chosen_secret(root, table, self.secret_name, stdin=self.secret_stdin, env=self.secret_env)

    @contextlib.contextmanager
    def opened(
        self, root: Path, table: Table, provider: str, secret: WebhookSecret | None
    ) -> Iterator[Target]:
        """Where to send. Nothing of the platform is asked when both the URL and the `secret` are given.

        Raises DevkitError (exit 2) for a provider of which the table says too little.
        """
        if secret is not None:
            require_secret(secret.name, secret.value)
        if self.to is not None and secret is not None:
            yield Target(self.to, secret.value, secret.variable, ours=False)
            return
        found = find_route(table, provider)
        if found is None and self.to is not None:
            raise DevkitError(
                f"which secret signs webhooks of {provider}? The table does not say",
                fix=NAME_IT,
                exit_code=ExitCode.USAGE,
            )
        try:
            service, hook = found or route(table, provider)
        except DevkitError as problem:
            raise DevkitError(
                problem.message, fix=f"{problem.fix}; or {_ADDRESS}", exit_code=problem.exit_code
            ) from None
        with active_engine(root, self.engine).webhook_target(provider) as target:
            yield Target(
                self.to or target.url,
                secret.value if secret else require_secret(hook.secret, target.secret),
                secret.variable if secret else hook.secret,
                ours=self.to is None,
                service=service.name,
                require=(lambda: None) if self.to is not None else target.require,
            )


def chosen_secret(
    root: Path, table: Table, name: str | None, *, stdin: bool, env: str | None = None
) -> WebhookSecret | None:
    """The secret that the options name; None when they name none. Raises DevkitError (exit 2) when there is no such one."""
    given = [
        option
        for option, used in (
            ("--secret-name", name is not None), ("--secret-env", env is not None), ("--secret-stdin", stdin),
        )
        if used
    ]  # fmt: skip
    if len(given) > 1:
        raise DevkitError(f"{' and '.join(given)} exclude each other", exit_code=ExitCode.USAGE)
    if env is not None:
        return _of_environment(env)
    if stdin:
        value = _typed()
        bare = value.removesuffix("\n").removesuffix("\r")
        if not bare.strip():
            raise DevkitError("standard input holds no secret, or white space only", exit_code=ExitCode.USAGE)
        return WebhookSecret("the secret given", bare, line_end=bare != value)
    if name is None:
        return None
    values = read_secrets(root, table)
    if name not in values:
        raise _no_such_secret(name, table, values)
    return WebhookSecret(name, values[name], {key: value for key, value in values.items() if key != name})


def _of_environment(name: str) -> WebhookSecret:
    """The value of a variable. What is no name is not repeated: it may be the secret itself."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise DevkitError(
            "--secret-env takes the name of a variable, never its value",
            fix="--secret-stdin reads a value",
            exit_code=ExitCode.USAGE,
        )
    value = os.environ.get(name, "")
    if not value.strip():
        shown = name if len(name) <= 40 else "of that name"
        raise DevkitError(
            f"--secret-env: the variable {shown} is not set, or blank",
            fix=f"export {shown}=…" if shown == name else None,
            exit_code=ExitCode.USAGE,
        )
    return WebhookSecret(name, value)


def _typed() -> str:
    """A secret from standard input; on a terminal it is asked for and not shown."""
    if sys.stdin.isatty():
        return getpass.getpass("secret: ")
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise DevkitError("the secret on standard input is not UTF-8", exit_code=ExitCode.USAGE) from None


def _no_such_secret(name: str, table: Table, values: Mapping[str, str]) -> DevkitError:
    if name in table.secrets:
        made = (
            f"./devkit secrets set {name}"
            if table.secrets[name].optional
            else "./devkit secrets init generates it"
        )
        return DevkitError(f"this clone has no secret {name}", fix=made, exit_code=ExitCode.USAGE)
    if near := difflib.get_close_matches(name.upper(), values, 1):
        return DevkitError(
            f"this clone has no secret {name}; did you mean {near[0]}?", exit_code=ExitCode.USAGE
        )
    if not _NAME.fullmatch(name):  # perhaps the secret itself, which is not to be repeated
        return DevkitError(
            "--secret-name takes the name of a secret, never its value",
            fix="--secret-stdin reads a value",
            exit_code=ExitCode.USAGE,
        )
    return DevkitError(
        f"this clone has no secret {name}", fix=f"there is {', '.join(values)}", exit_code=ExitCode.USAGE
    )
