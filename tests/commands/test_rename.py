"""`devkit rename service`, from the command line."""

from __future__ import annotations

from pathlib import Path

from tests.support.demo import demo


def test_it_lists_what_changed_and_where_the_old_name_is_left(tmp_path: Path) -> None:
    with demo(tmp_path) as platform:
        main = platform.source("hello")
        main.write_text(main.read_text() + '\nOTHER = os.environ.get("OTHER_URL")\n')
        done = platform.devkit("rename", "service", "other", "another")
        assert "moved    apps/other → apps/another\n" in done.stdout
        line = main.read_text().splitlines().index('OTHER = os.environ.get("OTHER_URL")') + 1
        assert f"    apps/hello/src/hello/main.py: {line}\n" in done.stdout
        assert "devkit: other is another now" in done.stderr
        assert "calls: [another]" in (platform.root / "dev/services.yaml").read_text()
        refused = platform.devkit("rename", "service", "ohter", "x", check=False)
        assert refused.returncode == 2
        assert "ohter" in refused.stderr
