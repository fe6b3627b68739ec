"""doctor's group `limits`, each in a process that has such limits."""

from __future__ import annotations

import os
import re
import sys

import pytest

from tests.support.machine import Workplace, only_problem
from tests.support.namespaces import in_own_users, run_elsewhere


@pytest.mark.parametrize(
    ("soft", "hard", "fix"), [(256, 4096, "ulimit -n 4096"), (100, 512, "/etc/security/limits.conf")]
)
def test_files(workplace: Workplace, soft: int, hard: int, fix: str) -> None:
    workplace.platform = "linux"
    lines = f"import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
    problem = run_elsewhere(workplace, "limits.files", lines).problem
    assert problem["severity"] == "warning"
    assert f"may open {soft} files" in problem["message"]
    assert fix in problem["advice"]


def test_enough_files(workplace: Workplace) -> None:
    lines = "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))\n"
    assert run_elsewhere(workplace, "limits.files", lines).seen == "1024"


def test_processes(workplace: Workplace) -> None:
    lines = "import resource\nresource.setrlimit(resource.RLIMIT_NPROC, ({0}, {0}))\n"
    prefix = in_own_users() if os.geteuid() == 0 else ()
    problem = run_elsewhere(workplace, "limits.processes", lines.format(190), prefix=prefix).problem
    assert re.search(r"\d+ of 190 processes are left", problem["message"])
    fine = run_elsewhere(workplace, "limits.processes", lines.format(30_000), prefix=prefix)
    assert re.fullmatch(r"\d+ of 30000", fine.seen)


def test_memory(workplace: Workplace) -> None:
    workplace.engine = "local"
    assert re.search(r"GB free, 256 MB asked for", workplace.run("limits.memory").seen)
    _ask_for(workplace, "memory: 64Mi", "memory: 900Gi")
    problem = only_problem(workplace.run("limits.memory"))
    assert "the services ask for 3600.0 GB in all" in problem.message


def test_cores(workplace: Workplace) -> None:
    workplace.engine = "local"
    _ask_for(workplace, "cpu: 100m", "cpu: 60")
    problem = only_problem(workplace.run("limits.cores"))
    assert problem.severity.value == ("note" if (os.cpu_count() or 1) > 1 else "warning")
    assert "the services ask for 240 in all" in problem.message


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's sched_setaffinity")
def test_one_core(workplace: Workplace) -> None:
    lines = "import os\nos.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n"
    assert run_elsewhere(workplace, "limits.cores", lines).problem["message"].startswith("one core")


def _ask_for(workplace: Workplace, before: str, after: str) -> None:
    """Requests and limits, so that the table stays valid."""
    table = workplace.root / "dev/services.yaml"
    what = before.partition(":")[0]
    text = table.read_text().replace(before, after)
    limit = {"memory": "memory: 128Mi", "cpu": "cpu: 200m"}[what]
    table.write_text(text.replace(limit, after))
