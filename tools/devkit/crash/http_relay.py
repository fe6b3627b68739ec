"""A connection by HTTP/1.1 from a caller to a service or a provider, one exchange after the other."""

from __future__ import annotations

import h11

from devkit.crash.effects import Effect, Tap, plain
from devkit.crash.streams import Pair, relay_unseen

__all__ = ["relay_http"]

_SIZE = 1 << 16


async def relay_http(client: Pair, server: Pair, tap: Tap, caller: str, target: str) -> None:
    """Until either side closes. A request is passed on once it is whole, and so is its answer. Raises Struck."""
    asked, answered = h11.Connection(h11.SERVER), h11.Connection(h11.CLIENT)
    while True:
        question = await _message(asked, client)
        if not question:
            return
        request = question[0]
        assert isinstance(request, h11.Request)
        path = plain(request.target.decode("latin-1").partition("?")[0])
        what = f"{request.method.decode('ascii')} {path}"
        call = Effect(caller, "call", f"{what} at {target}")
        nth = await tap.before(call)
        for event in question:
            server.write(answered.send(event))
        await server.drain()
        reply = await _message(answered, server)
        if not reply:
            return
        await tap.before(Effect(target, "answer", f"{what} of {caller}"))
        await tap.after(call, nth)
        for event in reply:
            client.write(asked.send(event))
        await client.drain()
        if isinstance(reply[-1], h11.InformationalResponse):  # 101: what follows is another protocol
            client.write(answered.trailing_data[0])
            server.write(asked.trailing_data[0])
            await relay_unseen(client, server)
            return
        if h11.MUST_CLOSE in (asked.our_state, answered.our_state, asked.their_state, answered.their_state):
            return
        asked.start_next_cycle()
        answered.start_next_cycle()


async def _message(connection: h11.Connection, source: Pair) -> list[h11.Event]:
    """All of one message, its head first; nothing when the other side has closed instead."""
    found: list[h11.Event] = []
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError:
            return []
        if event is h11.NEED_DATA:
            data = await source.read(_SIZE)
            try:
                connection.receive_data(data)
            except h11.RemoteProtocolError:
                return []
            if not data and not found:
                return []
        elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
            return found
        else:
            assert isinstance(event, h11.Event)
            found.append(event)
            if isinstance(event, h11.EndOfMessage) or (
                isinstance(event, h11.InformationalResponse) and event.status_code == 101
            ):
                return found
