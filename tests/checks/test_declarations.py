"""A declaration that cannot be meant is refused where it is made; none is ignored."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from devkit.base.errors import DevkitError, ExitCode
from devkit.checks import Check, check
from devkit.checks.catalogue import Package, refuse_misfits
from devkit.checks.repository import repository_checks

DECLARATIONS = ("AFTER", "ENGINE", "DEADLINE")
FINE = '"""All is fine."""\n\n\ndef check(machine):\n    return "fine"\n'


def one(id: str = "a.one", **more: Any) -> Check[object]:
    return Check(id=id, about="about it", run=lambda _: "", **more)


def test_a_decorated_function_is_a_check() -> None:
    @check(
        "group.name",
        "It holds.\n\nMore is said here.",
        after=("group.other",),
        engine="tilt",
        deadline=2,
        early=True,
    )
    def run(subject: str) -> str:
        return subject

    assert (run.id, run.group, run.about, run.after) == ("group.name", "group", "It holds", ("group.other",))
    assert (run.engine, run.deadline, run.early, run.serial) == (("tilt",), 2, True, False)
    assert run.run("seen") == "seen"
    assert run.matters_to("tilt")
    assert not run.matters_to("local")
    assert one().matters_to("local")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"aftr": ("a.b",)}, "aftr"),
        ({"after": "a.b"}, "after is a tuple of names"),
        ({"after": ("a.b", 3)}, "after is a tuple of names"),
        ({"after": ["a.b"]}, "after is a tuple of names"),
        ({"after": ("a.one",)}, "cannot come after itself"),
        ({"engine": "tilt"}, "engine is a tuple of names"),
        ({"deadline": 0}, "deadline is a number of seconds"),
        ({"deadline": "5"}, "deadline is a number of seconds"),
        ({"deadline": True}, "deadline is a number of seconds"),
        ({"early": "yes"}, "early is True or False"),
        ({"serial": 1}, "serial is True or False"),
        ({"fix": ("do", "it")}, "fix is a Fix or a text"),
        ({"run": "ask"}, "run is not a function"),
        ({"about": " "}, "about is empty"),
        ({"id": "a b"}, "is not a name"),
        ({"id": ""}, "is not a name"),
    ],
)
def test_a_wrong_one_is_refused(fields: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"id": "a.one", "about": "about it", "run": lambda _: "", **fields}
    with pytest.raises((TypeError, ValueError), match=said):
        Check(**given)


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ([one(), one()], "two checks a.one"),
        (
            [one(), one("a.two", after=("a.on",))],
            r"a.two comes after a.on, which is not a check; did you mean a.one\?",
        ),
        ([one(engine=("tlit",))], r"the engine tlit, which there is not; did you mean tilt\?"),
        (
            [one(after=("a.two",)), one("a.two", after=("a.one",))],
            "wait for each other: a.one → a.two → a.one",
        ),
        ([one(serial=True), one("a.two", after=("a.one",))], "a.two cannot come after a.one"),
    ],
)
def test_checks_that_do_not_fit_together_are_refused(checks: list[Check[object]], said: str) -> None:
    with pytest.raises(DevkitError, match=said) as refused:
        refuse_misfits(checks, ("local", "tilt"))
    assert refused.value.exit_code is ExitCode.USAGE


def checks_of(folder: Path, text: str, name: str = "mine") -> list[Any]:
    (folder / "dev" / "checks").mkdir(parents=True, exist_ok=True)
    (folder / "dev" / "checks" / f"{name}.py").write_text(text)
    return list(repository_checks(folder, "dev/checks", "machine", DECLARATIONS))


def test_one_of_the_repositorys_own(tmp_path: Path) -> None:
    (found,) = checks_of(tmp_path, FINE + 'AFTER = ("docker.running",)\nDEADLINE = 7\nLIMIT = 3\n')
    assert (found.name, found.about) == ("mine", "All is fine")
    assert found.declared == {"AFTER": ("docker.running",), "DEADLINE": 7}
    made = found.check(
        "dev.mine", found.run, after=found.declared["AFTER"], deadline=found.declared["DEADLINE"]
    )
    assert (made.after, made.deadline) == (("docker.running",), 7)
    with pytest.raises(
        DevkitError, match=r"^dev/checks/mine.py: after is a tuple of names, not 'docker.running'$"
    ):
        found.check("dev.mine", found.run, after="docker.running")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            FINE + 'AFTR = ("docker.running",)\n',
            r"dev/checks/mine.py:6: AFTR is not a declaration; did you mean AFTER\?",
        ),
        (
            FINE + 'After: tuple = ("docker.running",)\n',
            r":6: After is not a declaration; did you mean AFTER\?",
        ),
        (FINE + 'ENGINES = "tilt"\n', r":6: ENGINES is not a declaration; did you mean ENGINE\?"),
        (FINE + "DEAD_LINE = 3\n", r":6: DEAD_LINE is not a declaration; did you mean DEADLINE\?"),
        ('"""No function."""\n', r"has no function check\(machine\)"),
        ("import nowhere\n", r"cannot be loaded: No module named 'nowhere'"),
        ("def check(:\n", r"cannot be loaded: .*SyntaxError"),
    ],
)
def test_a_slip_in_one_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DevkitError, match=said) as refused:
        checks_of(tmp_path, text)
    assert refused.value.exit_code is ExitCode.USAGE


def test_a_constant_that_the_file_reads_is_its_own(tmp_path: Path) -> None:
    text = FINE.replace('"fine"', "ENGINES[0]") + 'ENGINES = ("steam",)\n'
    assert checks_of(tmp_path, text)[0].declared == {}


def test_a_package_refuses_a_file_of_another_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "some_checks"
    (package / "docker").mkdir(parents=True)
    for folder in (package, package / "docker"):
        (folder / "__init__.py").touch()
    text = '"""It runs."""\nfrom devkit.checks import check\n\n\n@check("ID", __doc__, early=EARLY)\ndef run(machine):\n    return ""\n'
    (package / "docker" / "running.py").write_text(
        text.replace("ID", "docker.running").replace("EARLY", "True")
    )
    (package / "docker" / "on_path.py").write_text(
        text.replace("ID", "docker.on-path").replace("EARLY", "False")
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import some_checks  # type: ignore[import-not-found]

    module: ModuleType = some_checks
    assert [each.id for each in Package(module).all()] == ["docker.on-path", "docker.running"]
    assert [each.id for each in Package(module).early("tilt")] == ["docker.running"]
    (package / "docker" / "extra.py").write_text(text.replace("ID", "docker.other").replace("EARLY", "False"))
    with pytest.raises(
        TypeError,
        match=r"some_checks.docker.extra declares \['docker.other'\], not the one check docker.extra",
    ):
        Package(module).all()
    for name in [name for name in sys.modules if name.startswith("some_checks")]:
        del sys.modules[name]
