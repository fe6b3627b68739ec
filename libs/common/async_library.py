"""Which library runs coroutines: asyncio, always.

httpcore asks sniffio at each call. Where that is not installed it looks through all of the import path each time, in vain, which
is a tenth of what a call costs. Imported before httpx is used.
"""

from __future__ import annotations

import importlib.util
import sys

__all__: list[str] = []

if "sniffio" not in sys.modules and importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]  # an import fails at once
