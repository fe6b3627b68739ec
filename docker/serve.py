"""What a production container runs: the service named by SERVICE under uvicorn, on APP_PORT, until SIGTERM."""

from __future__ import annotations

import os

import uvicorn

# Seconds that open requests get after SIGTERM; below the 30 s after which Kubernetes and Compose kill.
GRACE = 25

if __name__ == "__main__":
    config = uvicorn.Config(
        os.environ["SERVICE"].replace("-", "_") + ".main:app",
        host="0.0.0.0",
        port=int(os.environ["APP_PORT"]),
        lifespan="on",
        log_config=None,  # the service sets up its own logging
        server_header=False,
        proxy_headers=False,  # which proxies are believed is the application's to say
        timeout_graceful_shutdown=GRACE,
    )
    config.load()
    # The protocol within the service's limits, if it names one (libs/common/serving.py).
    named = getattr(getattr(config.loaded_app, "state", None), "http_protocol", None)
    config.http_protocol_class = named or config.http_protocol_class
    server = uvicorn.Server(config)
    server.run()
    if not server.started:
        raise SystemExit(3)
