"""What a step costs."""

import dataclasses

import numpy as np
import pytest

from stream_engine.motion.window import PROFILES
from stream_engine.profiling.steps import COLD_ROUNDS, ROUNDS, costs_of, plain, time_steps
from stream_engine.telemetry.spans import device_time, span
from tests.fakes.stages import LoudnessSlots

PROFILE = PROFILES["balanced"]
SPEECH = np.zeros(16_000, np.float32)


class SteppedSlots(LoudnessSlots):
    """Says of a device that the first step took 3 ms and each further one 2."""

    def __init__(self, steps: int, told: bool) -> None:
        super().__init__(PROFILE, 2)
        self._steps, self._told = steps, told
        self.calls = 0

    def advance(self, slots, samples, ended=None):  # type: ignore[no-untyped-def]
        """As its parent, inside a span."""
        self.calls += 1
        with span("generator"):
            if self._told:
                device_time("kernels", 1.0)
                device_time("kernels", 2.0 * self._steps)
            return super().advance(slots, samples, ended)


def test_first_and_further_steps_by_the_devices_clock() -> None:
    """3 and 2 ms; every graph was called as often as the others."""
    made = {steps: SteppedSlots(steps, told=True) for steps in (1, 2, 4)}
    costs = time_steps(made.__getitem__, PROFILE, SPEECH, 2)
    assert (costs.clock, costs.rounds, costs.sessions) == ("device", ROUNDS, 2)
    assert dataclasses.astuple(costs.first) == (3.0, 3.0, 3.0)
    assert costs.further.ms == pytest.approx(2.0)
    assert {steps: each.calls for steps, each in made.items()} == dict.fromkeys(
        (1, 2, 4), COLD_ROUNDS + ROUNDS
    )
    names = ["first step and commit", "each further step"]
    names += ["1 step, whole", "2 steps, whole", "4 steps, whole"]
    assert list(plain(costs)) == names


def test_without_a_device_it_is_the_wall_clock() -> None:
    """And milliseconds are positive."""
    costs = time_steps(lambda steps: SteppedSlots(steps, told=False), PROFILE, SPEECH, 1)
    assert costs.clock == "wall"
    assert costs.first.ms > 0.0


def test_differences_are_taken_round_by_round() -> None:
    """A machine that gets slower from round to round does not blur them."""
    drift = np.linspace(0.0, 50.0, 40)[:, None]
    costs = costs_of(drift + np.array([2.0, 3.5, 6.5]), "wall", 1)
    assert (costs.further.low, costs.further.high) == pytest.approx((1.5, 1.5))
    assert costs.first.high - costs.first.low > 5.0
