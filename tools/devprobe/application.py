"""`devprobe.application:app` is the service's own application, watched."""

from __future__ import annotations

from devprobe.settings import told
from devprobe.watched import Watched

__all__ = ["app"]

_settings = told()
assert _settings is not None, "this process is not told what to watch"
app = Watched(_settings)
