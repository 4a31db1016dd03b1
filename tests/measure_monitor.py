"""What watching a face costs beside what moving it costs, in turn, on one core.

    python -m tests.measure_monitor [--seconds 20]

Processor time for a second of one session, medians over rounds: the engine's windows with
everything in them (features, model, blend, expression), and the watcher's hops with everything in
them (resampling, features, ears, evidence, judgement).
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from stream_engine.assemble import Assembly
from stream_engine.assemble_monitor import open_scorer
from stream_engine.config import EngineConfig
from stream_engine.cores import shared_cores
from stream_engine.monitor.sync_score import HOP_FRAMES
from stream_engine.motion.emotion import Manner
from stream_engine.types import F32, MOTION_FPS, SAMPLES_PER_FRAME, TICKS_PER_FRAME
from tests.fakes.watched_call import sample_call, speech

BATCHES = (1, 8, 32)


def timed(work: Callable[[], object]) -> float:
    """Processor time, seconds."""
    began = time.process_time()
    work()
    return time.process_time() - began


def engine(batch: int) -> Callable[[], object]:
    """One window of ``balanced`` for so many sessions."""
    slots = Assembly(EngineConfig()).motion_slots("balanced", batch)
    for row in range(batch):
        slots.begin(row, Manner())
    sound = speech(20.0)[::3]
    rows, at = np.arange(batch), [0]

    def window() -> F32:
        begin = at[0] * SAMPLES_PER_FRAME % (len(sound) - SAMPLES_PER_FRAME)
        at[0] += 1
        samples = np.tile(sound[begin : begin + SAMPLES_PER_FRAME], (batch, 1))
        return slots.advance(rows, samples)

    return window


def watcher(batch: int) -> tuple[Callable[[], object], int]:
    """One hop of the watcher for so many faces; memory of one."""
    scorer = open_scorer(batch)
    scorer.begin(np.arange(batch))
    motion, _ = sample_call()
    sound, rows, at = speech(20.0), np.arange(batch), [0]

    def hop() -> object:
        frame = at[0] * HOP_FRAMES % (len(motion) - HOP_FRAMES)
        at[0] += 1
        face = np.tile(motion[frame : frame + HOP_FRAMES], (batch, 1, 1))
        begin = frame * TICKS_PER_FRAME
        voice = np.tile(sound[begin : begin + HOP_FRAMES * TICKS_PER_FRAME], (batch, 1))
        return scorer.advance(rows, face, voice)

    return hop, scorer.slot_bytes


@shared_cores()
def main() -> None:
    """Measure both in turn, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of speech, each")
    options = parser.parse_args()
    rounds = int(options.seconds * MOTION_FPS / HOP_FRAMES)
    print("| sessions | motion, ms a session-second | watching | share |\n|---|---|---|---|")
    for batch in BATCHES:
        window, (hop, kept) = engine(batch), watcher(batch)
        spent: list[tuple[float, float]] = []
        for _ in range(rounds):
            moving = sum(timed(window) for _ in range(HOP_FRAMES))
            spent.append((moving, timed(hop)))
        per_second = 1000.0 * MOTION_FPS / HOP_FRAMES / batch
        parts = zip(*spent, strict=True)
        moving, watching = (float(np.median(part)) * per_second for part in parts)
        print(f"| {batch} | {moving:.1f} | {watching:.2f} | {watching / moving:.1%} |")
    print(f"\nmemory of a watched face: {kept / 1000:.0f} kB in the scorer")


if __name__ == "__main__":
    main()
