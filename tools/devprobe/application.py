"""`devprobe.application:app` is the service's own application, watched."""

from __future__ import annotations

import os
import tempfile

from devprobe.settings import OF_PROCESS, told
from devprobe.watched import Watched

__all__ = ["app"]

_settings = told()
assert _settings is not None, "this process is not told what to watch"
if _settings.apart:
    folder = os.path.join(tempfile.gettempdir(), f"{OF_PROCESS}{os.getpid()}")
    os.makedirs(folder, exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = folder
app = Watched(_settings)
