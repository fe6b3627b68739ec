"""Helm, as far as a mesh needs it: asked with a deadline, and watched while it installs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.proc import Answer, NoAnswer, ask_program, find_program
from devkit.base.versions import Version, dotted, version_in
from devkit.cluster.kubeconfig import KubeContext

__all__ = ["INSTALL_LINK", "OLDEST", "Helm", "Release", "oneline", "reason"]

# 3.8 is the first with OCI repositories and with a release that is taken back when Helm is interrupted.
OLDEST = (3, 8)
INSTALL_LINK = "https://helm.sh/docs/intro/install/"

_ASK = 60.0  # seconds
_INSTALLING = {"pre-install", "post-install", "pre-upgrade", "post-upgrade"}
_LOOK_EVERY = 0.5
_PATIENCE = 90.0  # seconds that an interrupted Helm gets to take back what it did


@dataclass(frozen=True)
class Release:
    """A release as Helm has it. `chart` is name and version in one (`traefik-mesh-4.1.1`); `hooks` are manifests,
    `install_hooks` those of them that an installation waits for; `once_deployed` is the newest revision that ever
    worked, None if none did."""

    name: str
    namespace: str
    status: str
    revision: int
    chart: str
    app_version: str
    description: str
    manifest: str
    hooks: tuple[str, ...]
    install_hooks: tuple[str, ...]
    once_deployed: int | None


class Helm:
    """The program on PATH, for one context of the kubeconfig.

    Raises DevkitError: exit 3 when it is missing or older than `OLDEST`.
    """

    def __init__(self, context: KubeContext) -> None:
        found = find_program("helm")
        if found is None:
            raise DevkitError(
                "helm is not on PATH", fix=f"install it: {INSTALL_LINK}", exit_code=ExitCode.TOOL_MISSING
            )
        self.program = found
        self._context = context
        self.version = self._version()

    def _version(self) -> Version:
        said = self._ask(["version", "--template", "{{.Version}}"]).out.strip()
        version = version_in(said) or (0,)
        if version < OLDEST:
            raise DevkitError(
                f"helm is {said or 'of an unknown version'}: {dotted(OLDEST)} or newer is needed",
                fix=f"install a newer one: {INSTALL_LINK}",
                exit_code=ExitCode.TOOL_MISSING,
            )
        return version

    def release(self, name: str, namespace: str) -> Release | None:
        """The release; None when Helm has none of that name there. Raises DevkitError with Helm's reason."""
        at = [name, "--namespace", namespace, "--output", "json"]
        answer = self._ask(["status", *at])
        if answer.code:
            if "not found" in answer.err:
                return None
            raise DevkitError(f"helm status failed: {reason(answer)}")
        data, history = json.loads(answer.out), json.loads(self.answer("history", *at).out)
        newest = history[-1] if history else {}
        hooks = data.get("hooks") or ()
        worked = [int(each["revision"]) for each in history if each["status"] in ("deployed", "superseded")]
        return Release(
            name=name,
            namespace=namespace,
            status=data["info"]["status"],
            revision=int(data["version"]),
            chart=newest.get("chart", ""),
            app_version=newest.get("app_version", ""),
            description=oneline(data["info"].get("description", "")),
            manifest=data.get("manifest", ""),
            hooks=tuple(hook["manifest"] for hook in hooks),
            install_hooks=tuple(hook["manifest"] for hook in hooks if _INSTALLING & set(hook["events"])),
            once_deployed=max(worked, default=None),
        )

    def values(self, name: str, namespace: str) -> dict[str, Any]:
        """The values that the release was given."""
        answer = self.answer("get", "values", name, "--namespace", namespace, "--output", "json")
        found: dict[str, Any] | None = json.loads(answer.out)
        return found or {}

    @property
    def atomic(self) -> str:
        """The flag by which a failed installation takes itself back."""
        return "--rollback-on-failure" if self.version >= (4,) else "--atomic"

    def answer(self, *arguments: str, seconds: float = _ASK) -> Answer:
        """What Helm says. Raises DevkitError (exit 1) with its own words when it fails."""
        answer = self._ask(arguments, seconds)
        if answer.code:
            raise DevkitError(f"helm {arguments[0]} failed: {reason(answer)}")
        return answer

    def work(self, arguments: Sequence[str], seconds: float, look: Callable[[], None]) -> Answer:
        """Runs Helm for as long as `seconds` and calls `look` meanwhile. Ctrl-C lets it take back what it did."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(
                self._command(arguments),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=self._environment(),
                start_new_session=True,  # a terminal's Ctrl-C is passed on once, below
            )
            try:
                until = time.monotonic() + seconds
                while process.poll() is None and time.monotonic() < until:
                    time.sleep(_LOOK_EVERY)
                    look()
            finally:
                _end(process)
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode("utf-8", "replace"))
            return Answer(process.returncode, texts[0], texts[1])

    def _ask(self, arguments: Sequence[str], seconds: float = _ASK) -> Answer:
        try:
            return ask_program(self._command(arguments), timeout=seconds, environ=self._environment())
        except NoAnswer as problem:
            raise DevkitError(str(problem)) from None

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [str(self.program), "--kube-context", self._context.name, *arguments]

    def _environment(self) -> dict[str, str]:
        """The one kubeconfig that was judged; and no proxy between here and a cluster on this machine."""
        beside = urlsplit(self._context.server).hostname or ""
        around = [os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "", beside]
        files = os.pathsep.join(str(path) for path in self._context.files)
        direct = ",".join(filter(None, around))
        return {**os.environ, "KUBECONFIG": files, "NO_PROXY": direct, "no_proxy": direct}


def reason(answer: Answer) -> str:
    """Helm's error in one line."""
    errors = re.split(r"^Error: ", answer.err, flags=re.MULTILINE)
    return oneline(errors[-1]) if len(errors) > 1 else answer.last_line


def oneline(text: str) -> str:
    """Text of any shape in one line of at most 400 characters."""
    line = " ".join(text.split())
    return line if len(line) <= 400 else line[:399] + "…"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Interrupts what still runs, so that it cleans up; kills it when it does not end."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
