"""What is left to tell a collector holds no service's end up."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.platform import ROOT
from tests.support.polling import PATIENCE

_CODE = """
import threading
from common import telemetry
from common.settings import PlatformSettings
from opentelemetry.sdk.trace import TracerProvider

TracerProvider.shutdown = lambda self: threading.Event().wait()
telemetry._EXPORT_SECONDS = 0.1
_, shutdown = telemetry.start_tracing("hello", PlatformSettings.load("hello"))
shutdown()
print("the service ends")
"""


def test_a_collector_that_never_answers() -> None:
    environment = {
        "PATH": os.defpath, "PYTHONPATH": str(ROOT / "libs"), "NODE_ENV": "test", "LOG_LEVEL": "info",
        "BREAKPOINT_SECONDS": "0", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", _CODE], env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stdout == "the service ends\n", done.stderr
