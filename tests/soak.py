"""Hours of a call, simulated: how far voice and face come apart, and whether anything grows.

``python -m tests.soak --minutes 120`` plays one call per condition and prints a table. Sound cards
drift, packets are lost, come late, twice and in the wrong order, nothing passes for 100 ms every
five seconds, and for 30 s now and then; time is simulated, session and tracks are the product's.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stream_engine.types import TICKS_PER_SECOND
from tests.e2e.analysis import lag
from tests.fakes.simulated_call import F64, STEP_S, Network, SimulatedCall, bursts

EARLY_MS, LATE_MS = -45.0, 100.0
"""Bounds of the skew: voice before the lips, voice after them."""

REACH = round(0.9 / STEP_S)
FIRST_STARVED_S, STARVED_EVERY_S, STARVED_S = 90.0, 1200.0, 30.0
SETTLING_S = 5.0
"""Not counted: the beginning of the call."""

RTP = 65_000, (1 << 32) - 30 * TICKS_PER_SECOND
"""The sender's counters wrap around soon after the start."""


@dataclass(frozen=True)
class Condition:
    """What a call has to bear."""

    drift_ppm: float
    loss: float
    profile: str = "balanced"
    seed: int = 1


CONDITIONS = (
    Condition(200.0, 0.02),
    Condition(-200.0, 0.02),
    Condition(200.0, 0.05),
    Condition(-200.0, 0.05),
)


@dataclass(frozen=True)
class Outcome:
    """What came of it, ms.

    Attributes:
        content: Voice after lips, of each stretch of speech, by what is heard and seen.
        stamped: The same of each picture that left, by what session and track say it shows.
        latency: From the client's microphone to the picture, of each stretch of speech.
        motion_share: Motion frames made, of those the call is long.
        underrun_share: Share of the voice that had not come when it left.
        shed: Windows made more cheaply than wanted: the network is no strain on the engine.
        rebased: How often the sender's clock was believed to have been set anew.
        wall_s: How long it took to simulate.
    """

    content: F64
    stamped: F64
    latency: F64
    motion_share: float
    underrun_share: float
    rebased: int
    shed: int
    wall_s: float

    def within(self, skew: F64) -> float:
        """Share of the speech within the bounds."""
        return float(np.mean((skew >= EARLY_MS) & (skew <= LATE_MS)))


def starvations(seconds: float) -> tuple[tuple[float, float], ...]:
    """When nothing comes for half a minute."""
    begin = np.arange(FIRST_STARVED_S, seconds - STARVED_S - 30.0, STARVED_EVERY_S)
    return tuple((float(at), float(at) + STARVED_S) for at in begin)


def play(condition: Condition, minutes: float) -> Outcome:
    """Simulate one call."""
    began, seconds = time.perf_counter(), 60.0 * minutes
    call = SimulatedCall(condition.profile, condition.seed)
    loud, spans = bursts(seconds, condition.seed)
    starved = starvations(seconds)
    start_s = call.clock.now()
    network = Network(loss=condition.loss, starved=starved)
    said_s = call.speak(loud, network, condition.drift_ppm, RTP)
    call.time.run(start_s + seconds + 1.0)
    scale = (said_s[1] - said_s[0]) / STEP_S
    heard_of = [
        (start_s + a * scale, start_s + b * scale)
        for a, b in spans
        if a > SETTLING_S and not any(a < end + 1.0 and b > begin for begin, end in starved)
    ]
    content, latency = by_content(call, loud, said_s, heard_of)
    tally = call.session.tally
    return Outcome(
        content=content,
        stamped=by_stamp(call, start_s + SETTLING_S),
        latency=latency,
        motion_share=call.motion_frames / (25.0 * (seconds + 1.0)),
        underrun_share=tally.count("audio_underrun_samples_total") / (seconds * TICKS_PER_SECOND),
        rebased=int(tally.count("audio_rebased_total")),
        shed=int(call.house.tally.count("engine_windows_shed_total")),
        wall_s=time.perf_counter() - began,
    )


def by_content(
    call: SimulatedCall, loud: F64, said_s: F64, spans: Sequence[tuple[float, float]]
) -> tuple[F64, F64]:
    """Skew and latency of each stretch of speech, by correlation, ms."""
    heard = np.array(call.heard)
    seen = np.array(call.seen)
    grid = np.arange(call.seen[0][0], call.heard[-1][0], STEP_S)
    heard_s = (heard[:, :1] + STEP_S * np.arange(4)).reshape(-1)
    up, voice, jaw = (
        _held(grid, times, values)
        for times, values in (
            (said_s, loud),
            (heard_s, heard[:, 2:].reshape(-1)),
            (seen[:, 0], seen[:, 3]),
        )
    )
    found = []
    for begin_s, end_s in spans:
        first, last = (round((at - grid[0]) / STEP_S) for at in (begin_s - 0.2, end_s + 0.2))
        if last + REACH < len(grid):
            inside = slice(first, last + REACH)
            ear, eye = (lag(up[inside], curve[inside]).seconds for curve in (voice, jaw))
            found.append((ear - eye, eye))
    result = 1000.0 * np.array(found)
    return result[:, 0], result[:, 1]


def by_stamp(call: SimulatedCall, from_s: float) -> F64:
    """Skew of each picture by its timestamp against the voice's, ms."""
    heard, seen = np.array(call.heard)[:, :2], np.array(call.seen)
    seen = seen[(seen[:, 0] > from_s) & (seen[:, 2] >= heard[0, 1]) & (seen[:, 2] < heard[-1, 1])]
    left_s = np.interp(seen[:, 2], heard[:, 1], heard[:, 0])
    skew: F64 = 1000.0 * (left_s - seen[:, 0])
    return skew


def _held(grid: F64, times: F64, values: F64) -> F64:
    found: F64 = values[np.clip(np.searchsorted(times, grid, side="right") - 1, 0, len(times) - 1)]
    return found


def line(condition: Condition, outcome: Outcome) -> str:
    """A row of the table."""
    by = [f"{value:.0f}" for value in np.percentile(outcome.content, [0.5, 50, 99.5])]
    stamp = [f"{value:.0f}" for value in np.percentile(outcome.stamped, [0.5, 50, 99.5])]
    delay = [f"{value:.0f}" for value in np.percentile(outcome.latency, [50, 95, 99])]
    return (
        f"| {condition.drift_ppm:+.0f} | {100 * condition.loss:.0f} % | {len(outcome.content)} "
        f"| {' / '.join(by)} | {100 * outcome.within(outcome.content):.2f} % "
        f"| {' / '.join(stamp)} | {100 * outcome.within(outcome.stamped):.2f} % "
        f"| {' / '.join(delay)} | {100 * outcome.motion_share:.2f} % "
        f"| {100 * outcome.underrun_share:.2f} % | {outcome.rebased} | {outcome.wall_s:.0f} |"
    )


def main() -> None:
    """Play the conditions and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--minutes", type=float, default=120.0, help="of each call")
    parser.add_argument("--profile", default="balanced", help="latency profile")
    minutes, profile = (given := parser.parse_args()).minutes, given.profile
    print(  # noqa: T201
        "| drift, ppm | loss | stretches | skew p0.5 / p50 / p99.5, ms | within "
        "| by stamps, ms | within | latency p50 / p95 / p99, ms | motion | voice missing "
        "| tied anew | simulated in, s |\n" + "|---" * 12 + "|"
    )
    for condition in CONDITIONS:
        condition = Condition(condition.drift_ppm, condition.loss, profile, condition.seed)
        print(line(condition, play(condition, minutes)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
