"""The first moments of a Python process that is no fork: `python -m devserve.spawned` is told its work on standard input."""

from __future__ import annotations

import socket

from devserve import wire
from devserve.child import begin
from devserve.libraries import refuse_cut_off_libraries

__all__ = ["main"]


def main() -> None:
    """Does what it is told. Never returns."""
    refuse_cut_off_libraries()
    channel = socket.socket(fileno=0)
    told, _ = wire.receive(channel)
    channel.detach()
    sockets = [None if number is None else socket.socket(fileno=number) for number in told["sockets"]]
    for each in sockets:
        if each is not None:
            each.set_inheritable(False)  # what the process itself starts has nothing to do with them
    begin(told["work"], sockets)
