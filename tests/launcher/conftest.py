"""Wheels that are fetched once, and a clone that is set up once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.launched import Launched, locked


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with all that is installed here, fetched once."""
    folder = tmp_path_factory.mktemp("wheels")
    lock = folder / "lock.txt"
    lock.write_text("".join(map(locked, ("idna", "iniconfig", "markupsafe"))))
    options = ["--require-hashes", "--no-deps", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "download", *options, "-d", folder, "-r", lock],
        check=True, capture_output=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return folder.as_uri()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, wheels: str) -> Launched:
    """A clone in a folder of any name, after its first call, which asks the index itself."""
    clone = Launched(tmp_path_factory.mktemp("clone") / "mein Ordner – ünïcode %41 #'&;()[]{}!*<>|~^=+@,")
    done = clone.call("first")
    clone.wheels = wheels
    assert done.returncode == 0, done.stderr
    assert "first run: creating .venv" in done.stderr
    assert ".venv is ready" in done.stderr
    assert "arguments ['first'] packages ['idna']" in done.stdout
    return clone
