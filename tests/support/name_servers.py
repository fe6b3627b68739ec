"""Name servers on loopback (Debian's knot), each with zones of its own; and two that are no good."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from tests.support.polling import PATIENCE, looks

__all__ = ["MISSING", "caching_server", "name_servers", "silent_name_server"]

MISSING = "knot (Debian's package of this name)"
_CONFIG = """server:
    rundir: "{folder}"
    pidfile: "{folder}/pid"
    listen: {address}@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{folder}/db"
    journal-db-max-size: 1M
    kasp-db-max-size: 5M
    timer-db-max-size: 1M
control:
    listen: "{folder}/control"
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: "{folder}"
    semantic-checks: off
    zonefile-sync: -1
    journal-content: none
zone:
"""


@contextmanager
def name_servers(folder: Path, port: int, zones: Mapping[str, Mapping[str, str]]) -> Iterator[None]:
    """One server an address, all at `port`, each with its zones (name → text); they end with the block."""
    program = shutil.which("knotd") or shutil.which("knotd", path="/usr/sbin")
    if program is None:
        pytest.skip(f"needs {MISSING}")
    with ExitStack() as running:
        started = [
            running.enter_context(_started(program, folder / address, address, port, files))
            for address, files in zones.items()
        ]
        for (process, log), (address, files) in zip(started, zones.items(), strict=True):
            _wait(process, log, address, port, next(iter(files)))
        yield


@contextmanager
def _started(
    program: str, folder: Path, address: str, port: int, zones: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    folder.mkdir(parents=True)
    config = _CONFIG.format(folder=folder, address=address, port=port)
    for name, text in zones.items():
        (folder / f"{name}.zone").write_text(text)
        config += f'  - domain: {name}\n    file: "{name}.zone"\n'
    (folder / "knot.conf").write_text(config)
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "-c", folder / "knot.conf"], stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield process, log
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait(process: subprocess.Popen[bytes], log: Path, address: str, port: int, zone: str) -> None:
    query = dns.message.make_query(zone, dns.rdatatype.SOA)
    for _ in looks():
        assert process.poll() is None, log.read_text()
        try:
            if dns.query.udp(query, address, timeout=1, port=port).answer:
                return
        except (dns.exception.DNSException, OSError):
            continue
    raise AssertionError(log.read_text())


@contextmanager
def silent_name_server(address: str, port: int) -> Iterator[None]:
    """Takes questions and answers none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((address, port))
        yield


@contextmanager
def caching_server(address: str, port: int, name: str, value: str, ttl: int) -> Iterator[None]:
    """Answers as a cache does: without authority, with what is left of a TTL. It is the bad authority on `bad.test`, too: an
    answer for A does not fit and there is no TCP, one for AAAA fails."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, port))

        def serve() -> None:
            while True:
                try:
                    wire, who = server.recvfrom(4096)
                except OSError:
                    return
                if not wire:
                    return
                reply = dns.message.make_response(dns.message.from_wire(wire), recursion_available=True)
                question = reply.question[0]
                soa = "ns1.test. host.test. 1 7200 900 1209600 60"
                if question.name.to_text().endswith("bad.test."):
                    reply.flags |= dns.flags.AA
                    if question.rdtype == dns.rdatatype.A:
                        reply.flags |= dns.flags.TC
                    elif question.rdtype == dns.rdatatype.AAAA:
                        reply.set_rcode(dns.rcode.SERVFAIL)
                if question.rdtype == dns.rdatatype.A and question.name.to_text() == f"{name}.":
                    reply.answer.append(dns.rrset.from_text(question.name, ttl, "IN", "A", value))
                elif question.rdtype == dns.rdatatype.SOA:
                    reply.answer.append(dns.rrset.from_text(question.name, ttl, "IN", "SOA", soa))
                server.sendto(reply.to_wire(), who)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", (address, port))
        thread.join(PATIENCE)
