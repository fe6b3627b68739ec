"""Checks of the repository's own: `dev/verify/<name>.py`, each with a function `check(platform)`.

devkit knows ports and protocols; what the platform is *for* only the repository can say.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.polling import attempts
from devkit.checks import Problem, Skipped
from devkit.checks.repository import RepositoryCheck, repository_checks
from devkit.engines.site import Site
from devkit.engines.target import route
from devkit.verify.model import PlatformCheck
from devkit.webhooks.batch import Batch, deliveries
from devkit.webhooks.change import set_value
from devkit.webhooks.deliver import DeliveryResult, Pace, deliver_one
from devkit.webhooks.payload import load_example, parse_payload
from devkit.webhooks.provider import Payload
from devkit.webhooks.providers import provider

__all__ = ["FOLDER", "Platform", "project_checks"]

FOLDER = "dev/verify"
_DECLARATIONS = ("CHANGES",)
_EVERY = 0.1
_T = TypeVar("_T")


@dataclass
class Platform:
    """What a check of the repository is given.

    >>> def check(platform):
    ...     payload, answer = platform.webhook("shopify", "orders/create")
    ...     platform.wait("it is in the API", lambda: find(payload["id"]), 20)
    """

    _site: Site
    _began: float = field(default_factory=time.monotonic)
    _steps: list[str] = field(default_factory=list)

    @property
    def private(self) -> bool:
        """Whether nobody else uses this platform, so that a check may change what others would notice: the simulator's clock."""
        return self._site.private

    def url(self, service: str) -> str:
        """Where a service answers on this machine. A service that does not run here skips the check.

        Raises Problem for a service that the table has not.
        """
        if service not in self._site.table.services:
            raise Problem(f"the table has no service {service}")
        if why := self._site.off.get(service):
            raise Skipped(f"{service} {why}")
        if service in self._site.missing:
            raise Skipped(f"{service} is not deployed")
        return self._site.url(service)

    def secret(self, name: str) -> str:
        """A secret that the platform runs with. It is taken out of whatever the check says.

        Raises Problem without one of that name.
        """
        try:
            return self._site.secrets[name]
        except KeyError:
            raise Problem(f"there is no secret {name}", "./devkit secrets init") from None

    def webhook(
        self, name: str, topic: str, changes: Mapping[str, object] | None = None
    ) -> tuple[Payload, DeliveryResult]:
        """Sends a provider's signed webhook with new ids, as `devkit webhook` does. `changes`: path → value.

        Returns what was sent, and the answer. Raises Problem when it is not accepted.
        """
        sender = provider(name, self._site.table)
        example = load_example(self._site.root / "dev" / "webhooks" / name, topic, sender.topics)
        changing = tuple(partial(set_value, assignment=f"{k}={v}") for k, v in (changes or {}).items())
        service, hook = route(self._site.table, name)
        url = self.url(service.name) + hook.path
        batch = Batch(sender, topic, example, url, self._site.secrets.get(hook.secret, ""), changes=changing)
        delivery = next(deliveries(batch))
        answer = deliver_one(delivery, Pace(sender.timeout))
        if not answer.accepted:
            said = answer.problem or f"{answer.status}: {answer.body[:200]}"
            raise Problem(f"{name} {topic} is answered with {said}")
        return parse_payload(delivery.body, topic), answer

    def wait(
        self,
        what: str,
        look: Callable[[], _T | None],
        seconds: float,
        now: Callable[[], object] | None = None,
    ) -> _T:
        """Asks until `look` returns something true, and notes the step. Raises Problem after `seconds`, with what is so `now`."""
        seconds *= self._site.patience
        for _ in attempts(seconds, _EVERY):
            if found := look():
                self.step(what)
                return found
        instead = f"; it is {now()}" if now else ""
        so_far = f" (so far: {self.story()})" if self._steps else ""
        raise Problem(f"not within {seconds:g} s: {what}{instead}{so_far}")

    def step(self, what: str) -> None:
        """Notes that something was reached now."""
        self._steps.append(f"{what} {time.monotonic() - self._began:.1f} s")

    def story(self) -> str:
        """The steps so far, with their times since the beginning."""
        return ", ".join(self._steps)


def project_checks(root: Path, taken: tuple[str, ...]) -> list[PlatformCheck]:
    """The repository's checks, by name. Raises DevkitError (exit 2) for a file that is none, or has one of the names that
    are `taken`.

    The first line of its docstring says what it checks. It may say CHANGES (False: it only looks).
    """
    return [_check(file, taken) for file in repository_checks(root, FOLDER, "platform", _DECLARATIONS)]


def _check(file: RepositoryCheck, taken: tuple[str, ...]) -> PlatformCheck:
    if file.name in taken:
        fix = f"{', '.join(taken)} are devkit's own"
        raise DevkitError(f"{file.where}: {file.name} cannot be a name", fix=fix, exit_code=ExitCode.USAGE)

    def checked(site: Site) -> str:
        platform = Platform(site)
        try:
            file.run(platform)
        except AssertionError as problem:
            raise Problem(str(problem) or f"an assertion of {file.where} does not hold") from None
        return platform.story() or "passed"

    changes = file.declared.get("CHANGES", True)
    if not isinstance(changes, bool):
        raise DevkitError(
            f"{file.where}: CHANGES is True or False, not {changes!r}", exit_code=ExitCode.USAGE
        )
    return PlatformCheck(id=file.name, about=file.about, run=checked, serial=changes, deadline=300)
