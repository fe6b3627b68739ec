"""A stand-in for cloudflared, as `devkit tunnel` meets it: its flags, its metrics' endpoints, and a public address that is
an HTTPS server on this machine.

It is run as a program: the first argument after the script's is `tunnel`. CLOUDFLARED_STAND_IN names a JSON file that says
how it behaves: `certificate` and `key`; `name_after` seconds; `say` lines; `die_after` seconds; `unreachable`; `stubborn`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def main() -> None:
    how = json.loads(Path(os.environ["CLOUDFLARED_STAND_IN"]).read_text())
    parser = argparse.ArgumentParser(prog="cloudflared tunnel")
    parser.add_argument("--no-autoupdate", action="store_true", required=True)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--metrics", required=True)
    parser.add_argument("--url", required=True)
    assert sys.argv[1] == "tunnel", sys.argv
    asked = parser.parse_args(sys.argv[2:])
    assert asked.config.read_bytes() == b"", "a quick tunnel is refused beside a configuration"
    assert not [name for name in os.environ if name.startswith("TUNNEL_")], "the user's own tunnel"
    assert asked.metrics.startswith("127.0.0.1:")
    Path(how["pid"]).write_text(str(os.getpid()))
    for line in how.get("say", []):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    if how.get("stubborn"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    public = _public(asked.url, how)
    began = time.monotonic()

    class Metrics(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            named = time.monotonic() - began >= how.get("name_after", 0)
            if self.path == "/quicktunnel":
                self._answer(200, {"hostname": f"localhost:{public}" if named else ""})
            elif self.path == "/ready":
                self._answer(200 if named else 503, {"status": 200, "readyConnections": int(named)})
            else:
                self._answer(404, {})

        def _answer(self, status: int, content: object) -> None:
            raw = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    host, _, port = asked.metrics.partition(":")
    server = ThreadingHTTPServer((host, int(port)), Metrics)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    deadline = how.get("die_after")
    while deadline is None or time.monotonic() - began < deadline:
        time.sleep(0.05)
    sys.stderr.write("ERR the edge has gone\n")
    sys.exit(7)


def _public(url: str, how: dict[str, object]) -> int:
    """The address that the world would see; hands requests on to `url`."""

    class Edge(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                if how.get("unreachable"):
                    raise OSError
                with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                    url + self.path
                ) as reply:
                    status, raw = reply.status, reply.read()
            except urllib.error.HTTPError as problem:
                status, raw = problem.code, b""
            except OSError:
                status, raw = 530, b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Edge)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(how["certificate"]), str(how["key"]))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


if __name__ == "__main__":
    main()
