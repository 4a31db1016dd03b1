"""Puts audio packets in order at the price of almost no delay.

aiortc's own buffer always waits for four packets (80 ms), and after one lost packet it keeps
280 ms of delay for ever (aiortc issue 543). This one passes a packet on at once when it is the
next, and gives a missing one up after ``MAX_WAIT_PACKETS`` newer ones.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

from stream_engine.telemetry.metrics import Tally
from stream_engine.telemetry.spans import moment, span, waited

MAX_WAIT_PACKETS = 3
"""Newer packets that are held back for a missing one."""

MAX_JUMP_PACKETS = 200
"""A sequence number further off than this means that the sender started anew."""

RECEIVER_ATTRIBUTE = "_RTCRtpReceiver__jitter_buffer"
"""aiortc's private name; a test fails when it moves."""


class Packet(Protocol):
    """The part of aiortc's RTP packet that is used."""

    sequence_number: int
    timestamp: int
    _data: bytes


@dataclass(slots=True)
class EncodedFrame:
    """What aiortc hands to its decoder; it rewrites the timestamp."""

    data: bytes
    timestamp: int


@dataclass(slots=True)
class JitterCounts:
    """What happened to the packets since this was last asked.

    Attributes:
        lost: Packets given up.
        late: Packets that came after they were given up, or twice.
        reordered: Packets that had to wait for an older one.
    """

    lost: int = 0
    late: int = 0
    reordered: int = 0

    def move_to(self, tally: Tally) -> None:
        """Add the counts to a tally and begin anew."""
        if self.lost or self.late or self.reordered:
            tally.add("packets_lost_total", self.lost)
            tally.add("packets_late_total", self.late)
            tally.add("packets_reordered_total", self.reordered)
            self.lost = self.late = self.reordered = 0


@dataclass(slots=True)
class InOrderBuffer:
    """Gives packets in the order of their sequence numbers.

    *State*: at most ``MAX_WAIT_PACKETS`` packets. *Thread*: the loop.
    """

    counts: JitterCounts = field(default_factory=JitterCounts)
    _next: int | None = None
    _held: dict[int, tuple[Packet, float]] = field(default_factory=dict)

    def push(self, packet: Packet) -> list[EncodedFrame]:
        """Take a packet, return every packet that can go now, in order."""
        number = packet.sequence_number
        if self._next is None:
            self._next = number
        ahead = (number - self._next) & 0xFFFF
        behind = (self._next - number) & 0xFFFF
        if min(ahead, behind) > MAX_JUMP_PACKETS:
            out = self._flush()
            self._next = number
            return out + self._take(packet)
        if ahead > behind or number in self._held:
            self.counts.late += 1
            return []
        return self._take(packet)

    def _take(self, packet: Packet) -> list[EncodedFrame]:
        self._held[packet.sequence_number] = packet, moment()
        if packet.sequence_number != self._next:
            self.counts.reordered += 1
        out = self._ready()
        while len(self._held) >= MAX_WAIT_PACKETS:
            self._give_up()
            out += self._ready()
        return out

    def _ready(self) -> list[EncodedFrame]:
        out = []
        while self._next is not None and (held := self._held.pop(self._next, None)) is not None:
            packet, since_s = held
            waited("jitter buffer", since_s, moment())
            out.append(EncodedFrame(packet._data, packet.timestamp))
            self._next = (self._next + 1) & 0xFFFF
        return out

    def _give_up(self) -> None:
        assert self._next is not None
        origin = self._next
        nearest = min((number - origin) & 0xFFFF for number in self._held)
        self.counts.lost += nearest
        self._next = (origin + nearest) & 0xFFFF

    def _flush(self) -> list[EncodedFrame]:
        out = self._ready()
        while self._held:
            self._give_up()
            out += self._ready()
        return out


class ReceiverBuffer:
    """`InOrderBuffer` behind the one method aiortc calls.

    aiortc queues the frame ``add`` returns; further frames that became ready with it are put
    into the receiver's decoder queue here, ahead of it and in order.
    """

    def __init__(self, receiver: Any, tally: Tally) -> None:
        self._receiver = receiver
        self._tally = tally
        self.ordered = InOrderBuffer()

    def add(self, packet: Any) -> tuple[bool, EncodedFrame | None]:
        """Take a packet; return (ask for a key frame, the newest frame that is ready)."""
        with span("jitter buffer"):
            frames = self.ordered.push(packet)
            self.ordered.counts.move_to(self._tally)
        for frame in frames[:-1]:
            self._queue(packet, frame)
        return False, frames[-1] if frames else None

    def _queue(self, packet: Any, frame: EncodedFrame) -> None:
        receiver = self._receiver
        codec = receiver._RTCRtpReceiver__codecs.get(packet.payload_type)
        if codec is None or receiver._RTCRtpReceiver__decoder_thread is None:
            return
        frame.timestamp = receiver._RTCRtpReceiver__timestamp_mapper.map(frame.timestamp)
        receiver._RTCRtpReceiver__decoder_queue.put((codec, frame))


def install(receiver: Any, tally: Tally) -> None:
    """Replace the audio jitter buffer of an aiortc receiver.

    Args:
        receiver: An ``RTCRtpReceiver`` that has not received anything.
        tally: Counts packets lost, late and reordered.
    """
    assert hasattr(receiver, RECEIVER_ATTRIBUTE), "aiortc moved its jitter buffer"
    setattr(receiver, RECEIVER_ATTRIBUTE, ReceiverBuffer(receiver, tally))
