import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.transport.playout import PlayoutClock
from stream_engine.types import TICKS_PER_SECOND

PACKET = 960
DELAY = TICKS_PER_SECOND * 160 // 1000


def run(clock: PlayoutClock, late_s: np.ndarray, rate: float = 1.0, start_s: float = 0.0) -> None:
    """Let packets arrive: the k-th ends at its time by the sender's clock plus ``late_s[k]``."""
    for k, late in enumerate(late_s):
        end = (k + 1) * PACKET
        clock.observe(end - PACKET, end, start_s + end / TICKS_PER_SECOND / rate + late)


def test_voice_and_picture_of_one_moment_leave_together() -> None:
    """``due`` is ``arrival`` plus the delay, whoever asks."""
    clock = PlayoutClock(5.0, DELAY)
    assert clock.arrival(48_000) == 6.0
    assert clock.due(48_000) == 6.16
    assert clock.position(6.0) == 48_000


def test_even_arrivals_leave_the_line_where_it_is() -> None:
    """Packets on time move nothing."""
    clock = PlayoutClock(0.0, DELAY)
    run(clock, np.zeros(1000))
    assert abs(clock.origin_s) < 1e-6


def test_a_first_packet_that_came_late_does_not_cost_delay_for_long() -> None:
    """80 ms of needless delay from the start are gone after a few seconds."""
    clock = PlayoutClock(0.0, DELAY)
    run(clock, np.r_[0.0, np.full(300, -0.08)])
    assert clock.origin_s < -0.06


@given(st.floats(0.9995, 1.0005))
@settings(max_examples=20, deadline=None)
def test_a_sound_card_that_drifts_is_followed(rate: float) -> None:
    """After ten minutes of 500 ppm (300 ms) packets still come about when the line says."""
    clock = PlayoutClock(0.0, DELAY)
    packets = 30_000
    run(clock, np.zeros(packets), rate)
    end = packets * PACKET
    assert abs(end / TICKS_PER_SECOND / rate - clock.arrival(end)) < 0.025


def test_the_line_jumps_only_when_the_voice_would_break_off() -> None:
    """50 ms late: no jump. 300 ms late: back so far that the packet can still be played."""
    clock = PlayoutClock(0.0, DELAY)
    clock.observe(0, PACKET, 0.02 + 0.05)
    assert clock.origin_s == 0.0
    clock.observe(PACKET, 2 * PACKET, 0.04 + 0.3)
    assert 0.17 < clock.origin_s < 0.19
    assert clock.due(2 * PACKET) > 0.34


@given(st.lists(st.floats(0.0, 0.03), min_size=400, max_size=400))
@settings(max_examples=20, deadline=None)
def test_steps_between_packets_stay_small(late: list[float]) -> None:
    """Jitter never moves the release of neighbouring packets by more than 3 ms against 20."""
    clock = PlayoutClock(0.0, DELAY)
    before = clock.due(0)
    for k, seconds in enumerate(late):
        end = (k + 1) * PACKET
        clock.observe(end - PACKET, end, end / TICKS_PER_SECOND + seconds)
        due = clock.due(end)
        assert abs(due - before - 0.02) < 0.003
        before = due
