"""What a step of the generator costs, although its steps are one graph."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion.emotion import Manner
from stream_engine.motion.window import LatencyProfile
from stream_engine.protocols import MotionSlots
from stream_engine.telemetry.spans import Recorder, installed
from stream_engine.types import F32

STEP_COUNTS = (1, 2, 4)
COLD_ROUNDS, ROUNDS = 5, 40
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Cost:
    """A median with its 95 % interval, milliseconds."""

    ms: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class StepCosts:
    """What the steps cost.

    Attributes:
        clock: ``wall``, or ``device`` where the runner tells that.
        rounds: How often each graph was called.
        sessions: Windows in each call.
        whole: Of a whole call, by step count.
        first: The first step, the last hop's commit in the same pass.
        further: Each step after it: a third of what four steps take longer than one.
    """

    clock: str
    rounds: int
    sessions: int
    whole: dict[str, Cost]
    first: Cost
    further: Cost


def time_steps(
    slots_of: Callable[[int], MotionSlots], profile: LatencyProfile, speech: F32, sessions: int
) -> StepCosts:
    """Call the graphs of 1, 2 and 4 steps in turn on the same speech, one right after another.

    Args:
        slots_of: Step count to slots for as many sessions.
        profile: Of the slots.
        speech: 16 kHz, float32 [N]; every session begins elsewhere in it.
        sessions: How many share a call.

    Returns:
        What the steps cost.
    """
    slots = [slots_of(steps) for steps in STEP_COUNTS]
    rows = np.arange(sessions)
    for each in slots:
        for row in rows:
            each.begin(int(row), Manner())
    rolled = [np.roll(speech, -at * len(speech) // sessions) for at in rows]
    length = (COLD_ROUNDS + ROUNDS) * profile.hop_samples
    said = np.stack([np.resize(samples, length) for samples in rolled])
    with installed(Recorder()) as recorder:
        for window in np.split(said, COLD_ROUNDS + ROUNDS, axis=1):
            for each in slots:
                each.advance(rows, window)
    calls = [span for span in recorder.spans() if span.stage == "generator"]
    device = all(span.device_ms for span in calls)
    spent = [sum(ms for _, ms in span.device_ms) if device else span.own_ns / 1e6 for span in calls]
    table = np.array(spent).reshape(-1, len(STEP_COUNTS))[COLD_ROUNDS:]
    return costs_of(table, "device" if device else "wall", sessions)


def costs_of(table: NDArray[np.float64], clock: str, sessions: int, seed: int = 0) -> StepCosts:
    """Tell first and further steps apart.

    Args:
        table: Milliseconds of each round's calls with 1, 2 and 4 steps, float64 [R, 3].
        clock: What measured them.
        sessions: Windows in each call.
        seed: Of the intervals' bootstrap.

    Returns:
        What the steps cost.
    """
    picks = np.random.default_rng(seed).integers(0, len(table), (RESAMPLES, len(table)))

    def cost(values: NDArray[np.float64]) -> Cost:
        low, high = np.quantile(np.median(values[picks], axis=1), (0.025, 0.975))
        return Cost(float(np.median(values)), float(low), float(high))

    return StepCosts(
        clock=clock,
        rounds=len(table),
        sessions=sessions,
        whole={str(steps): cost(table[:, at]) for at, steps in enumerate(STEP_COUNTS)},
        first=cost(table[:, 0]),
        further=cost((table[:, 2] - table[:, 0]) / (STEP_COUNTS[2] - STEP_COUNTS[0])),
    )


def plain(costs: StepCosts) -> dict[str, Any]:
    """Say it in words for a table: each row's name and its cost."""
    whole = {f"{steps} step{'s' * (steps != '1')}, whole": c for steps, c in costs.whole.items()}
    return {"first step and commit": costs.first, "each further step": costs.further} | whole
