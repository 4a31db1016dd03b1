import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.audio.ring_buffer import RingBuffer
from stream_engine.telemetry.metrics import Tally
from stream_engine.transport.intake import AudioIntake
from stream_engine.transport.playout import PlayoutClock
from stream_engine.types import TICKS_PER_SECOND

PACKET = 960


class Bench:
    """An intake, and packets that say their own index."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.ring = RingBuffer(2 * TICKS_PER_SECOND)
        self.playout = PlayoutClock(0.0, 7680)
        self.intake = AudioIntake(self.ring, self.playout, self.tally)

    def push(self, index: int, now_s: float | None = None, origin: int = 5000) -> None:
        now_s = (index + 1) * 0.02 if now_s is None else now_s
        self.intake.push(origin + index * PACKET, np.full(PACKET, index + 1.0, np.float32), now_s)

    def heard(self) -> list[int]:
        read = self.ring.read(self.ring.oldest, self.ring.capacity)
        return [int(x) for x in read.samples[::PACKET]]


def test_packets_in_a_row_land_in_a_row() -> None:
    """Sample counter = samples received; the sender's origin does not matter."""
    bench = Bench()
    for index in range(5):
        bench.push(index)
    assert bench.ring.end == 5 * PACKET
    assert bench.heard() == [1, 2, 3, 4, 5]


@given(st.sets(st.integers(1, 40), max_size=30))
@settings(max_examples=30, deadline=None)
def test_a_hole_is_filled_with_silence_so_that_time_is_kept(lost: set[int]) -> None:
    """Whatever is lost, the last packet lies where its timestamp says."""
    bench = Bench()
    came = [index for index in range(42) if index not in lost]
    for index in came:
        bench.push(index)
    assert bench.ring.end == 42 * PACKET
    assert bench.heard() == [0 if index in lost else index + 1 for index in range(42)]
    assert bench.tally.count("audio_gap_samples_total") == len(lost) * PACKET


def test_a_muted_microphone_does_not_stop_time() -> None:
    """After the timeout the counter follows the wall clock; the next packet finds its place."""
    bench = Bench()
    bench.push(0)
    for step in range(1, 150):  # 3 s of nothing
        bench.intake.advance(0.02 + step * 0.02)
    assert abs(bench.ring.end - 2.94 * TICKS_PER_SECOND) < 2 * PACKET
    bench.push(150)  # the sender's clock went on
    assert bench.ring.end == 151 * PACKET
    assert bench.tally.count("audio_dropped_samples_total") == 0


def test_before_the_timeout_nothing_is_made_up() -> None:
    """A packet that is 150 ms late is awaited."""
    bench = Bench()
    bench.push(0)
    assert not bench.intake.advance(0.02 + 0.15)
    assert bench.ring.end == PACKET


def test_time_runs_before_the_first_packet() -> None:
    """The face has silence to live on while the microphone is being opened."""
    bench = Bench()
    assert bench.intake.advance(1.0)
    assert bench.ring.end > 0.9 * TICKS_PER_SECOND


def test_packets_for_a_time_already_past_are_dropped_and_counted() -> None:
    """A burst after a stall: what silence has replaced does not come again."""
    bench = Bench()
    bench.push(0)
    bench.intake.advance(0.6)
    end = bench.ring.end
    bench.push(1, now_s=0.61)
    bench.push(2, now_s=0.61)
    assert bench.ring.end == end
    assert bench.tally.count("audio_dropped_samples_total") == 2 * PACKET


def test_a_sender_clock_that_stood_still_is_tied_anew() -> None:
    """After half a second of packets from the past their clock is believed."""
    bench = Bench()
    bench.push(0)
    bench.intake.advance(5.0)
    for index in range(1, 60):
        bench.push(index, now_s=5.0 + index * 0.02)
    assert bench.tally.count("audio_rebased_total") == 1
    assert bench.heard()[-1] == 60
    assert abs(bench.ring.end / TICKS_PER_SECOND - (5.0 + 59 * 0.02)) < 0.1


def test_a_sender_clock_that_jumps_ahead_is_tied_anew() -> None:
    """An hour's jump is no hour of silence."""
    bench = Bench()
    bench.push(0)
    bench.push(180_000, now_s=0.04)
    assert bench.ring.end < 3 * PACKET
    assert bench.tally.count("audio_rebased_total") == 1


def test_a_jump_of_half_a_second_that_took_no_time_is_no_silence() -> None:
    """The sender's clock is believed anew: silence would be half a second of delay for minutes."""
    bench = Bench()
    for index in range(20):
        bench.push(index)
    for index in range(45, 60):
        bench.push(index, now_s=(index - 24) * 0.02)
    assert bench.tally.count("audio_rebased_total") == 1
    assert bench.heard() == [*range(1, 21), *range(46, 61)]
