import asyncio
import struct

import pytest
from aiortc import RTCDtlsTransport

from stream_engine.telemetry.metrics import Tally
from stream_engine.transport.bad_packets import RECEIVE_ATTRIBUTE, drop_malformed


class Line:
    """The part of aiortc's DTLS transport that is replaced."""

    def __init__(self, *datagrams: bytes | Exception) -> None:
        self.left, self.read = list(datagrams), 0

    async def _recv_next(self) -> None:
        data = self.left.pop(0)
        if isinstance(data, Exception):
            raise data
        self.read += data[0]


def test_a_datagram_that_cannot_be_read_is_lost_and_the_next_is_read() -> None:
    """Empty, cut short, senseless: counted; the end of the connection is still an end."""
    line, tally = Line(b"", b"\1", struct.error(), KeyError(), b"\2", ConnectionError()), Tally()
    drop_malformed(line, tally)

    async def take() -> None:
        while True:
            await line._recv_next()

    with pytest.raises(ConnectionError):
        asyncio.run(take())
    assert line.read == 3
    assert tally.count("packets_malformed_total") == 3


def test_aiortc_still_receives_by_that_name() -> None:
    """In the handshake and after it."""
    for method in ("_RTCDtlsTransport__run", "_do_handshake"):
        assert RECEIVE_ATTRIBUTE in getattr(RTCDtlsTransport, method).__code__.co_names
