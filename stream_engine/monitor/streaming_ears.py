"""Both ears of the monitor for a batch of live sessions, frame by frame.

::

    motion ─► face ear ─► log(p / prior) of the units, mel it draws ─┐
                                                                     ├─► `sync_evidence`
    log-mel ─► speech ear ─► units, is it speech ────────────────────┤
          └─► coarse mel in spreads of the voice, `delay` later ─────┘
"""

from dataclasses import dataclass

import numpy as np

from stream_engine.errors import ShapeError
from stream_engine.features.coarse_mel import coarse_mel
from stream_engine.monitor.sync_evidence import Saying, log_softmax, over_prior
from stream_engine.protocols import ModelRunner
from stream_engine.types import F32, RunnerSpec, TensorSpec

STEPS_PER_FRAME = 2

VOICE_MEMORY = 0.998
"""Kept of what is known of a voice, per step of speech: ten seconds."""

ASSUMED_STEPS = 50.0
"""Steps of speech that an average voice counts for at the start."""

_LEAST_SPREAD = 0.3


@dataclass(frozen=True, slots=True)
class EarsState:
    """What both ears remember of B sessions.

    Attributes:
        face: Past of the face ear's convolutions, float32 [B, P, W].
        voice: Past of the speech ear's, float32 [B, P, W].
        mel: Coarse mel that is still to be compared, float32 [B, 2 delay, C].
        sums: Weight, sum and sum of squares of the coarse mel of speech, float32 [B, 1 + 2 C].
    """

    face: F32
    voice: F32
    mel: F32
    sums: F32


@dataclass(frozen=True, slots=True)
class Hearing:
    """What stands beside the graphs.

    Attributes:
        delay: Frames between a frame and what is heard in it.
        past_frames: P of the convolutions.
        width: W of their tokens.
        prior: How common each unit is in speech, float32 [K].
        voice: Mean and spread of an average voice's coarse mel, float32 [2 C].
    """

    delay: int
    past_frames: int
    width: int
    prior: F32
    voice: F32


def face_ear_spec(coefficients: int, units: int, bands: int, past: tuple[int, int]) -> RunnerSpec:
    """Inputs and outputs of the compiled face ear; ``past`` is P and W."""
    state = TensorSpec("past", "float32", (-1, *past))
    return RunnerSpec(
        inputs=(TensorSpec("motion", "float32", (-1, -1, coefficients)), state),
        outputs=(
            TensorSpec("units", "float32", (-1, -1, units)),
            TensorSpec("mel", "float32", (-1, -1, bands)),
            TensorSpec("next_past", "float32", (-1, *past)),
        ),
    )


def speech_ear_spec(mel_bands: int, units: int, past: tuple[int, int]) -> RunnerSpec:
    """Inputs and outputs of the compiled speech ear; ``past`` is P and W."""
    state = TensorSpec("past", "float32", (-1, *past))
    return RunnerSpec(
        inputs=(TensorSpec("mel", "float32", (-1, -1, mel_bands)), state),
        outputs=(
            TensorSpec("units", "float32", (-1, -1, units)),
            TensorSpec("speech", "float32", (-1, -1, 1)),
            TensorSpec("next_past", "float32", (-1, *past)),
        ),
    )


class StreamingEars:
    """Hears faces and voices with two compiled models.

    Latency: ``delay`` frames.
    State: none here; `EarsState` in, `EarsState` out. What is heard of a session does not depend on
        the others in its batch, nor on how its frames are cut into calls.
    Thread: the one that owns the runners.

    Args:
        face: A model with the inputs and outputs of `face_ear_spec`.
        speech: One with those of `speech_ear_spec`.
        hearing: What stands beside them.
    """

    def __init__(self, face: ModelRunner, speech: ModelRunner, hearing: Hearing) -> None:
        self._face, self._speech, self._hearing = face, speech, hearing
        self.delay = hearing.delay
        self.units, self.bands = len(hearing.prior), len(hearing.voice) // 2

    def initial_state(self, batch: int) -> EarsState:
        """State of sessions that have not begun."""
        known = self._hearing
        mean, spread = np.split(known.voice, 2)
        sums = ASSUMED_STEPS * np.concatenate([np.ones(1), mean, mean**2 + spread**2])
        past = np.zeros((batch, known.past_frames, known.width), np.float32)
        return EarsState(
            face=past,
            voice=past.copy(),
            mel=np.zeros((batch, STEPS_PER_FRAME * known.delay, self.bands), np.float32),
            sums=np.tile(sums.astype(np.float32), (batch, 1)),
        )

    def hear(self, state: EarsState, motion: F32, mel: F32) -> tuple[Saying, Saying, EarsState]:
        """Hear the next frames of every session.

        Args:
            state: B sessions.
            motion: Coefficients, float32 [B, T, D].
            mel: Log-mel of the same time, float32 [B, 4 T, F].

        Returns:
            What the face and what the voice says in the 2 T steps that end ``delay`` frames
            before these, and the next state.

        Raises:
            ShapeError: If motion and mel do not cover the same time.
        """
        if motion.shape[:2] != (mel.shape[0], mel.shape[1] // 4) or mel.shape[1] % 4:
            raise ShapeError(
                "motion and mel do not cover the same time",
                got=f"{motion.shape[:2]} frames, {mel.shape[:2]} steps",
                expected="four steps a frame",
            )
        seen = self._face.run({"motion": motion, "past": state.face})
        heard = self._speech.run({"mel": mel, "past": state.voice})
        speech: F32 = (1.0 / (1.0 + np.exp(-heard["speech"][..., 0]))).astype(np.float32)
        waiting = np.concatenate([state.mel, coarse_mel(mel)], axis=1)
        steps = speech.shape[1]
        plain, sums = _in_spreads(waiting[:, :steps], speech, state.sums)
        face = Saying(over_prior(seen["units"], self._hearing.prior), seen["mel"], speech)
        voice = Saying(np.exp(log_softmax(heard["units"])), plain, speech)
        following = EarsState(seen["next_past"], heard["next_past"], waiting[:, steps:], sums)
        return face, voice, following

    def close(self) -> None:
        """Free the models."""
        self._face.close()
        self._speech.close()


def _in_spreads(mel: F32, speech: F32, sums: F32) -> tuple[F32, F32]:
    """Take the voice out, as far as it is known by each frame; learn it on the way.

    Args:
        mel: float32 [B, U, C].
        speech: float32 [B, U].
        sums: float32 [B, 1 + 2 C].

    Returns:
        float32 [B, U, C], and the sums.
    """
    batch, steps, bands = mel.shape
    frames = mel.reshape(batch, -1, STEPS_PER_FRAME, bands)
    weights = speech.reshape(batch, -1, STEPS_PER_FRAME, 1)
    terms = np.concatenate([np.ones_like(weights), frames, frames**2], axis=3)
    added, kept = (weights * terms).sum(axis=2), np.float32(VOICE_MEMORY) ** weights.sum(axis=2)
    known = np.empty_like(added)
    for at in range(steps // STEPS_PER_FRAME):
        sums = known[:, at] = sums * kept[:, at] + added[:, at]
    mean, square = np.split(known[..., 1:] / known[..., :1], 2, axis=2)
    spread = np.sqrt(np.maximum(square - mean**2, _LEAST_SPREAD**2))
    plain: F32 = (frames - mean[:, :, None]) / spread[:, :, None]
    return plain.reshape(mel.shape), sums
