"""Packets on their way out."""

import asyncio
from types import SimpleNamespace

from aiortc.rtcdtlstransport import RTCDtlsTransport

from stream_engine.telemetry.spans import Recorder, installed
from stream_engine.transport.outgoing import SEND_ATTRIBUTE, Outgoing

FACE, VOICE = 7, 8


def packet(kind: int, source: int) -> bytes:
    """A packet whose header is real where it is looked at."""
    return bytes([0x80, kind, 0, 1]) + bytes(4) + source.to_bytes(4, "big") + bytes(100)


def test_aiortc_still_sends_through_it() -> None:
    """The private name is there."""
    assert hasattr(RTCDtlsTransport, SEND_ATTRIBUTE)


def test_packets_of_media_are_timed_and_sent() -> None:
    """The face's with their picture's time; control packets pass untimed."""
    sent: list[bytes] = []

    async def send(data: bytes) -> None:
        sent.append(data)

    transport = SimpleNamespace(**{SEND_ATTRIBUTE: send})
    face = SimpleNamespace(transport=transport, _ssrc=FACE)
    Outgoing(face, SimpleNamespace(encoded_pts=1920)).time_packets()
    packets = [packet(97, FACE), packet(96, VOICE), packet(200, FACE)]

    async def run() -> None:
        for data in packets:
            await getattr(transport, SEND_ATTRIBUTE)(data)

    with installed(Recorder()) as recorder:
        asyncio.run(run())
    asyncio.run(run())
    assert sent == 2 * packets
    assert [(item.stage, item.size, item.pts) for item in recorder.spans()] == [
        ("send", 112, 1920),
        ("send", 112, None),
    ]
