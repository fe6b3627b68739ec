"""Brings `.venv` up to date, then becomes devkit.

Called by `./devkit` as `launcher ROOT "PURPOSE PURPOSE…" ARGUMENTS…`. Safe to interrupt at any moment and to run twice at
once: a lock lets one work while the other waits, and `.venv/devkit-locks/` is written last.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120

from launcher.causes import of_error
from launcher.say import fail
from launcher.setup import main

if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("\ndevkit: interrupted; the next run continues from here", file=sys.stderr)
        sys.exit(130)
    except OSError as problem:
        fail(*of_error(problem))
