"""The runs of an audit: one process each, watched; once more line by line where variables changed; then hopping."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from devprobe.settings import PROBE

from devkit.base.loopback import loopback
from devkit.base.paths import STATE_FOLDER, table_file
from devkit.instance import Flow, PrivateInstance, chosen_flows, private_instance
from devkit.instance.hopping import hopping
from devkit.instance.watching import Record, Watching
from devkit.state.comments import allows_in
from devkit.state.files import suspects_in_files
from devkit.state.memory import Variable, changed_variables, suspects_in_memory
from devkit.state.model import ALLOWS, Evidence, FlowFailure

__all__ = ["audit_state"]

# Seconds in which nobody asks for anything but health, and how often that is asked then; and those that what a flow began
# gets to end.
_IDLE, _PROBE_EVERY, _SETTLE = 3.0, 0.5, 20.0
_PASSED_OVER = (STATE_FOLDER, "__pycache__")

Say = Callable[[str], None]


def audit_state(root: Path, names: Sequence[str], say: Say) -> Evidence:
    """Drives the flows of these names, or all, through a private instance. `say` hears how far it is.

    Raises DevkitError (exit 2) for an unknown flow; (exit 1) when the platform does not come up.
    """
    flows = chosen_flows(root, names)
    say("copying the repository")
    with private_instance(root, say) as instance:
        watching = Watching(instance)
        try:
            return _audited(instance, watching, flows, say)
        finally:
            watching.remove_strays()


def _audited(instance: PrivateInstance, watching: Watching, flows: Sequence[Flow], say: Say) -> Evidence:
    table = table_file(instance.root).relative_to(instance.root).as_posix()
    seen = Evidence(table, watching.names, [flow.name for flow in flows])
    _watch(instance, watching, flows, seen, say)
    variables = changed_variables(seen, watching.frame)
    seen.allows = allows_in(instance.root, instance.table, watching.names)
    if not seen.failures:
        if _unexplained(variables, seen):
            _trace(instance, watching, flows, variables, seen, say)
        _hop(instance, watching, flows, seen, say)
    seen.suspects = [*suspects_in_files(seen, watching.shown), *suspects_in_memory(variables, seen.wrote)]
    return seen


def _watch(
    instance: PrivateInstance, watching: Watching, flows: Sequence[Flow], seen: Evidence, say: Say
) -> None:
    say("starting a private instance")
    instance.run(lambda unit: [watching.watched(unit, memory=True)])
    before = _listing(watching)
    say("watching it while nobody asks for anything")
    watching.look()
    _idle(instance)
    watching.look()
    seen.pulse = {(r.service, r.about["key"]) for r in watching.records() if r.what == "changed"}
    begins = time.monotonic()
    instance.learn()
    seen.failures = _drive(instance, flows, say, "")
    _until_quiet(watching, seen)
    seen.records = [r for r in watching.records() if r.what != "changed" or r.at > begins]
    _compare_files(watching, before, seen)


def _idle(instance: PrivateInstance) -> None:
    ends = time.monotonic() + _IDLE
    with loopback(30) as client:
        while time.monotonic() < ends:
            for unit in instance.services():
                probes = instance.table.services[unit.name].probes
                for path in (probes.live, probes.ready) if probes else ():
                    client.get(f"http://127.0.0.1:{unit.port}{path}")
            time.sleep(_PROBE_EVERY)


def _until_quiet(watching: Watching, seen: Evidence) -> None:
    """What a flow has begun goes on after it, in jobs: until nothing changes from one look to the next."""
    ends, before = time.monotonic() + _SETTLE, -1
    while time.monotonic() < ends:
        watching.look()
        now = sum(_tells_of_work(record, seen) for record in watching.records())
        if now == before:
            return
        before = now
        time.sleep(1.0)


def _tells_of_work(record: Record, seen: Evidence) -> bool:
    if record.what != "changed":
        return True
    return record.about["request"] != PROBE and (record.service, record.about["key"]) not in seen.pulse


def _unexplained(variables: Sequence[Variable], seen: Evidence) -> bool:
    """Whether any is not allowed already where it is defined."""
    return bool(ALLOWS.without_allowed(suspects_in_memory(_all_own(variables), ()), seen.allows))


def _all_own(variables: Sequence[Variable]) -> Iterator[Variable]:
    for variable in variables:
        yield replace(variable, own=True)


def _trace(
    instance: PrivateInstance,
    watching: Watching,
    flows: Sequence[Flow],
    variables: Sequence[Variable],
    seen: Evidence,
    say: Say,
) -> None:
    say("starting it again, to see which lines write")
    traced: dict[str, set[str]] = {}
    for variable in variables:
        for service, keys in variable.keys.items():
            traced.setdefault(service, set()).update(keys)
    watching.forget()
    instance.run(
        lambda unit: [watching.watched(unit, traced={s: sorted(keys) for s, keys in traced.items()})]
    )
    _drive(instance, flows, say, ", line by line")
    time.sleep(1.0)
    seen.wrote = [record for record in watching.records() if record.what == "wrote"]


def _hop(
    instance: PrivateInstance, watching: Watching, flows: Sequence[Flow], seen: Evidence, say: Say
) -> None:
    say("starting several processes of each service")
    watching.forget()
    services = {unit.name: watching.watched(unit, apart=True) for unit in instance.services()}
    with hopping(instance, services) as hops:
        seen.hop_failures = _drive(instance, flows, say, ", each request to another process")
        seen.hops = hops.hops
    seen.records += [
        r
        for r in watching.records()
        if r.what in ("read", "write", "remove", "sqlite", "left", "start", "process", "missed")
    ]


def _drive(instance: PrivateInstance, flows: Sequence[Flow], say: Say, how: str) -> list[FlowFailure]:
    failures = []
    for flow in flows:
        say(f"driving {flow.name}{how}")
        if problem := flow.drive(instance.site()):
            failures.append(FlowFailure(flow.name, problem))
    return failures


_Listing = dict[str, tuple[str, float, int]]


def _listing(watching: Watching) -> _Listing:
    """Every file that lies where a service could write by a relative path, or in its home: whose it is, its time and size."""
    found: _Listing = {}
    for owner, folder in [("", watching.root), *((name, watching.home(name)) for name in watching.names)]:
        for path in folder.rglob("*"):
            if not any(part in _PASSED_OVER for part in path.relative_to(folder).parts) and not path.is_dir():
                status = path.lstat()
                found[str(path)] = (owner, status.st_mtime, status.st_size)
    return found


def _compare_files(watching: Watching, before: _Listing, seen: Evidence) -> None:
    told = {record.path for record in seen.records if record.what in ("write", "remove")}
    after = _listing(watching)
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path) and path not in told and not _belongs_to_told(path, told):
            seen.native.append(((after.get(path) or before[path])[0], path))
    seen.left += watching.strays()
    for name in watching.names:
        seen.left += [
            (name, str(path)) for path in sorted(watching.temporary(name).rglob("*")) if not path.is_dir()
        ]


def _belongs_to_told(path: str, told: set[str]) -> bool:
    """SQLite's journals lie beside the database."""
    return any(path.startswith(f"{each}-") for each in told)
