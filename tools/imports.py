"""import-linter over .importlinter, where `apps/*` stands for the packages of the services that there are."""

import sys
import tempfile
from pathlib import Path

from importlinter.cli import lint_imports

sources = sorted({init.parents[1] for init in Path("apps").glob("*/src/*/__init__.py")})
packages = sorted(init.parent.name for source in sources for init in source.glob("*/__init__.py"))
sys.path[:0] = ["tools", "libs", *map(str, sources)]
contracts = Path(".importlinter").read_text(encoding="utf-8")
with tempfile.TemporaryDirectory() as folder:
    filled = Path(folder, ".importlinter")
    filled.write_text(contracts.replace("    apps/*", "\n".join(f"    {name}" for name in packages)), "utf-8")
    sys.exit(lint_imports(config_filename=str(filled), no_logo=True))
