"""A save in the clone is noticed."""

from __future__ import annotations

import errno
import tempfile
import threading
import time
from pathlib import Path

from devkit.checks import Fix, Problem, Skipped, check, warning
from devkit.doctor.checks.project.place import hinders
from devkit.doctor.facts.inotify import inotify, to_paste
from devkit.doctor.facts.place import mount
from devkit.doctor.facts.polling import FORCE, polling
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json

_PATIENCE = 2.0


@check("watch.probe", __doc__, after=("project.writable",), deadline=4.0)
def run(machine: Machine) -> str:
    """Saves a file in the clone, in a folder that goes again. Raises a warning that names why nobody noticed."""
    found = _saved(machine, machine.fact(polling))
    if found["step"] == "folder":
        raise Problem(f"no folder for the probe can be made: {found['why']}")
    if found["step"] == "watch":
        if name := _taken(machine):
            raise Skipped(f"not checked because {name} failed")
        raise _refused(found["errno"], found["why"])
    if found["seconds"] is None:
        where = mount(machine, machine.root)
        if where is not None and hinders(machine, where):
            raise Skipped("not checked because project.place failed")
        on = f" on this file system ({where.kind})" if where else ""
        raise warning(
            f"a save in the clone was not noticed within {_PATIENCE:g} s: the file system does not report changes{on}",
            f"move the clone to a disk of this machine, or poll for changes: {FORCE}=1 ./devkit up --engine local",
        )
    return f"after {found['seconds'] * 1000:.0f} ms"


@observed("save noticed, polling")
def _saved(machine: Machine, force_polling: bool) -> dict[str, Json]:
    """After how many `seconds` a save is noticed, None: never. Else the `step` that failed, folder or watch, and `why`."""
    state = machine.root / ".devkit"
    try:
        scratch = tempfile.TemporaryDirectory(
            prefix=".doctor-", dir=state if state.is_dir() else machine.root, ignore_cleanup_errors=True
        )
    except OSError as problem:
        return {"step": "folder", "why": problem.strerror}
    with scratch as folder:
        try:
            return {"step": None, "seconds": _noticed(Path(folder), force_polling)}
        except (
            OSError,
            RuntimeError,
        ) as problem:  # watchfiles passes on some of the kernel's refusals as its own
            return {"step": "watch", "why": str(problem), "errno": getattr(problem, "errno", None)}


def _noticed(folder: Path, force_polling: bool) -> float | None:
    """Seconds from a save to its notice, None when there was none. Raises OSError where nothing can be watched."""
    from watchfiles import watch

    stop, saved = threading.Event(), time.monotonic()

    def save() -> None:
        nonlocal saved
        while not stop.wait(0.05):  # the watch begins a moment after the call, and may miss the first
            saved = time.monotonic()
            try:
                (folder / "probe").write_text(str(saved))
            except OSError:
                return
            stop.wait(0.4)

    writer = threading.Thread(target=save, daemon=True)
    writer.start()
    try:
        for changes in watch(
            folder, watch_filter=None, step=10, debounce=100, rust_timeout=int(_PATIENCE * 1000),
            yield_on_timeout=True, force_polling=force_polling, poll_delay_ms=100, raise_interrupt=False,
        ):  # fmt: skip
            return time.monotonic() - saved if changes else None
    finally:
        stop.set()
        writer.join(1)
    return None


def _taken(machine: Machine) -> str | None:
    """The check that tells that inotify has nothing left."""
    try:
        known = machine.fact(inotify)
    except Skipped:
        return None
    if known.instances_used >= known.instances:
        return "watch.inotify-instances"
    return "watch.inotify-watches" if known.watches_used >= known.watches else None


def _refused(number: int | None, why: str) -> Problem:
    text = why.lower()
    if number == errno.ENOSPC or "no space" in text or "watch limit" in text:
        return warning(
            "nothing can be watched: this user has no inotify watch left",
            fix=Fix(to_paste("max_user_watches", 524_288)),
        )
    if number == errno.EMFILE or "too many open files" in text:
        return warning(
            "nothing can be watched: this user has no inotify instance, or this process no file, left",
            fix=Fix(to_paste("max_user_instances", 512)),
        )
    return warning(f"nothing can be watched: {why}", f"{FORCE}=1 ./devkit up --engine local")
