"""Completion: the shells' scripts, and what a real bash is given for the beginning of a word."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from devkit.cli import main

from tests.support.demo import write_demo, write_files, write_launcher
from tests.support.polling import PATIENCE


def completed(launcher: Path, *words: str) -> list[str]:
    """What bash offers for the last of these words."""
    script = (
        'eval "$("$1" --show-completion bash)"\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))\n'
        '[ "$(complete -p devkit)" = "complete -o default -F _devkit_completion devkit" ] || exit 9\n'
        '_devkit_completion "$1"; printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", str(launcher), *words],
        env={"PATH": os.environ["PATH"], "HOME": str(launcher.parent), "DEVKIT_ROOT": str(launcher.parent)},
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.fixture
def launcher(tmp_path: Path) -> Path:
    write_demo(tmp_path)
    write_files(
        tmp_path,
        {f"dev/webhooks/shopify/{name}.json": "{}" for name in ("orders/create", "orders/cancelled")},
    )
    write_files(tmp_path, {"dev/webhooks/stories/order-late.yaml": "about: x\nsteps: [{pause: 1}]\n"})
    return write_launcher(tmp_path)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("re",), ["restart", "reset", "rename", "remove", "resources"]),
        (("db", "r"), ["reset", "revision", "rollback", "redo"]),
        (("webhook", "li"), ["list", "listen"]),
        (("up", "--port"), ["--port-offset"]),
        (("graph", "--format", "s"), ["svg"]),
        (("restart", "o"), ["other"]),
        (("stop", "other", "b"), ["backend"]),
        (
            ("webhook", "s"),
            ["shopify", "simplyprint", "sendcloud", "standard-webhooks", "stripe", "send", "suite", "story"],
        ),
        (("webhook", "shopify", "orders/c"), ["orders/cancelled", "orders/create"]),
        (("webhook", "story", "o"), ["order-late"]),
        (("webhook", "../shopify", ""), []),
        (("db", "rollback", "--to", ""), ["0001", "base"]),
        (("nonsense", "x"), []),
    ],
)
def test_in_bash(launcher: Path, words: tuple[str, ...], offered: list[str]) -> None:
    assert completed(launcher, *words) == offered


def test_a_broken_table_offers_no_services(launcher: Path) -> None:
    (launcher.parent / "dev/services.yaml").write_text("services: [\n")
    assert completed(launcher, "restart", "o") == []


def test_the_first_word_imports_no_command(launcher: Path) -> None:
    environ = {"DEVKIT_ROOT": str(launcher.parent), "PATH": os.environ["PATH"], "PYTHONVERBOSE": "1"}
    environ |= {"_DEVKIT_COMPLETE": "complete_bash", "COMP_WORDS": "devkit\n", "COMP_CWORD": "1"}
    launcher.write_text(launcher.read_text().replace(" -E ", " "))
    done = subprocess.run([str(launcher)], env=environ, capture_output=True, text=True, timeout=PATIENCE)
    assert "status" in done.stdout.split()
    assert "import 'devkit.cli'" in done.stderr
    assert "import 'devkit.commands.status'" not in done.stderr


@pytest.mark.parametrize(
    ("shell", "calls"), [("bash", "$1 )"), ("zsh", "${~words[1]})"), ("fish", '(commandline -opc)[1])"')]
)
def test_each_shell_calls_the_devkit_that_is_typed(
    shell: str, calls: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--show-completion", shell]) == 0
    shown = capsys.readouterr().out
    assert calls in shown
    assert f"_DEVKIT_COMPLETE=complete_{shell} devkit" not in shown


def test_installed_it_is_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for shell, file in (
        ("bash", ".bash_completions/devkit.sh"),
        ("fish", ".config/fish/completions/devkit.fish"),
    ):
        assert main(["--show-completion", shell]) == 0
        shown = capsys.readouterr().out
        assert main(["--install-completion", shell]) == 0
        assert (tmp_path / file).read_text() == shown
    assert str(tmp_path / ".bash_completions/devkit.sh") in (tmp_path / ".bashrc").read_text()


def test_another_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--show-completion", "csh"]) == 2
    assert "shells: bash, zsh, fish" in capsys.readouterr().err
