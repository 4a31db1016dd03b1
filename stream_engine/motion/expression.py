"""The last stage of motion: emotion, style and idle life on what the model made.

::

    model's frame ─► style ─► mouth shut in silence ─► emotion ─► lip gap put back ─► idle life

The model's own frames stay its context; what is added here never comes back to it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import ShapeError
from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.motion.arkit import (
    ARKIT_COUNT,
    COEFFICIENT_COUNT,
    COEFFICIENT_NAMES,
    INDEX,
    MOUTH_NAMES,
)
from stream_engine.motion.emotion import HEARD, OPENING_MM, ROW_SIZE, action_table
from stream_engine.motion.gaze import LOOKS_LEFT, LOOKS_RIGHT
from stream_engine.motion.idle import (
    HEAD,
    LIDS,
    IdleState,
    Moments,
    animate,
    idle_state,
    live,
    moments,
    own_lids,
    sway,
)
from stream_engine.motion.passing import PassingState, passing_state, show
from stream_engine.motion.quiet import (
    DIGITAL_SILENCE_DB,
    QuietState,
    listen,
    loudness,
    quiet_state,
    smoothstep,
)
from stream_engine.motion.window import LatencyProfile
from stream_engine.types import F32

_UPPER = ("brow", "nose", "cheekSquint", "head")
_OPENERS = ("jawOpen", "mouthUpperUp", "mouthLowerDown", "mouthFunnel")
_SEALERS = ("mouthPress", "mouthRoll", "mouthShrug")
_CORNERS = ("mouthSmile", "mouthFrown", "mouthDimple", "mouthStretch", "jawForward")

_FUNNEL, _PUCKER = INDEX["mouthFunnel"], INDEX["mouthPucker"]
_JAW_OPEN, _MOUTH_CLOSE = INDEX["jawOpen"], INDEX["mouthClose"]

_GAP_BEGIN_MM, _GAP_RANGE_MM = 0.8, 3.2
_TALKING_CORNERS, _ROUND_CORNERS = 0.35, 0.6


def _columns(*prefixes: str) -> F32:
    chosen = [name.startswith(prefixes) for name in COEFFICIENT_NAMES]
    return np.array(chosen, np.float32)


@dataclass(frozen=True, slots=True)
class ExpressionState:
    """What the stage remembers of B sessions; its size never changes.

    Attributes:
        frame: Next frame, int64 [B]; below 0 while the lookahead fills.
        manner: Emotions and style as shown now.
        level: Loudness of the frames still to come, dB, float32 [B, L].
        quiet: What is remembered of the voice.
        idle: What idle life remembers.
    """

    frame: NDArray[np.int64]
    manner: PassingState
    level: F32
    quiet: QuietState
    idle: IdleState


class Expression:
    """Layers emotion, style and idle life on final frames, for a batch of sessions.

    The lip gap of the result is the gap of what it was given, scaled by style and shut in
    silence: what an emotion does to it on its way is taken back with the jaw.

    Latency: none beyond the model's; it uses the same lookahead.
    State: none here; `ExpressionState` in, `ExpressionState` out.
    Thread: any.
    Buffers: results are the caller's.

    Args:
        profile: Hop and lookahead.
    """

    def __init__(self, profile: LatencyProfile) -> None:
        self._profile = profile
        self._actions = action_table()
        self._mouth = _columns(*MOUTH_NAMES)
        self._style = self._mouth + 0.5 * _columns(*_UPPER)
        self._openers = _columns(*_OPENERS)
        self._free = 1.0 - self._openers  # share of a shape while the lips are closed
        self._opened = self._openers - _columns(*_SEALERS)  # and what open lips change of it
        self._corners, self._wide = _columns(*_CORNERS), _columns("eyeWide")
        self._weights = (np.arange(COEFFICIENT_COUNT) < ARKIT_COUNT).astype(np.float32)
        self._opening = np.zeros(COEFFICIENT_COUNT, np.float32)  # mm
        for name, opening in OPENING_MM.items():
            self._opening += opening * _columns(name)

    def initial_state(self, seeds: NDArray[np.uint64], manner: F32) -> ExpressionState:
        """State of sessions that have not begun.

        Args:
            seeds: Of idle life, uint64 [B].
            manner: What they begin with, float32 [B, ROW_SIZE]; what passes does not begin.

        Returns:
            The state, ``lookahead`` frames before frame 0.
        """
        lookahead = self._profile.lookahead_frames
        return ExpressionState(
            frame=np.full(len(seeds), -lookahead, np.int64),
            manner=passing_state(manner),
            level=np.full((len(seeds), lookahead), DIGITAL_SILENCE_DB, np.float32),
            quiet=quiet_state(len(seeds)),
            idle=idle_state(seeds),
        )

    def step(
        self, state: ExpressionState, frames: F32, mel: F32, manner: F32
    ) -> tuple[F32, ExpressionState]:
        """Express the final frames of one window of every session.

        Args:
            state: B sessions.
            frames: Final frames, float32 [B, E, D].
            mel: The newest features, those that made them final, float32 [B, 4 H, F].
            manner: What is wanted now, float32 [B, ROW_SIZE].

        Returns:
            Frames float32 [B, E, D], and the next state.

        Raises:
            ShapeError: If an argument does not fit the state and profile.
        """
        self._check(state, frames, mel, manner)
        level = np.concatenate([state.level, loudness(mel)], axis=1)
        hop = frames.shape[1]
        ahead, heard = level.shape[1] - hop, level[:, hop:]
        steps = []
        for index in range(hop):  # only what depends on the frame before
            passing = show(state.manner, manner)
            quiet = listen(state.quiet, level[:, index : index + ahead + 1])
            idle = live(state.idle, state.frame, frames[:, index], quiet.rest, manner[:, HEARD])
            state = ExpressionState(state.frame + 1, passing, heard, quiet, idle)
            steps.append(state)
        now = moments([step.quiet for step in steps], [step.idle for step in steps])
        flat = frames.reshape(-1, COEFFICIENT_COUNT).copy()
        flat[:, HEAD] = now.head
        own_lids(flat)
        # What the model's eyes do is in the gaze; what remains is what an emotion does to them.
        flat[:, LOOKS_LEFT], flat[:, LOOKS_RIGHT] = 0.0, 0.0
        shown = np.stack([step.manner.at for step in steps], axis=1).reshape(len(flat), -1)
        face = self._express(flat, shown, now)
        animate(face, now, sway(state.idle, state.frame - hop, hop).reshape(len(flat), -1))
        _clip(face)
        return face.reshape(frames.shape), state

    def _express(self, frames: F32, manner: F32, at: Moments) -> F32:
        """Style, silence and emotion of frames [N, D] in manners [N, 8]: a new array."""
        shut = smoothstep(at.closing)[:, None]
        styled = frames * (1.0 + self._style * (manner[:, -1:] - 1.0))
        base: F32 = styled * (1.0 - self._mouth * shut)
        _clip(base)
        strength = np.minimum(np.maximum(manner[:, 1:-1], 0.0), 1.0)
        if not np.count_nonzero(strength):
            return base
        gap = self._gap(base)
        opened = smoothstep((gap - _GAP_BEGIN_MM) / _GAP_RANGE_MM)[:, None]
        full = (strength[:, :, None] * self._actions[1:]).sum(axis=1)
        added = full * self._shares(base, opened, at)
        face: F32 = base + added - self._weights * added * base
        # What it did to the gap, but for the openers' own part, with the other sign.
        back = self._gap(added * (self._openers - 1.0 + self._weights * base))
        jaw = back / OPENING_MM["jawOpen"]
        # Closed lips that a smile presses together are parted half as far: parting them wholly
        # in the middle would show teeth at the sides.
        return _put_back(face, np.where(jaw > 0.0, jaw * (0.5 + 0.5 * opened[:, 0]), jaw))

    def _shares(self, base: F32, opened: F32, at: Moments) -> F32:
        """How much of an emotion's shapes a speaking mouth and a blinking eye leave room for."""
        rounded = np.maximum(base[:, _FUNNEL], base[:, _PUCKER])
        corners = (1.0 - _TALKING_CORNERS * (1.0 - at.rest)) * (1.0 - _ROUND_CORNERS * rounded)
        lids = base[:, LIDS].max(axis=1)[:, None]
        shares: F32 = (
            self._free
            + self._opened * opened
            - self._corners * (1.0 - corners[:, None])
            - self._wide * lids
        )
        return shares

    def _gap(self, frame: F32) -> F32:
        gap: F32 = (frame * self._opening).sum(axis=1)
        return gap

    def _check(self, state: ExpressionState, frames: F32, mel: F32, manner: F32) -> None:
        batch, window = state.level.shape[0], self._profile.window_frames
        fresh, hop = window - state.level.shape[1], min(frames.shape[1], window)
        wanted = ((batch, hop, COEFFICIENT_COUNT), (batch, MELS_PER_FRAME * fresh))
        got = (frames.shape, mel.shape[:2])
        if got != wanted or manner.shape != (batch, ROW_SIZE):
            raise ShapeError(
                f"expression of profile {self._profile.name} does not fit",
                got=f"frames {got[0]}, features {got[1]}, manner {manner.shape}",
                expected=f"frames {wanted[0]}, features {wanted[1]}, manner {(batch, ROW_SIZE)}",
            )


def _put_back(face: F32, jaw: F32) -> F32:
    """Open the jaw by so much; close it, or the lips over it, if it is below 0."""
    opened = face[:, _JAW_OPEN] + jaw
    face[:, _JAW_OPEN] = np.maximum(opened, 0.0)
    face[:, _MOUTH_CLOSE] += np.maximum(-opened, 0.0)
    return face


def _clip(face: F32) -> None:
    weights = face[:, :ARKIT_COUNT]
    np.maximum(weights, 0.0, out=weights)
    np.minimum(weights, 1.0, out=weights)
