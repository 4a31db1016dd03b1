"""What one hop of motion costs, by batch size, as percentiles; on a CPU, on one core.

    python -m trt_build.bench --profile balanced --steps 2 --batch 1 8
    python -m trt_build.bench --backend tensorrt --engines engines --batch 1 64 256

Warm calls only; recorded speech features are not needed, since the cost does not depend on them.
"""

import argparse
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream_engine.assemble import MODEL_FOLDER
from stream_engine.config import AUTO, BACKENDS, INT8, PRECISIONS, SHIPPED_STEPS, MotionConfig
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.window import PROFILES, profile_named
from stream_engine.runtime.backends import choose_backend

_WARM_UP = 20
_MILLISECONDS = 1000.0


@dataclass(frozen=True, slots=True)
class HopTimes:
    """Times of many hops of one batch size, in ms.

    Attributes:
        batch: Sessions in the batch.
        p50: Median wall time.
        p95: 95th percentile.
        p99: 99th percentile.
        cpu: Mean processor time.
    """

    batch: int
    p50: float
    p95: float
    p99: float
    cpu: float


def time_hops(hop: MotionHop, batch: int, hops: int) -> HopTimes:
    """Run ``hops`` warm hops of a batch of sessions.

    Args:
        hop: Model and profile.
        batch: Sessions.
        hops: How many to time.

    Returns:
        Percentiles.
    """
    random, state = np.random.default_rng(0), hop.initial_state(batch)
    mel_shape = (batch, 4 * hop.profile.hop_frames, hop.mel_bands)
    noise_shape = (batch, hop.profile.window_frames, hop.coefficients)
    mel = random.standard_normal(mel_shape).astype(np.float32)
    noise = random.standard_normal(noise_shape).astype(np.float32)
    for _ in range(_WARM_UP):
        _, state = hop.step(state, mel, noise)
    walls, spent = [], time.process_time()
    for _ in range(hops):
        began = time.perf_counter()
        _, state = hop.step(state, mel, noise)
        walls.append(time.perf_counter() - began)
    cpu = (time.process_time() - spent) / hops * _MILLISECONDS
    p50, p95, p99 = (float(p) * _MILLISECONDS for p in np.percentile(walls, (50, 95, 99)))
    return HopTimes(batch, p50, p95, p99, cpu)


def main() -> None:
    """Print one line per batch size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="balanced")
    parser.add_argument("--steps", type=int, choices=(1, 2, 4), default=SHIPPED_STEPS)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--hops", type=int, default=400)
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--backend", choices=BACKENDS, default=AUTO)
    parser.add_argument("--engines", default="", help="folder of elocute build")
    parser.add_argument(
        "--precision",
        choices=(AUTO, *PRECISIONS, INT8),
        default=AUTO,
        help="as motion.precision of the settings",
    )
    options = parser.parse_args()
    chosen = {name: getattr(options, name) for name in ("backend", "engines", "precision")}
    backend = choose_backend(MotionConfig(**chosen), options.model)
    if "onnx" in backend.name and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    profile = profile_named(options.profile)
    models = backend.open(profile, [options.steps])
    hop = MotionHop(models.encoder, models.samplers[0], profile)
    print(f"profile {options.profile}, {options.steps} steps, {backend.name}")
    print("batch   p50 ms   p95 ms   p99 ms   cpu ms   state kB a session")
    for batch in options.batch:
        times = time_hops(hop, batch, options.hops)
        kilobytes = hop.initial_state().size_bytes / 1000
        figures = (times.p50, times.p95, times.p99, times.cpu)
        print(f"{batch:5d} " + " ".join(f"{f:8.2f}" for f in figures) + f" {kilobytes:8.0f}")


if __name__ == "__main__":
    main()
