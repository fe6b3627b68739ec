"""A machine written down, and read again: the facts that its checks were judged by, without secrets."""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devkit import __version__
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import table_file
from devkit.doctor.machine import Machine
from devkit.doctor.masked import masked_url
from devkit.doctor.record import MASKED, Environ, Json, Record
from devkit.secrets.known import is_secret_name
from devkit.table.overrides import CONFIG_FILE

__all__ = ["FACTS", "Recorded", "recorded", "written"]

FACTS = "facts.json"
_VERSION = 1
_CLONE, _INSTALLATION, _HOME = "<clone>", "<devkit>", "~"
# Texts that may lose a secret and still be judged: a table is read by its keys, not by what somebody noted in it.
_PARTLY = ("table", CONFIG_FILE)
_MOST = 64 * 2**20  # bytes of facts that are read


def written(machine: Machine, clean: Callable[[str], str]) -> str:
    """The facts of a machine as JSON: what was observed so far, and the variables that were read. What `clean` had to take a
    secret out of is masked as a whole, and folders are named from the clone and the home folder."""
    environ = machine.environ.whole()
    read = {name: environ[name] for name in sorted(machine.environ.read & environ.keys())}
    public = {name: value for name, value in read.items() if not _is_private(name, value, clean)}
    place = _placed(machine)
    facts = {
        place(clean(name)): place(_masked(name, entry, clean))
        for name, entry in machine.record.entries().items()
    }
    content = {
        "version": _VERSION,
        "devkit": __version__,
        "recorded": datetime.now(UTC).isoformat(timespec="seconds"),
        "platform": machine.platform,
        "engine": machine.engine,
        "installation": place(str(machine.installation)),
        "environ": place(public),
        "masked": sorted(environ.keys() - public.keys()),
        "facts": facts,
    }
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _is_private(name: str, value: str, clean: Callable[[str], str]) -> bool:
    return is_secret_name(name) or clean(value) != value or masked_url(value) != " ".join(value.split())[:200]


def _masked(name: str, entry: Mapping[str, Json], clean: Callable[[str], str]) -> Json:
    cleaned = _each_text(entry, clean)
    if name in _PARTLY:
        return cleaned
    # As a whole, too: what a key such as `Authorization` says of its value, the value alone does not show.
    whole = json.dumps(entry, indent=1, ensure_ascii=False)
    return entry if cleaned == entry and clean(whole) == whole else {MASKED: True}


def _placed(machine: Machine) -> Callable[[Json], Json]:
    """Puts `<clone>` and `~` where the clone and the home folder are named."""
    names = [
        (str(machine.root), _CLONE),
        (str(machine.installation), _INSTALLATION),
        (str(machine.home), _HOME),
    ]
    forms = [(re.compile(rf"{re.escape(path)}(?![\w.-])"), name) for path, name in names if len(path) > 1]

    def place(text: str) -> str:
        for form, name in forms:
            text = form.sub(name, text)
        return text

    return lambda value: _each_text(value, place)


def _each_text(value: Json, change: Callable[[str], str]) -> Json:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_each_text(each, change) for each in value]
    if isinstance(value, dict):
        return {change(key): _each_text(each, change) for key, each in value.items()}
    return value


@dataclass(frozen=True)
class Recorded:
    """A machine as it was `when`, as devkit `version` saw it."""

    machine: Machine
    when: str
    version: str


@contextmanager
def recorded(path: Path, engine: str | None = None) -> Iterator[Recorded]:
    """The machine of a bundle (`doctor --bundle`), or of its facts.json alone. It answers what was recorded, and nothing of
    this machine is asked. `engine`: judged for that one in place of its own.

    Raises DevkitError (exit 2) for a file that is neither.
    """
    facts = _read(path)
    known = facts["facts"]
    environ = Environ(facts["environ"], frozenset(facts["masked"]))
    with tempfile.TemporaryDirectory(prefix="devkit-doctor-") as folder:
        files = Path(folder)
        for name, text in (
            (table_file(files), known.get("table", {}).get("value", {}).get("text")),
            (files / CONFIG_FILE, known.get(CONFIG_FILE, {}).get("value")),
        ):
            if text is not None:
                name.parent.mkdir(exist_ok=True)
                name.write_text(text, "utf-8")
        machine = Machine(
            Path(_CLONE), engine or facts["engine"], environ, facts["platform"], record=Record(known), files=files,
            installation=Path(facts.get("installation", _CLONE)),
        )  # fmt: skip
        yield Recorded(
            machine, facts.get("recorded", "at an unknown time"), facts.get("devkit", "of an unknown version")
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(_text(path))
    except OSError as problem:
        raise _refusal(f"{path}: {problem.strerror or problem}") from None
    except (ValueError, RecursionError, KeyError, zipfile.BadZipFile) as problem:
        raise _refusal(f"{path} is not a doctor bundle: {problem}") from None
    if not _fits(facts):
        version = facts.get("version") if isinstance(facts, dict) else None
        newer = isinstance(version, int) and version > _VERSION
        why = f"its facts are of version {version}" if newer else "its facts are damaged"
        raise _refusal(f"{path} cannot be judged: {why}", "a newer devkit can" if newer else None)
    found: dict[str, Any] = facts
    return found


def _text(path: Path) -> str:
    if not zipfile.is_zipfile(path):
        return path.read_text("utf-8")
    with zipfile.ZipFile(path) as archive:
        if FACTS not in archive.namelist():
            raise ValueError(f"there is no {FACTS} in it: an older devkit wrote it")
        if archive.getinfo(FACTS).file_size > _MOST:
            raise ValueError(f"its {FACTS} is too large")
        return archive.read(FACTS).decode("utf-8")


def _fits(facts: object) -> bool:
    if not isinstance(facts, dict) or facts.get("version") != _VERSION:
        return False
    shapes = {"platform": str, "engine": str, "environ": dict, "masked": list, "facts": dict}
    if not all(isinstance(facts.get(name), shape) for name, shape in shapes.items()):
        return False
    entries = facts["facts"].values()
    texts = (*facts["environ"].values(), *facts["masked"])
    return all(isinstance(entry, dict) for entry in entries) and all(isinstance(text, str) for text in texts)


def _refusal(message: str, fix: str | None = None) -> DevkitError:
    fix = fix or "./devkit doctor --bundle writes one"
    return DevkitError(message, fix=fix, exit_code=ExitCode.USAGE)
