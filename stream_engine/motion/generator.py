"""Features in, motion out, for one session."""

from collections.abc import Sequence

import numpy as np

from stream_engine.features.log_mel import MEL_HOP, MEL_WINDOW, MELS_PER_FRAME, log_mel
from stream_engine.motion.emotion import Manner
from stream_engine.motion.expression import SessionExpression
from stream_engine.motion.hop import MotionHop
from stream_engine.protocols import NoiseSource
from stream_engine.types import F32, SAMPLES_PER_FRAME, MelFrames, MotionFrames


def silent_frame() -> F32:
    """Features of one motion frame of digital silence, float32 [4, F]."""
    return log_mel(np.zeros(SAMPLES_PER_FRAME + MEL_WINDOW - MEL_HOP, np.float32))


class MotionGenerator:
    """Windowed diffusion with overlap blending over one stream of features, then expression.

    Latency: ``hop + lookahead`` frames of the profile.
    State: a slot of motion, one of expression, and less than a hop of features, whatever the
        stream's length.
    Thread: the one that owns the runners behind ``hop``.
    Buffers: results are the caller's.

    Args:
        hop: The model's hop.
        noise: Its start noise.
        expression: Emotion and idle life; without it the motion is the model's own.
    """

    def __init__(
        self, hop: MotionHop, noise: NoiseSource, expression: SessionExpression | None = None
    ) -> None:
        self._hop = hop
        self._noise = noise
        self._expression = expression
        self.reset()

    @property
    def latency(self) -> int:
        """Algorithmic latency in ticks."""
        return self._hop.profile.latency

    @property
    def state_bytes(self) -> int:
        """Memory held between calls."""
        waiting = sum(block.nbytes for block in self._waiting)
        expression = self._expression.state_bytes if self._expression else 0
        return self._state.size_bytes + expression + waiting

    def reset(self) -> None:
        """Forget everything, as if just made; the manner stays what it was last set to."""
        self._state = self._hop.initial_state()
        if self._expression:
            self._expression.reset()
        self._waiting: list[F32] = []
        self._frames_in = 0

    def express(self, manner: Manner) -> None:
        """Change emotion and style; the face goes there smoothly from the next hop on."""
        if self._expression:
            self._expression.express(manner)

    def feed(self, value: MelFrames) -> Sequence[MotionFrames]:
        """Take features of whole motion frames, return the frames that became final.

        Args:
            value: A multiple of four steps, following on from the last.

        Returns:
            At most one run of frames per hop.
        """
        blocks = value.values.reshape(-1, MELS_PER_FRAME, value.values.shape[-1])
        self._frames_in += len(blocks)
        final = []
        for block in blocks:
            self._waiting.append(block)
            if len(self._waiting) == self._hop.profile.hop_frames:
                final.append(self._advance())
        return [frames for frames in final if len(frames.coefficients)]

    def finish(self) -> Sequence[MotionFrames]:
        """Fill the lookahead with silence and return the frames still held back.

        Returns:
            Runs up to the last frame that had speech.
        """
        final = []
        while int(self._state.frame[0]) < self._frames_in:
            self._waiting.append(silent_frame())
            if len(self._waiting) == self._hop.profile.hop_frames:
                final.append(self._advance())
        return [frames for frames in final if len(frames.coefficients)]

    def _advance(self) -> MotionFrames:
        first = int(self._state.frame[0])
        mel = np.concatenate(self._waiting)[None]
        self._waiting = []
        noise = self._noise.frames(
            first + self._hop.profile.lookahead_frames, self._hop.profile.window_frames
        )
        frames, self._state = self._hop.step(self._state, mel, noise[None])
        if self._expression:
            frames = self._expression.apply(frames, mel)
        # Frames before 0 mean nothing, frames past the end of the speech were never asked for.
        begin, end = max(first, 0), min(first + frames.shape[1], self._frames_in)
        return MotionFrames(begin, frames[0, begin - first : max(end - first, begin - first)])
