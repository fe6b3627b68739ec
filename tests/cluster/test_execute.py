"""What an exec says of a program that is not in the pod: the same on every node. A server of the test's own speaks for the
kubelet, as each kind of node was heard to; a real cluster: test_forward.py."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from devkit.base.errors import DevkitError, ExitCode
from devkit.cluster.client import Cluster, connect_local
from devkit.cluster.execute import execute
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from tests.support.api_server import NAME, kubeconfig
from tests.support.machine import make_workplace

_OCI = "OCI runtime exec failed: exec failed: unable to start container process: exec: "
_CONTAINERD = (
    'error executing command in container: failed to exec in container: failed to start exec "aebb309d": '
    + _OCI
)


def ended(code: int) -> dict[str, Any]:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: Error executing in Docker Container: {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def failed(message: str) -> dict[str, Any]:
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"Internal error occurred: {message}",
        "reason": "InternalError",
        "details": {"causes": [{"message": message}]},
        "code": 500,
    }


@contextmanager
def node(frames: list[bytes], tmp_path: Path) -> Iterator[Cluster]:
    """A cluster whose every exec is answered by these frames."""

    def answer(connection: ServerConnection) -> None:
        for frame in frames:
            connection.send(frame)

    protocols = [Subprotocol("v4.channel.k8s.io")]
    with serve(answer, "127.0.0.1", 0, subprotocols=protocols, compression=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        workplace = make_workplace(tmp_path)
        kubeconfig(workplace, f"http://127.0.0.1:{server.socket.getsockname()[1]}")
        yield connect_local([NAME], {"HOME": str(workplace.home), "DEVKIT_ALLOW_CONTEXT": NAME})
        server.shutdown()


def docker(why: str, code: int) -> list[bytes]:
    return [b"\x01" + f"{why}\r\n".encode(), b"\x03" + json.dumps(ended(code)).encode()]


def containerd(why: str, _: int) -> list[bytes]:
    return [b"\x03" + json.dumps(failed(why)).encode()]


@pytest.mark.parametrize("runtime", [docker, containerd])
@pytest.mark.parametrize(
    ("said", "code", "why"),
    [
        ('"absent": executable file not found in $PATH: unknown', 127, "executable file not found in $PATH"),
        ('"/etc": permission denied: unknown', 126, "permission denied"),
        ('"/absent": stat /absent: no such file or directory: unknown', 126, "stat /absent: no such file or directory"),
    ],
)  # fmt: skip
def test_what_cannot_be_started_is_told_in_the_same_words(
    runtime: Callable[[str, int], list[bytes]], said: str, code: int, why: str, tmp_path: Path
) -> None:
    text = (_CONTAINERD if runtime is containerd else _OCI) + said
    with node(runtime(text, code), tmp_path) as cluster, pytest.raises(DevkitError) as refusal:
        execute(cluster, "shop", "web", "absent", pod="web-1")
    assert refusal.value.message == f"absent in web-1: cannot be started: {why}"
    assert refusal.value.exit_code == ExitCode.REFUSED


def test_so_is_what_an_older_runtime_says(tmp_path: Path) -> None:
    said = (
        "OCI runtime exec failed: exec failed: container_linux.go:345: starting container process caused "
        '"exec: \\"absent\\": executable file not found in $PATH": unknown'
    )
    with node(docker(said, 126), tmp_path) as cluster, pytest.raises(DevkitError) as refusal:
        execute(cluster, "shop", "web", "absent", pod="web-1")
    assert refusal.value.message == "absent in web-1: cannot be started: executable file not found in $PATH"


@pytest.mark.parametrize(
    ("code", "wrote"),
    [(127, b"sh: 1: absent: not found\n"), (126, b""), (7, b"OCI runtime exec failed is what it says"), (0, b"fine\n")],
)  # fmt: skip
def test_a_program_that_ran_has_its_own_exit_code(code: int, wrote: bytes, tmp_path: Path) -> None:
    frames = [b"\x02" + wrote, b"\x03" + json.dumps(ended(code)).encode()]
    with node(frames, tmp_path) as cluster:
        done = execute(cluster, "shop", "web", "sh", "-c", "absent", pod="web-1")
    assert (done.code, done.stdout, done.stderr) == (code, b"", wrote)


def test_any_other_refusal_is_shown_as_it_is(tmp_path: Path) -> None:
    with (
        node(containerd("container not running (3f2a)", 0), tmp_path) as cluster,
        pytest.raises(DevkitError, match=r"absent in web-1: Internal error occurred: container not running"),
    ):
        execute(cluster, "shop", "web", "absent", pod="web-1")
