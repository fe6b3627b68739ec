"""What `up` asks first costs it next to nothing, and doctor what this machine needs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from devkit.doctor.catalogue import all_checks, early_checks

from tests.support.platform import ROOT
from tests.support.polling import PATIENCE

_HEAVY = ("kubernetes", "jinja2", "tree_sitter")


@pytest.mark.parametrize(
    ("call", "unwanted"),
    [
        ("from devkit.doctor.catalogue import early_checks as e; e('local')", _HEAVY),
        ("from devkit.commands import doctor; doctor.all_checks(doctor.project_root())", ("kubernetes", "websockets")),
    ],
    ids=["up", "doctor"],
)  # fmt: skip
def test_modules_that_not_every_machine_needs_come_with_the_check_that_does(
    call: str, unwanted: tuple[str, ...]
) -> None:
    code = f"import sys; {call}; print(set({unwanted}) & set(sys.modules))"
    paths = os.pathsep.join([str(ROOT / "tools"), str(ROOT / "libs")])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.stdout.strip() == "set()", done.stderr


def test_they_are_those_that_say_so_and_what_they_build_on() -> None:
    known = {check.id: check for check in all_checks(ROOT)}
    for engine in ("local", "tilt"):
        found = [check.id for check in early_checks(engine)]
        said = {id for id, check in known.items() if check.early and check.matters_to(engine)}
        assert said <= set(found)
        assert found == sorted(found)
        for id in set(found) - said:
            assert any(id in known[other].after for other in found), id
