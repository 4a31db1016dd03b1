from dataclasses import dataclass
from itertools import pairwise

from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.telemetry.metrics import Tally
from stream_engine.transport.jitter_buffer import (
    MAX_WAIT_PACKETS,
    RECEIVER_ATTRIBUTE,
    InOrderBuffer,
    ReceiverBuffer,
)


@dataclass
class FakePacket:
    sequence_number: int
    timestamp: int
    _data: bytes
    payload_type: int = 111


class StoppedReceiver:
    """An aiortc receiver whose decoder has stopped: takes no frame."""

    def __init__(self) -> None:
        self._RTCRtpReceiver__codecs = {111: "opus"}
        self._RTCRtpReceiver__decoder_thread = None


def packet(index: int, first: int = 0) -> FakePacket:
    """The packet with this index, its payload the index."""
    return FakePacket((first + index) & 0xFFFF, 960 * index, b"%d" % index)


def play(buffer: InOrderBuffer, order: list[int], first: int = 0) -> list[int]:
    """Push the packets in this order; give back the indices that came out."""
    return [int(f.data) for index in order for f in buffer.push(packet(index, first))]


@given(st.integers(0, 0xFFFF), st.data())
def test_any_reorder_within_the_bound_comes_out_in_order(first: int, data: st.DataObject) -> None:
    """No packet overtaken by more than two others: nothing lost, all in order, wrap included."""
    order = list(range(1, 40))
    for at in range(0, len(order) - 2, 3):  # any permutation of each group of three
        order[at : at + 3] = data.draw(st.permutations(order[at : at + 3]))
    buffer = InOrderBuffer()
    out = play(buffer, [0, *order], first)
    assert out == list(range(40))
    assert buffer.counts.lost == buffer.counts.late == 0


@given(st.sets(st.integers(1, 60), max_size=25))
def test_a_loss_holds_back_at_most_the_bound(lost: set[int]) -> None:
    """With packets missing, never more than ``MAX_WAIT_PACKETS`` - 1 stay behind."""
    buffer = InOrderBuffer()
    came: list[int] = []
    out: list[int] = []
    for index in range(65):
        if index in lost:
            continue
        came.append(index)
        out += play(buffer, [index])
        assert len(came) - len(out) < MAX_WAIT_PACKETS
    assert out == sorted(set(came)) == came[: len(out)]


@given(st.lists(st.integers(0, 30), max_size=80))
def test_nothing_comes_out_twice_or_backwards(order: list[int]) -> None:
    """Whatever arrives, what leaves only goes up."""
    out = play(InOrderBuffer(), order)
    assert all(a < b for a, b in pairwise(out))


@given(st.lists(st.integers(0, 0xFFFF), max_size=80))
def test_memory_is_bounded_for_any_numbers(numbers: list[int]) -> None:
    """Even senseless sequence numbers leave nothing behind but the bound."""
    buffer = InOrderBuffer()
    for number in numbers:
        buffer.push(FakePacket(number, 0, b"0"))
        assert len(buffer._held) < MAX_WAIT_PACKETS


def test_delay_goes_back_to_nothing_after_a_loss() -> None:
    """Once the missing packet is given up, each packet leaves as it comes."""
    buffer = InOrderBuffer()
    assert play(buffer, [0, 1]) == [0, 1]
    assert play(buffer, [3, 4]) == []
    assert play(buffer, [5]) == [3, 4, 5]
    assert play(buffer, [6]) == [6]
    assert (buffer.counts.lost, buffer.counts.reordered) == (1, 3)


def test_a_sender_that_starts_anew_is_followed_at_once() -> None:
    """A far jump of the sequence numbers is no loss of thousands."""
    buffer = InOrderBuffer()
    play(buffer, [0, 1])
    assert play(buffer, [0, 1], first=30_000) == [0, 1]
    assert buffer.counts.lost == 0


def test_what_is_lost_is_counted_through_aiortcs_one_method() -> None:
    """``add`` gives the newest frame; the counts move on to the tally."""
    tally = Tally()
    buffer = ReceiverBuffer(StoppedReceiver(), tally)
    found = [buffer.add(packet(index))[1] for index in (0, 2, 3, 4, 1)]
    assert [frame and frame.data for frame in found] == [b"0", None, None, b"4", None]
    assert tally.count("packets_lost_total") == 1
    assert tally.count("packets_late_total") == 1


def test_aiortc_still_keeps_its_buffer_where_it_is_replaced() -> None:
    """The private names that ``install`` and ``ReceiverBuffer`` rely on exist."""
    names = RTCRtpReceiver.__init__.__code__.co_names
    assert RECEIVER_ATTRIBUTE in names
    handler = RTCRtpReceiver._handle_rtp_packet.__code__.co_names
    for name in ("jitter_buffer", "decoder_queue", "decoder_thread", "timestamp_mapper", "codecs"):
        assert f"_RTCRtpReceiver__{name}" in handler
    assert "add" in vars(JitterBuffer)
