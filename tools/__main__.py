"""What `./devkit` runs: this folder, so that `devkit` is importable and nothing needs to be installed."""

import os
import sys

from handover import hand_over

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - pathlib costs 4 ms here
sys.path[0:1] = [os.path.join(ROOT, "tools"), os.path.join(ROOT, "libs")]  # noqa: PTH118

if (code := hand_over(sys.argv[1:], ROOT)) is not None:
    sys.exit(code)

try:
    from devkit.cli import main
except ModuleNotFoundError as missing:
    # A .venv that lost packages (a Python upgrade, an emptied folder) is made anew, once.
    if (missing.name or "devkit").split(".")[0] in ("devkit", "signatures") or os.environ.get(
        "DEVKIT_REBUILD"
    ):
        raise
    sys.stderr.write(f"devkit: .venv lacks {missing.name}; making it anew\n")
    os.environ["DEVKIT_REBUILD"] = "1"
    os.execv(os.path.join(ROOT, "devkit"), ["devkit", *sys.argv[1:]])  # noqa: PTH118

os.environ.pop("DEVKIT_REBUILD", None)
sys.exit(main())
