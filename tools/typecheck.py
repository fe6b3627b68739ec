"""mypy over the given files and folders for each system that devkit runs on, all at once."""

import os
import subprocess
import sys

PLATFORMS = ("linux", "darwin")

# One cache for each: what is found for one system is not true for another.
cache = os.environ.get("MYPY_CACHE_DIR", ".mypy_cache")
running = {
    platform: subprocess.Popen(
        [
            sys.executable, "-E", "-s", "-m", "mypy", "--platform", platform, "--cache-dir", os.path.join(cache, platform),  # noqa: PTH118
            *sys.argv[1:],
        ],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    for platform in PLATFORMS
}  # fmt: skip
failed = False
for platform, process in running.items():
    said, _ = process.communicate()
    print(f"{platform}: {said.strip()}")  # noqa: T201
    failed = failed or process.returncode != 0
sys.exit(failed)
