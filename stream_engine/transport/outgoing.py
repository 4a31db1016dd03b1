"""Packets on their way out, timed while somebody records."""

from typing import Any

from stream_engine.telemetry.spans import finished, moment
from stream_engine.transport.encoder import SteadyEncoder

SEND_ATTRIBUTE = "_send_rtp"
"""aiortc's private name; a test fails when it moves."""

_CONTROL = range(192, 224)
"""Second byte of a control packet (RFC 5761)."""


class Outgoing:
    """What a peer's transport sends: voice, face and control packets, all through one call.

    *Thread*: the loop.

    Args:
        face: The ``RTCRtpSender`` of the face.
        encoder: Its encoder: packets of a picture go out before the next is encoded.
    """

    def __init__(self, face: Any, encoder: SteadyEncoder) -> None:
        self._face = face
        self._encoder = encoder

    def time_packets(self) -> None:
        """Record a span ``send`` for every packet of media, once its transport is known."""
        transport = self._face.transport
        send = getattr(transport, SEND_ATTRIBUTE)

        async def timed(data: bytes) -> None:
            began_s = moment()
            await send(data)
            if data[1] not in _CONTROL:
                finished("send", began_s, len(data), self._pts_of(data))

        setattr(transport, SEND_ATTRIBUTE, timed)

    def _pts_of(self, data: bytes) -> int | None:
        """Media time of the picture a packet is of; None if it is of the voice."""
        of_face = int.from_bytes(data[8:12], "big") == self._face._ssrc
        return self._encoder.encoded_pts if of_face else None
