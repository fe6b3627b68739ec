"""A service that behaves as its image says. It answers with its build and its host, and drains when it is told to end."""

import os
import signal
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BUILD, BEHAVIOUR = os.environ["BUILD"], os.environ.get("BEHAVIOUR", "")
DRAIN = float(os.environ.get("DRAIN", "4"))
BEGAN = time.monotonic()
leaving = threading.Event()
count = [0]
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        with lock:
            count[0] += 1
        try:
            self._answer()
        finally:
            with lock:
                count[0] -= 1

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        if path == "/slow":
            time.sleep(float(query))
        ready = not leaving.is_set() and BEHAVIOUR != "never-ready"
        code = 503 if path == "/health/ready" and not ready else 200
        body = f"{BUILD} {socket.gethostname()}\n".encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        if leaving.is_set():
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_POST = do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


def leave(*_: object) -> None:
    leaving.set()


def main() -> None:
    if BEHAVIOUR == "broken":
        raise SystemExit("this build is broken")
    signal.signal(signal.SIGTERM, leave)
    server = Server(("0.0.0.0", 8000), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    while not leaving.wait(0.1):
        if BEHAVIOUR.startswith("crashes-after-") and time.monotonic() - BEGAN > float(BEHAVIOUR[14:]):
            os._exit(3)
    if BEHAVIOUR == "hangs":
        time.sleep(3600)
    time.sleep(DRAIN)
    server.shutdown()
    server.server_close()
    until = time.monotonic() + 20
    while count[0] and time.monotonic() < until:
        time.sleep(0.05)


main()
