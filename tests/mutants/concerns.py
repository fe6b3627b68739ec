"""What is mutated, and the fast tests that must notice it, the fastest first."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

__all__ = ["CONCERNS", "Concern"]


class Concern(NamedTuple):
    """Files (patterns) and the tests that are run over each mutant of them."""

    files: tuple[str, ...]
    tests: tuple[str, ...]

    def modules(self, root: Path) -> list[str]:
        """The files, by path. Raises LookupError where a pattern finds none."""
        found: dict[str, None] = {}
        for pattern in self.files:
            paths = sorted(path.relative_to(root).as_posix() for path in root.glob(pattern))
            if not paths:
                raise LookupError(f"tests/mutants/concerns.py: there is no {pattern}")
            found |= dict.fromkeys(paths)
        return list(found)


_DEVKIT = "tools/devkit"
_RECORDED = "tests/doctor/test_recorded.py::test_the_findings_are_those_that_are_expected"
_GUARD = "tests/cluster/test_guard.py"
_EVIDENCE = ("evidence", "product_record", "desktops", "nodes", "containers")
_SIGNATURES = ("test_signatures", "test_signatures_blank", "test_signatures_elsewhere")

CONCERNS = {
    "guard": Concern((f"{_DEVKIT}/cluster/guard.py",), (_GUARD,)),
    "endpoint": Concern((f"{_DEVKIT}/cluster/endpoint.py",), ("tests/cluster/test_endpoint.py", _GUARD)),
    "evidence": Concern(
        tuple(f"{_DEVKIT}/cluster/{name}.py" for name in _EVIDENCE),
        ("tests/cluster/test_evidence.py", "tests/cluster/test_containers.py", _GUARD),
    ),
    "signatures": Concern(
        ("libs/signatures/**/*.py",), tuple(f"tests/libs/{name}.py" for name in _SIGNATURES)
    ),
    "writer": Concern(
        (f"{_DEVKIT}/render/writer.py", f"{_DEVKIT}/base/files.py"),
        ("tests/base/test_files.py", "tests/render/test_writer.py"),
    ),
    "marker": Concern(
        (f"{_DEVKIT}/render/marker.py",), ("tests/render/test_marker.py", "tests/render/test_writer.py")
    ),
    "locks": Concern(
        (
            f"{_DEVKIT}/base/locks.py",
            f"{_DEVKIT}/types/postgres/lock.py",
            f"{_DEVKIT}/doctor/checks/project/locks.py",
        ),
        (
            "tests/base/test_locks.py",
            "tests/types/test_postgres_lock.py",
            "tests/doctor/test_project.py",
            _RECORDED,
        ),
    ),
    "database-locks": Concern((f"{_DEVKIT}/database/locks.py",), ("tests/database/test_locks.py",)),
    "redact": Concern(
        (f"{_DEVKIT}/secrets/redact.py", f"{_DEVKIT}/secrets/known.py"), ("tests/secrets/test_redact.py",)
    ),
}
