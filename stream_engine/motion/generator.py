"""Features in, motion out, for one session."""

from collections.abc import Sequence

import numpy as np

from stream_engine.features.log_mel import MEL_HOP, MEL_WINDOW, MELS_PER_FRAME, log_mel
from stream_engine.motion.emotion import Manner
from stream_engine.motion.performance import Performance, seeds_of
from stream_engine.motion.slots import size_of
from stream_engine.types import F32, SAMPLES_PER_FRAME, MelFrames, MotionFrames


def silent_frame() -> F32:
    """Features of one motion frame of digital silence, float32 [4, F]."""
    return log_mel(np.zeros(SAMPLES_PER_FRAME + MEL_WINDOW - MEL_HOP, np.float32))


class MotionGenerator:
    """Windowed diffusion with overlap blending over one stream of features, then expression.

    Latency: ``hop + lookahead`` frames of the profile.
    State: a batch of one, and less than a hop of features, whatever the stream's length.
    Thread: the one that owns the model's runners.
    Buffers: results are the caller's.

    Args:
        performance: The model's hop, its noise, expression.
        seed: Of noise and idle life, below 2**64.
        manner: What to begin with.
    """

    def __init__(
        self, performance: Performance, seed: int = 0, manner: Manner | None = None
    ) -> None:
        self._performance = performance
        self._seed = seeds_of(seed)
        self._manner = (manner or Manner()).row()[None]
        self.reset()

    @property
    def latency(self) -> int:
        """Algorithmic latency in ticks."""
        return self._performance.profile.latency

    @property
    def state_bytes(self) -> int:
        """Memory held between calls."""
        return size_of(self._state) + sum(block.nbytes for block in self._waiting)

    def reset(self) -> None:
        """Forget everything, as if just made; the manner stays what it was last set to."""
        self._state = self._performance.initial_state(self._seed, self._manner)
        self._waiting: list[F32] = []
        self._frames_in = 0

    def express(self, manner: Manner) -> None:
        """Change emotion and style; the face goes there smoothly from the next hop on."""
        self._manner = manner.row()[None]

    def feed(self, value: MelFrames) -> Sequence[MotionFrames]:
        """Take features of whole motion frames, return the frames that became final.

        Args:
            value: A multiple of four steps, following on from the last.

        Returns:
            At most one run of frames per hop.
        """
        blocks = value.values.reshape(-1, MELS_PER_FRAME, value.values.shape[-1])
        self._frames_in += len(blocks)
        return [frames for block in blocks for frames in self._take(block)]

    def finish(self) -> Sequence[MotionFrames]:
        """Fill the lookahead with silence and return the frames still held back.

        Returns:
            Runs up to the last frame that had speech.
        """
        final: list[MotionFrames] = []
        while int(self._state.motion.frame[0]) < self._frames_in:
            final.extend(self._take(silent_frame()))
        return final

    def _take(self, block: F32) -> Sequence[MotionFrames]:
        """One more frame of features; what its hop made final, if that is complete."""
        self._waiting.append(block)
        if len(self._waiting) < self._performance.profile.hop_frames:
            return ()
        first = int(self._state.motion.frame[0])
        mel = np.concatenate(self._waiting)[None]
        self._waiting = []
        frames, self._state = self._performance.step(self._state, mel, self._manner)
        # Frames before 0 mean nothing, frames past the end of the speech were never asked for.
        begin, end = max(first, 0), min(first + frames.shape[1], self._frames_in)
        return (MotionFrames(begin, frames[0, begin - first : end - first]),) if end > begin else ()
