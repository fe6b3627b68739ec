"""devkit's own port-forward, with a real Postgres at the other end."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest
from devkit.base.errors import DevkitError, ExitCode
from devkit.cluster.client import Cluster
from devkit.cluster.execute import execute
from devkit.cluster.forward import forward
from devkit.cluster.pods import newest_ready
from devkit.cluster.restart import restart

from tests.support.demo import until
from tests.support.platform import SECRETS
from tests.support.polling import PATIENCE

SSL_REQUEST = struct.pack("!II", 8, 80877103)


def url(port: int) -> str:
    return f"postgresql://forma3d:{SECRETS['POSTGRES_PASSWORD']}@127.0.0.1:{port}/forma3d?connect_timeout=10&client_encoding=utf8"


@pytest.fixture
def port(cluster: Cluster, postgres: str) -> Iterator[int]:
    with forward(cluster, postgres, "postgres", 5432) as listening:
        yield listening


def test_fifty_megabytes_each_way(port: int) -> None:
    up = os.urandom(50 * 2**20)
    with psycopg.connect(url(port)) as connection:
        row = connection.execute("select md5(%b)", (up,), binary=True).fetchone()
        assert row == (hashlib.md5(up, usedforsecurity=False).hexdigest(),)
        down = connection.execute("select repeat('0123456789', 5242880)").fetchone()
    assert down is not None
    assert down[0] == "0123456789" * 5_242_880


def test_twenty_at_once_do_not_mix(port: int) -> None:
    def ask(number: int) -> bool:
        with psycopg.connect(url(port)) as connection:
            row = connection.execute("select repeat(%s, 100000)", (f"{number:02};",)).fetchone()
        return row == (f"{number:02};" * 100_000,)

    with ThreadPoolExecutor(20) as pool:
        assert all(pool.map(ask, range(40)))


def test_an_answer_arrives_after_the_client_has_finished_sending(port: int) -> None:
    with closing(socket.create_connection(("127.0.0.1", port), PATIENCE)) as client:
        client.sendall(SSL_REQUEST)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(10) == b"N"


def test_it_follows_the_pod(cluster: Cluster, postgres: str, port: int) -> None:
    before = newest_ready(cluster, postgres, "postgres")
    assert before is not None
    open_connection = psycopg.connect(url(port))
    restart(cluster, postgres, "postgres", 120)
    after = newest_ready(cluster, postgres, "postgres")
    assert after is not None
    assert after.name != before.name
    with pytest.raises(psycopg.OperationalError):
        open_connection.execute("select 1")
    with psycopg.connect(url(port)) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_nobody_listens_in_the_pod(cluster: Cluster, postgres: str) -> None:
    said: list[str] = []
    with (
        forward(cluster, postgres, "postgres", 5999, on_problem=said.append) as listening,
        closing(socket.create_connection(("127.0.0.1", listening), 10)) as client,
    ):
        client.sendall(b"hello")
        assert closed(client)
    assert said == ["nothing listens on port 5999 in postgres (connection refused)"]


def test_no_pod(cluster: Cluster, namespace: str) -> None:
    said: list[str] = []
    with (
        forward(cluster, namespace, "nobody", 80, on_problem=said.append) as listening,
        closing(socket.create_connection(("127.0.0.1", listening), 10)) as client,
    ):
        assert closed(client)
    assert said == [f"no pod of nobody is ready in {namespace}"]


def test_a_given_port_and_a_taken_one(cluster: Cluster, postgres: str, port: int) -> None:
    with (
        pytest.raises(DevkitError, match=f"127.0.0.1:{port} cannot be listened on") as refusal,
        forward(cluster, postgres, "postgres", 5432, local_port=port),
    ):
        pass
    assert refusal.value.exit_code == ExitCode.REFUSED


def test_nothing_is_left(cluster: Cluster, postgres: str) -> None:
    before = set(threading.enumerate())
    with forward(cluster, postgres, "postgres", 5432) as listening:
        connections = [psycopg.connect(url(listening)) for _ in range(5)]
    assert set(threading.enumerate()) == before
    for connection in connections:
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", listening), PATIENCE)


def test_a_client_that_was_killed_frees_its_connection(cluster: Cluster, postgres: str, port: int) -> None:
    """The pod learns of it within seconds, although the protocol has no word for it."""
    client = socket.create_connection(("127.0.0.1", port), PATIENCE)
    client.sendall(SSL_REQUEST)
    assert client.recv(1) == b"N"
    client.close()
    until(lambda: backends(port) == 0, what="the end of its backend")


def backends(port: int) -> int:
    with psycopg.connect(url(port)) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
        ).fetchone()
    return int(row[0]) if row else -1


def test_commands_inside_a_pod(cluster: Cluster, postgres: str) -> None:
    done = execute(cluster, postgres, "postgres", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.code, done.stdout, done.stderr) == (7, b"out\n", b"err\n")
    large = execute(cluster, postgres, "postgres", "sh", "-c", "head -c 3000000 /dev/zero")
    assert (large.code, len(large.stdout)) == (0, 3_000_000)
    with pytest.raises(DevkitError) as refusal:
        execute(cluster, postgres, "postgres", "no-such-program")
    assert refusal.value.exit_code == ExitCode.REFUSED
    assert re.fullmatch(
        r"no-such-program in postgres-\S+: cannot be started: executable file not found in \$PATH",
        refusal.value.message,
    ), "the same words whatever runs the node's containers: tests/cluster/test_execute.py"
    with pytest.raises(DevkitError, match="did not end within 1 s"):
        execute(cluster, postgres, "postgres", "sleep", "100000", deadline=1)


def closed(client: socket.socket) -> bool:
    """Whether the other end closes."""
    client.settimeout(PATIENCE)
    try:
        return client.recv(10) == b""
    except ConnectionError:
        return True
