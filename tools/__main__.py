"""What `./devkit` runs: this folder, so that `devkit` is importable and nothing needs to be installed."""

import os
import sys

from handover import hand_over
from launcher.in_use import hold

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - pathlib costs 4 ms here
sys.path[0:1] = [os.path.join(ROOT, "tools"), os.path.join(ROOT, "libs")]  # noqa: PTH118

rebuilt = bool(os.environ.pop("DEVKIT_REBUILT", ""))
if (code := hand_over(sys.argv[1:], ROOT)) is not None:
    sys.exit(code)

hold(sys.prefix)
try:
    from devkit.base.shell import set_aside
    from devserve.libraries import refuse_cut_off_libraries

    refuse_cut_off_libraries()
    set_aside()
    from devkit.cli import main

    code = main()
except (ImportError, SyntaxError, EOFError) as problem:
    # A .venv that lost packages or files (a Python upgrade, an emptied folder, a power failure).
    from pathlib import Path

    from launcher.repair import repair

    repair(Path(ROOT), problem, rebuilt=rebuilt)
sys.exit(code)
