"""`devkit remove service`, from the command line."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.demo import demo


def test_it_says_what_goes_and_asks(tmp_path: Path) -> None:
    with demo(tmp_path) as platform:
        subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
        before = (platform.root / "dev/services.yaml").read_bytes()
        done = platform.devkit("remove", "service", "other", check=False)
        assert done.returncode == 2
        assert "    its name in needs and calls of hello\n" in done.stderr
        assert "    from the disk apps/other\n" in done.stderr
        assert "git does not have 2 of these files as they are" in done.stderr
        assert "nothing was removed\n    → answer y, or use --yes" in done.stderr
        assert (platform.root / "dev/services.yaml").read_bytes() == before
        assert platform.source("other").is_file()

        done = platform.devkit("remove", "service", "other", "--yes")
        assert "removed  apps/other\n" in done.stdout
        assert "calls: []" in (platform.root / "dev/services.yaml").read_text()
        assert not (platform.root / "apps/other").exists()
        assert platform.devkit("generate", "--check").returncode == 0
