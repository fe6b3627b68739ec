"""What `up` asks first costs it next to nothing."""

from __future__ import annotations

import os
import subprocess
import sys

from devkit.doctor.catalogue import all_checks, early_checks

from tests.support.platform import ROOT
from tests.support.polling import PATIENCE

_HEAVY = ("kubernetes", "jinja2", "tree_sitter")


def test_the_early_ones_come_without_the_others_modules() -> None:
    code = f"import sys; from devkit.doctor.catalogue import early_checks as e; e('local'); print(set({_HEAVY}) & set(sys.modules))"
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
