"""Silence or speech, frame by frame, read off the features the model heard.

Decides when the mouth is to be shut and when the face may rest; pure and batched over sessions.
"""

from dataclasses import dataclass

import numpy as np

from stream_engine.features.log_mel import MEL_MEAN, MEL_SCALE, MELS_PER_FRAME
from stream_engine.types import F32, MOTION_FPS

DIGITAL_SILENCE_DB = -41.0
_FIRST_FLOOR_DB, _LEAST_FLOOR_DB, _LEAST_PEAK_DB = 0.0, -15.0, 10.0
_FLOOR_RISE_DB, _FLOOR_FALL, _PEAK_FALL_DB = 1.5 / MOTION_FPS, 0.3, 1.0 / MOTION_FPS
_ABOVE_FLOOR_DB, _BELOW_PEAK_DB = 5.0, 30.0

_CLOSE, _OPEN = np.float32(1 / 4), np.float32(-1 / 3)
_SETTLE, _ROUSE = np.float32(1 / (1.0 * MOTION_FPS)), np.float32(-1 / (0.4 * MOTION_FPS))


@dataclass(frozen=True, slots=True)
class QuietState:
    """What is remembered of the voices of B sessions.

    Attributes:
        floor: Loudness of the room, dB, float32 [B].
        peak: Loudness of the voice, dB, float32 [B].
        closing: 0 while speaking, 1 when the mouth is to be shut, float32 [B].
        rest: 0 while speaking, 1 a second later, float32 [B].
    """

    floor: F32
    peak: F32
    closing: F32
    rest: F32


def quiet_state(batch: int) -> QuietState:
    """State of ``batch`` sessions that have not begun: silent, at rest."""
    one = np.ones(batch, np.float32)
    return QuietState(
        floor=one * np.float32(_FIRST_FLOOR_DB),
        peak=one * np.float32(_LEAST_PEAK_DB),
        closing=one,
        rest=one,
    )


def loudness(mel: F32) -> F32:
    """Loudness of each motion frame, read off its features.

    Args:
        mel: Features, float32 [B, 4 T, F].

    Returns:
        dB, float32 [B, T]; 0 is about -54 dB of full scale, digital silence -41.
    """
    energy = np.exp(mel * MEL_SCALE + MEL_MEAN).sum(axis=2)
    total = energy.reshape(len(mel), -1, MELS_PER_FRAME).sum(axis=2)
    out: F32 = 10.0 * np.log10(total * (1.0 / MELS_PER_FRAME))
    return out


def listen(state: QuietState, level: F32) -> QuietState:
    """Decide whether one more frame is silent, and let mouth and face follow.

    A frame is silent if neither it nor any frame of the lookahead is louder than the room, or
    than 30 dB below the voice. So a stop between two sounds, which the lookahead bridges, shuts
    nothing; after the last sound the mouth has four frames to close.

    Args:
        state: Of B sessions.
        level: Loudness of the frame and its lookahead, dB, float32 [B, 1 + L].

    Returns:
        The state after this frame.
    """
    newest = level[:, -1]
    under = newest - state.floor
    drift = np.minimum(np.maximum(_FLOOR_FALL * under, under), _FLOOR_RISE_DB)
    floor = np.maximum(state.floor + drift, _LEAST_FLOOR_DB)
    peak = np.maximum(np.maximum(newest, state.peak - _PEAK_FALL_DB), _LEAST_PEAK_DB)
    threshold = np.maximum(floor + _ABOVE_FLOOR_DB, peak - _BELOW_PEAK_DB)
    voiced = (level > threshold[:, None]).any(axis=1)
    return QuietState(
        floor=floor,
        peak=peak,
        closing=_within(state.closing + np.where(voiced, _OPEN, _CLOSE)),
        rest=_within(state.rest + np.where(voiced, _ROUSE, _SETTLE)),
    )


def smoothstep(share: F32) -> F32:
    """Ease 0..1 in and out; what lies outside is clipped."""
    s = _within(share)
    eased: F32 = s * s * (3.0 - 2.0 * s)
    return eased


def _within(share: F32) -> F32:
    inside: F32 = np.minimum(np.maximum(share, 0.0), 1.0)  # several times as quick as clip
    return inside
