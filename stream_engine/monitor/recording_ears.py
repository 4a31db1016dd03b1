"""Both ears of the monitor on a whole recording: what they heard, compared at each lag."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import ShapeError
from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.monitor.streaming_ears import STEPS_PER_FRAME, StreamingEars
from stream_engine.monitor.sync_evidence import (
    LAGS,
    MOST_LAG_STEPS,
    STEPS_PER_SECOND,
    Saying,
    evidence,
    spoken,
)
from stream_engine.types import F32

_CALL_FRAMES = 100


@dataclass(frozen=True, slots=True)
class HeardRecording:
    """What both ears heard, in 20 ms steps.

    Attributes:
        said: Likeliest unit of the voice, int64 [U].
        seen: Likeliest unit of the face, int64 [U].
        speech: How likely somebody speaks, float32 [U].
        weights: Speech of what is compared at each lag; 0 before the beginning. float32 [U, L].
        nats: Evidence, float32 [U, L].
    """

    said: NDArray[np.int64]
    seen: NDArray[np.int64]
    speech: F32
    weights: F32
    nats: F32

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.speech) / STEPS_PER_SECOND


def hear_recording(ears: StreamingEars, motion: F32, mel: F32) -> HeardRecording:
    """Let both ears hear all of a recording.

    Args:
        ears: Of the monitor.
        motion: Coefficients at 25 fps, float32 [T, D].
        mel: Log-mel of the same time, float32 [4 T, F].

    Returns:
        What was heard, all T frames of it.

    Raises:
        ShapeError: If the two do not cover the same time, there is nothing, or a value is not
            finite.
    """
    fits = len(motion) > 0 and len(mel) == MELS_PER_FRAME * len(motion)
    if not fits or not (np.isfinite(motion).all() and np.isfinite(mel).all()):
        raise ShapeError(
            "motion and voice cannot be compared",
            got=f"{len(motion)} frames, {len(mel)} steps of features",
            expected=f"at least one frame, {MELS_PER_FRAME} steps each, all finite",
        )
    # The ears speak late: what they hear after the end lets them finish.
    motion = np.concatenate([motion, np.repeat(motion[-1:], ears.delay, axis=0)])
    mel = np.concatenate([mel, np.repeat(mel[-1:], MELS_PER_FRAME * ears.delay, axis=0)])
    state, faces, voices = ears.initial_state(1), [], []
    for at in range(0, len(motion), _CALL_FRAMES):
        frames, steps = (slice(at * k, (at + _CALL_FRAMES) * k) for k in (1, MELS_PER_FRAME))
        face, voice, state = ears.hear(state, motion[None, frames], mel[None, steps])
        faces.append(face)
        voices.append(voice)
    skip = STEPS_PER_FRAME * ears.delay
    return _compared(_joined(faces, skip), _joined(voices, skip))


def _joined(parts: list[Saying], skip: int) -> Saying:
    units, mel, speech = (
        np.concatenate([getattr(part, name) for part in parts], axis=1)[:, skip:]
        for name in ("units", "mel", "speech")
    )
    return Saying(units, mel, speech)


def _compared(face: Saying, voice: Saying) -> HeardRecording:
    """Evidence piece by piece, so that memory does not grow with the square of the length."""
    padded = [_after_nothing(part) for part in (face, voice)]
    weights, nats = [], []
    count, piece = face.speech.shape[1], STEPS_PER_FRAME * _CALL_FRAMES
    for at in range(0, count, piece):
        one, other = (_cut(part, at, at + piece + MOST_LAG_STEPS) for part in padded)
        weights.append(spoken(other)[0])
        nats.append(evidence(one, other)[0])
    weight, nat = np.concatenate(weights), np.concatenate(nats)
    begun = np.arange(count)[:, None] >= np.abs(LAGS)  # before the beginning nothing is compared
    return HeardRecording(
        said=voice.units[0].argmax(axis=-1),
        seen=face.units[0].argmax(axis=-1),
        speech=voice.speech[0],
        weights=np.where(begun, weight, np.float32(0.0)),
        nats=nat,
    )


def _after_nothing(said: Saying) -> Saying:
    def padded(values: F32) -> F32:
        room = [(0, 0), (MOST_LAG_STEPS, 0), *[(0, 0)] * (values.ndim - 2)]
        return np.pad(values, room)

    return Saying(padded(said.units), padded(said.mel), padded(said.speech))


def _cut(said: Saying, start: int, end: int) -> Saying:
    return Saying(said.units[:, start:end], said.mel[:, start:end], said.speech[:, start:end])
