"""What the shell says to Python and pip does not reach .venv, but for where packages come from."""

from __future__ import annotations

from pathlib import Path

import pytest
from launcher.causes import of_words
from launcher.say import Progress

from tests.support.launched import Launched

_ELSEWHERE = {
    "PIP_TARGET": "{0}/target", "PIP_PREFIX": "{0}/prefix", "PIP_ROOT": "{0}/root", "PIP_USER": "1", "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_CONSTRAINT": "{0}/none", "PIP_NO_BINARY": ":all:", "PIP_DRY_RUN": "1", "PIP_LOG": "{0}/none/log",
    "PIP_PROGRESS_BAR": "none of these", "PIP_QUIET": "2", "PYTHONHOME": "{0}/none",
    "PYTHONPATH": "{0}/path", "PYTHONSTARTUP": "{0}/none", "PYTHONUSERBASE": "{0}/base", "PYTHONINSPECT": "1",
    "PYTHONOPTIMIZE": "2", "VIRTUAL_ENV": "{0}/none", "__PYVENV_LAUNCHER__": "{0}/none",
}  # fmt: skip


@pytest.fixture
def behind(made: Launched) -> tuple[Launched, str]:
    """A clone whose locks have changed since .venv was made, and what it says once it has caught up."""
    has = "iniconfig" in (made.root / ".venv" / "devkit-locks" / "devkit.txt").read_text()
    packages = ["idna"] if has else ["idna", "iniconfig"]
    made.lock("devkit", *packages)
    return made, f"packages {packages}"


def test_variables(behind: tuple[Launched, str], tmp_path: Path) -> None:
    clone, caught_up = behind
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "json.py").write_text("raise SystemExit('a module of the shell')")
    done = clone.call("x", shell={name: value.format(tmp_path) for name, value in _ELSEWHERE.items()})
    assert done.returncode == 0, done.stderr
    assert caught_up in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["path"]


def test_a_configuration_file(behind: tuple[Launched, str], tmp_path: Path) -> None:
    """It says where packages come from; not where they go."""
    clone, caught_up = behind
    settings = tmp_path / "home" / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        f"[global]\nuser = true\nquiet = 3\nrequire-virtualenv = true\nno-index = true\n"
        f"[install]\ntarget = {tmp_path}/target\nfind-links =\n    {tmp_path}\n    {clone.wheels}\n"
    )
    shell = {
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_HOME": "",
        "PIP_FIND_LINKS": "",
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
    }
    done = clone.call("x", shell=shell)
    assert done.returncode == 0, done.stderr
    assert caught_up in done.stdout
    assert not (tmp_path / "target").exists()
    settings.write_text("[global\n")
    lock = clone.root / "requirements" / "devkit.txt"
    before = lock.read_text()
    lock.write_text("")
    done = clone.call("x", shell=shell)
    lock.write_text(before)
    assert done.returncode == 3
    assert f"pip cannot read its configuration file {settings}" in done.stderr


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "certificate is not trusted"),
        ("ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407", "the proxy refuses"),
        ("NewConnectionError('<…>: Failed to establish a new connection: [Errno -3] Temporary failure in name", "does not answer"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not what the locks pin"),
        ("ERROR: No matching distribution found for a==1", "no a==1 for this Python"),
        ("satisfies the requirement a==1 (from versions: none)\nERROR: No matching distribution found for a==1", "no a==1 at all"),
        ("ERROR: HTTP error 403 while getting x\n403 Client Error: Forbidden", "refuses your access"),
        ("OSError: [Errno 122] Disk quota exceeded: '/tmp/x'", "the quota is used up"),
        ("OSError: [Errno 30] Read-only file system: '/x'", "read-only"),
        ("PermissionError: [Errno 13] Permission denied: '/x/y'", "/x/y cannot be written"),
        ("/usr/bin/python3: No module named ensurepip", "ensurepip is missing"),
    ],
)  # fmt: skip
def test_the_cause_is_named(words: str, cause: str) -> None:
    found = of_words(words, None)
    assert found is not None
    assert cause in found[0]
    assert ("PIP_CERT" in found[1]) == ("certificate" in cause)


def test_packages_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """Two pins of one package for different machines are one; what is not for this machine is none."""
    progress = Progress(["twice", "twice", "windows-only", "there", *(f"p{number}" for number in range(20))])
    for line in (
        "Ignoring windows_only: markers 'sys_platform == \"win32\"' don't match your environment",
        "Ignoring Twice: markers 'python_version < \"3.9\"' don't match your environment",
        "Requirement already satisfied: there==1 in /x",
        "Collecting twice==2",
        *(f"Collecting p{number}==1 (from -r lock)" for number in range(20)),
        "Installing collected packages: twice, p0, p1",
    ):
        progress.heard(line)
    said = [line.partition(" (")[0] for line in capsys.readouterr().err.splitlines()]
    assert said == [
        "devkit: fetching packages 10/22", "devkit: fetching packages 20/22", "devkit: unpacking 3 packages",
    ]  # fmt: skip


def test_it_needs_no_home_and_no_name(behind: tuple[Launched, str], tmp_path: Path) -> None:
    """A user of a container with an id of its own."""
    clone, caught_up = behind
    nameless = ("env", *(part for name in ("HOME", "USER", "LOGNAME") for part in ("-u", name)))
    other = ("unshare", "--user", "--map-user=4242", "--map-group=4242", "--")
    done = clone.call("x", folder=tmp_path, before=(*nameless, *other))
    assert done.returncode == 0, done.stderr
    assert caught_up in done.stdout
    assert list(tmp_path.iterdir()) == []
