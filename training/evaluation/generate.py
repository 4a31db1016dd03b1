"""Motion for a set of clips, made by the engine's own hop: what is scored is what is served."""

from collections.abc import Sequence

import numpy as np

from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.motion.emotion import Manner
from stream_engine.motion.generator import silent_frame
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.performance import Performance, seeds_of
from stream_engine.types import F32

_SEED_STRIDE = 1000


def generate(
    hop: MotionHop,
    mel: F32,
    seeds: Sequence[int],
    numbers: Sequence[int] | None = None,
    spread: F32 | None = None,
) -> F32:
    """Run the engine's hop over a batch of clips, several samples of each.

    Args:
        hop: The model and profile.
        mel: Features of M clips, float32 [M, 4 T, F].
        seeds: One sample per seed.
        numbers: Number of each clip in its set, so that its noise does not depend on the batch it
            is in; counted from 0 by default.
        spread: Spread of each coefficient's start noise, float32 [D]; 1 by default.

    Returns:
        Motion float32 [S, M, T, D].
    """
    profile, clips = hop.profile, len(mel)
    numbers = range(clips) if numbers is None else numbers
    frames = mel.shape[1] // MELS_PER_FRAME
    tail = np.tile(silent_frame(), (profile.window_frames, 1))
    run = np.concatenate([mel, np.broadcast_to(tail, (clips, *tail.shape))], axis=1)
    noise = seeds_of(*(_SEED_STRIDE * seed + number for seed in seeds for number in numbers))
    manner = np.tile(Manner().row(), (len(noise), 1))
    performance = Performance(hop, spread=spread)
    state, emitted = performance.initial_state(noise, manner), []
    step = MELS_PER_FRAME * profile.hop_frames
    for start in range(0, run.shape[1] - step + 1, step):
        heard = np.tile(run[:, start : start + step], (len(seeds), 1, 1)).astype(np.float32)
        final, state = performance.step(state, heard, manner)
        emitted.append(final)
    motion = np.concatenate(emitted, axis=1)[:, profile.lookahead_frames :][:, :frames]
    return motion.reshape(len(seeds), clips, frames, -1)
