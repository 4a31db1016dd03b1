"""Sync for hours, minutes of it; ``python -m tests.soak`` plays two hours a condition."""

import numpy as np
import pytest

from tests.fakes.simulated_call import Network, SimulatedCall, bursts
from tests.soak import CONDITIONS, EARLY_MS, LATE_MS, RTP, Condition, by_content, play

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("condition", [CONDITIONS[1], CONDITIONS[2]], ids=str)
def test_voice_and_lips_stay_together(condition: Condition) -> None:
    """Drifting clocks, loss, bursts, disorder, half a minute of nothing: 99 % within the bounds."""
    outcome = play(condition, 3.0)
    assert len(outcome.content) > 100
    assert outcome.within(outcome.content) >= 0.99
    assert outcome.within(outcome.stamped) >= 0.99
    assert outcome.shed == 0
    assert outcome.motion_share == pytest.approx(1.0, abs=0.005)
    assert outcome.underrun_share < 0.005
    assert np.percentile(outcome.latency, 99) < 500


def speak_on(call: SimulatedCall, rtp: tuple[int, int]) -> None:
    """Speech from now on: after five seconds in sync, and with the usual delay."""
    now_s = call.clock.now()
    loud, spans = bursts(20.0, 4)
    said_s = call.speak(loud, Network(loss=0.02), 0.0, rtp)
    call.time.run(now_s + 22.0)
    later = [(now_s + begin, now_s + end) for begin, end in spans if begin > 5.0]
    skew, latency = by_content(call, loud, said_s, later)
    assert len(skew) >= 9
    assert np.all((skew >= EARLY_MS) & (skew <= LATE_MS))
    assert np.percentile(latency, 95) < 400


def called() -> SimulatedCall:
    """A call that has gone on for ten seconds."""
    call = SimulatedCall(seed=3)
    call.speak(bursts(10.0, 3)[0], Network(loss=0.02), 0.0, RTP)
    call.time.run(call.clock.now() + 10.0)
    return call


@pytest.mark.parametrize("asleep_s", [5.0, 60.0, 3600.0])
def test_a_machine_that_slept_goes_on_in_sync(asleep_s: float) -> None:
    """All clocks jump at once; nobody is sent a burst of what is past."""
    call = called()
    before = len(call.heard)
    call.clock.advance(asleep_s)
    call.time.run(call.clock.now() + 0.1)
    assert len(call.heard) - before < 40
    seconds = 10.0 + asleep_s
    speak_on(call, (int(RTP[0] + 50 * seconds), int(RTP[1] + 48_000 * seconds)))


@pytest.mark.parametrize("ahead_s", [-3600.0, -0.5, 0.5, 10.0, 3600.0])
def test_a_client_whose_timestamps_jump_is_heard_in_sync(ahead_s: float) -> None:
    """Back or on, a little or an hour, as when its sound card is changed."""
    call = called()
    speak_on(call, (RTP[0] + 500, int(RTP[1] + 48_000 * (10.0 + ahead_s))))
