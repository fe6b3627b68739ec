"""What is mutated, and the fast tests that must notice it, the fastest first."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

__all__ = ["CONCERNS", "Concern"]


class Concern(NamedTuple):
    """Files (patterns) and the tests to run over each mutant of them, as pytest's arguments."""

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


CONCERNS = {
    "guard": Concern(
        ("tools/devkit/cluster/guard.py", "tools/devkit/doctor/checks/cluster/guard.py"),
        ("tests/cluster/test_guard.py", "tests/doctor/test_cluster.py", "tests/doctor/test_recorded.py"),
    ),
    "endpoint": Concern(
        ("tools/devkit/cluster/endpoint.py", "tools/devkit/doctor/checks/cluster/endpoint.py"),
        (
            "tests/cluster/test_endpoint.py",
            "tests/cluster/test_guard.py",
            "tests/doctor/test_cluster.py",
            "tests/doctor/test_recorded.py",
        ),
    ),
    "evidence": Concern(
        tuple(
            f"tools/devkit/cluster/{name}.py"
            for name in ("evidence", "product_record", "desktops", "nodes", "containers")
        ),
        ("tests/cluster/test_guard.py",),
    ),
    "signatures": Concern(
        ("libs/signatures/**/*.py",),
        (
            "tests/libs/test_signatures.py",
            "tests/libs/test_signatures_blank.py",
            "tests/libs/test_signatures_elsewhere.py",
        ),
    ),
    "writer": Concern(
        ("tools/devkit/render/writer.py", "tools/devkit/base/files.py"),
        ("tests/base/test_files.py", "tests/render/test_writer.py"),
    ),
    "marker": Concern(
        ("tools/devkit/render/marker.py",),
        ("tests/render/test_marker.py", "tests/render/test_writer.py"),
    ),
    "locks": Concern(
        (
            "tools/devkit/base/locks.py",
            "tools/devkit/types/postgres/lock.py",
            "tools/devkit/doctor/checks/project/locks.py",
        ),
        ("tests/base/test_locks.py", "tests/types/test_postgres_lock.py", "tests/doctor/test_project.py"),
    ),
    "database-locks": Concern(("tools/devkit/database/locks.py",), ("tests/database/test_locks.py",)),
    "redact": Concern(
        ("tools/devkit/secrets/redact.py", "tools/devkit/secrets/known.py"),
        ("tests/secrets/test_redact.py",),
    ),
}
