"""From features to the face that is shown, a window of a batch of sessions at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.motion.expression import Expression, ExpressionState
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.noise import U64, NoiseState, WindowNoise, noise_streams
from stream_engine.motion.state import MotionState
from stream_engine.telemetry.spans import span
from stream_engine.types import F32


@dataclass(frozen=True, slots=True)
class PerformanceState:
    """Everything the faces of B sessions depend on; its size never changes.

    Attributes:
        motion: Of the model.
        noise: Of the sampler's start noise.
        expression: Of emotion and idle life; None without them.
    """

    motion: MotionState
    noise: NoiseState
    expression: ExpressionState | None


class Performance:
    """Start noise, the model's hop, expression: a pure function of state, speech and manner.

    Latency: ``profile.latency``.
    State: none here; `PerformanceState` in, `PerformanceState` out. What a session gives does not
        depend on the others in its batch.
    Thread: the one that owns the model's runners.
    Buffers: results are the caller's.

    Args:
        hop: The model's hop.
        expression: Emotion and idle life; without it the motion is the model's own.
        shared: Numbers of the coefficients whose noise is the same for every seed.
        spread: Spread of each coefficient's noise, float32 [D].
    """

    def __init__(
        self,
        hop: MotionHop,
        expression: Expression | None = None,
        shared: Sequence[int] = (),
        spread: F32 | None = None,
    ) -> None:
        self.profile = hop.profile
        self._hop = hop
        self._expression = expression
        self._shared = shared
        self._noise = WindowNoise(hop.profile, spread)

    def initial_state(self, seeds: U64, manner: F32) -> PerformanceState:
        """State of sessions that have not begun.

        Args:
            seeds: One per session, uint64 [B].
            manner: What they begin with, rows of `Manner.row`, float32 [B, ROW_SIZE].

        Returns:
            The state, ``lookahead`` frames before frame 0.
        """
        streams = noise_streams(seeds, self._hop.coefficients, self._shared)
        expression = self._expression
        return PerformanceState(
            motion=self._hop.initial_state(len(seeds)),
            noise=self._noise.initial_state(streams),
            expression=expression.initial_state(seeds, manner) if expression else None,
        )

    def step(
        self, state: PerformanceState, mel: F32, manner: F32, final: int | None = None
    ) -> tuple[F32, PerformanceState]:
        """Advance every session by one window.

        Args:
            state: B sessions.
            mel: Features of as many frames as became final last time, float32 [B, 4 H, F].
            manner: What is wanted now, float32 [B, ROW_SIZE].
            final: Frames that become final; H by default. See `MotionHop.step`.

        Returns:
            Final frames float32 [B, final, D] from ``state.motion.frame`` on (those below 0 mean
            nothing), and the next state.

        Raises:
            ShapeError: If an argument does not fit the state and profile.
        """
        # Noise is counted from the first window, which begins a lookahead before frame 0.
        first = state.motion.frame + self.profile.lookahead_frames
        hop = mel.shape[1] // MELS_PER_FRAME if final is None else final
        with span("noise", size=len(first)):
            start, noise = self._noise.step(state.noise, first, hop)
        frames, motion = self._hop.step(state.motion, mel, start, hop)
        expression = state.expression
        if self._expression is not None and expression is not None:
            with span("expression", size=len(first)):
                frames, expression = self._expression.step(expression, frames, mel, manner)
        return frames, PerformanceState(motion, noise, expression)


def seeds_of(*seeds: int) -> U64:
    """Seeds as an array, uint64 [B]."""
    return np.array(seeds, np.uint64)
