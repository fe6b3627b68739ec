"""What a Python process of a fork server becomes: a service, a task, or what answers a debug port."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from devserve.starting import ENDINGS

__all__ = ["REPORT_AFTER", "absent", "begin", "heed_signals", "name_process"]

# Seconds after its start at which a service has loaded what it normally needs.
REPORT_AFTER = 3.0
# Seconds that an attached debugger gets to follow a reload into the new process.
ATTACH_AGAIN = 10.0


def begin(
    work: Mapping[str, Any], sockets: Sequence[socket.socket | None], output: int | None = None
) -> NoReturn:
    """In a new process, the leader of its session, however it came to be (`devserve.starting`): answers a debug port
    (`broker`), or becomes what was asked for. Its output goes to `output` unless it does so already. Never returns.

    The garbage collector is off until the imports are done: it would find nothing, and take a fifth of their time.
    """
    gc.disable()
    if "broker" in work:
        from devserve.broker import serve

        listener, channel = sockets
        assert listener is not None
        assert channel is not None
        serve(**work["broker"], listener=listener, channel=channel)
    _become(work["start"], output, *sockets, attached=work["attached"])


def heed_signals() -> None:
    """Signals do what they do by default, those that came since a fork as well."""
    for known in (signal.SIGCHLD, *ENDINGS):
        signal.signal(known, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)


def _become(
    message: dict[str, Any],
    output: int | None,
    listener: socket.socket | None,
    link: socket.socket | None = None,
    *,
    attached: bool = False,
) -> NoReturn:
    """Its own environment and output, then the service or the Python task. Never returns.

    `listener` is the service's open port; on `link` it hears of debuggers, and one is `attached` already.
    """
    code = 70  # EX_SOFTWARE (sysexits.h)
    try:
        heed_signals()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        if output is not None:
            os.dup2(output, 1)
            os.dup2(output, 2)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        os.environ.clear()
        os.environ.update(message["env"])
        os.chdir(message["cwd"])
        name_process(message["name"])
        sys.path[:0] = message.get("path", [])
        sys.argv = [message["name"]]
        # Byte code is matched to its source by size and whole seconds: two quick saves would run the first one.
        sys.dont_write_bytecode = True
        if link is not None:
            _meet_debugger(link, attached=attached, wait=bool(message.get("wait_for_debugger")))
        code = _run_python(message, listener)
    except SystemExit as done:
        if isinstance(done.code, str):
            sys.stderr.write(f"{done.code}\n")
        code = done.code if isinstance(done.code, int) else 0 if done.code is None else 1
    except KeyboardInterrupt:
        code = 130  # 128 + SIGINT, as a shell reports it
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _meet_debugger(link: socket.socket, *, attached: bool, wait: bool) -> None:
    """Before anything of the service is imported: its breakpoints hold from the first line on."""
    from devserve.debugger import debug_when_told

    connected = debug_when_told(link)
    if wait or attached:
        connected.wait(None if wait else ATTACH_AGAIN)


def _run_python(message: dict[str, Any], listener: socket.socket | None) -> int:
    if "app" in message:
        from devserve.ending import Ending
        from devserve.server import serve

        assert listener is not None
        timer = threading.Timer(REPORT_AFTER, _modules_report(message))
        timer.daemon = True
        timer.start()
        serve(message["app"], listener, Ending(**message.get("ending", {})))
        return 0
    module, function = message["task"].split(":")
    report = _modules_report(message)
    task = getattr(importlib.import_module(module), function)
    gc.enable()
    task(**message.get("arguments", {}))
    report()
    return 0


def _modules_report(message: dict[str, Any]) -> Callable[[], None]:
    """What notes, when called, which third-party modules this process loaded that were not preloaded."""
    target = message.get("modules_file")
    before = set(sys.modules)

    def write() -> None:
        service_folders = tuple(os.path.realpath(folder) + os.sep for folder in message.get("path", []))
        names = [
            name
            for name, module in sorted(sys.modules.items())
            if name not in before and _preloadable(name, getattr(module, "__file__", None), service_folders)
        ]
        if names and target:
            with contextlib.suppress(OSError):  # a full disk: the next start learns it again
                with open(f"{target}.new", "w", encoding="utf-8") as file:  # noqa: PTH123
                    file.write("\n".join(names))
                os.replace(f"{target}.new", target)  # noqa: PTH105

    return write


# Modules that read the environment or start threads when they are imported, or that only a debugger needs.
_NEVER = ("debugpy", "pydevd", "_pydevd", "grpc", "opentelemetry", "sentry_sdk", "__main__", "devserve")


def _preloadable(name: str, file: str | None, service_folders: tuple[str, ...]) -> bool:
    return (
        bool(file)
        and not name.startswith(_NEVER)
        and not os.path.realpath(str(file)).startswith(service_folders)
    )


def name_process(name: str) -> None:
    """`ps` shows `devkit: stock` instead of the fork server's own command line."""
    with contextlib.suppress(ImportError):
        import setproctitle

        setproctitle.setproctitle(f"devkit: {name}")


@contextlib.contextmanager
def absent(*names: str) -> Iterator[None]:
    """While it lasts these cannot be imported: libraries that would pull them in unasked do without."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
