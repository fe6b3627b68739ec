"""What a production container runs: the service named by SERVICE under uvicorn, on APP_PORT, until SIGTERM."""

from __future__ import annotations

import os

import uvicorn

# Seconds that open requests get after SIGTERM; below the 30 s after which Kubernetes and Compose kill.
GRACE = 25

if __name__ == "__main__":
    uvicorn.run(
        os.environ["SERVICE"].replace("-", "_") + ".main:app",
        host="0.0.0.0",
        port=int(os.environ["APP_PORT"]),
        lifespan="on",
        log_config=None,  # the service sets up its own logging
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
