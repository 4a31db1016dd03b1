"""Packets that aiortc stumbles over: it would end the call of whoever one is sent to."""

import struct
from typing import Any

from stream_engine.telemetry.metrics import Tally

MALFORMED = (IndexError, KeyError, OverflowError, ValueError, struct.error)
"""What its parsers raise for an empty datagram, a header extension or a chunk that is cut short."""

RECEIVE_ATTRIBUTE = "_recv_next"
"""aiortc's private name; a test fails when it moves."""


def drop_malformed(transport: Any, tally: Tally) -> None:
    """Let a datagram that cannot be read be lost, as on a bad line, and go on with the next.

    Anybody who finds the port can send an empty one; the others only the peer itself can.

    Args:
        transport: An ``RTCDtlsTransport`` that has not received anything.
        tally: Counts them.
    """
    assert hasattr(transport, RECEIVE_ATTRIBUTE), "aiortc moved its receiving"
    receive = getattr(transport, RECEIVE_ATTRIBUTE)

    async def receive_next() -> None:
        try:
            await receive()
        except MALFORMED:
            tally.add("packets_malformed_total")

    setattr(transport, RECEIVE_ATTRIBUTE, receive_next)
