"""How much what a face says speaks for what its voice says, at each lag.

At step s and lag l the face and voice that are compared lie l steps apart, the later of the two
being the newest there is; a positive lag is a mouth that is late. Evidence is in nats: what the
face makes more likely of the units that are said than they are anyway, and how near the mel it
draws is to the voice's::

    e[s, l] = sum_k q[k] log(p[k] / prior[k]) + g (d - |face mel - voice mel|)

    p and face mel of step s - max(-l, 0), q and voice mel of step s - max(l, 0)

with p from the face, q from the voice; d is the distance of mels that have nothing to do with each
other, so both parts are 0 on average where nothing fits.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import ShapeError
from stream_engine.types import F32

STEP_MS = 20
STEPS_PER_SECOND = 1000 // STEP_MS

MOST_LAG_STEPS = 20
"""Lags tried: -400 to +400 ms."""

LAGS = np.arange(-MOST_LAG_STEPS, MOST_LAG_STEPS + 1)
"""In steps, the first half a mouth that is early."""

MEL_GAIN, MEL_DISTANCE = 1.0, 0.95
"""g and d above, from the calibration (`training.sync.calibrate`)."""

LEAST_PRIOR = 1e-4
"""No unit is rarer."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What is said in consecutive 20 ms steps of B streams, by a face or by a voice.

    Attributes:
        units: Of a face log(p / prior), of a voice probabilities; float32 [B, U, K].
        mel: Coarse mel in spreads of its voice, float32 [B, U, C].
        speech: How likely somebody speaks, float32 [B, U]; of a face not used.
    """

    units: F32
    mel: F32
    speech: F32


def log_softmax(logits: F32) -> F32:
    """Over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    normed: F32 = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return normed


def over_prior(logits: F32, prior: F32) -> F32:
    """What a face says of each unit, over how common it is: log(p / prior).

    Args:
        logits: float32 [..., K].
        prior: How common each is where somebody speaks, float32 [K].

    Returns:
        float32 [..., K].
    """
    said: F32 = log_softmax(logits) - np.log(np.maximum(prior, LEAST_PRIOR))
    return said


def evidence(face: Saying, voice: Saying) -> F32:
    """Evidence of every new step at every lag.

    Args:
        face: U new steps, after `MOST_LAG_STEPS` older ones.
        voice: The same steps.

    Returns:
        Nats, float32 [B, U, L]; L goes with `LAGS`.

    Raises:
        ShapeError: If the two do not cover the same time, or nothing is new.
    """
    if face.units.shape != voice.units.shape or face.units.shape[1] <= MOST_LAG_STEPS:
        raise ShapeError(
            "face and voice do not cover the same time",
            got=f"{face.units.shape} and {voice.units.shape}",
            expected=f"one shape, more than {MOST_LAG_STEPS} steps",
        )
    seen, heard = places(face.units.shape[1])
    names = face.units @ voice.units.transpose(0, 2, 1)  # [B, M + U, M + U]
    mel_nats = np.float32(MEL_GAIN) * (np.float32(MEL_DISTANCE) - _mels_apart(face.mel, voice.mel))
    total: F32 = names[:, seen, heard] + mel_nats
    return total


def _mels_apart(face: F32, voice: F32) -> F32:
    """Mean distance of the mels that are compared, float32 [B, U, L], from [B, M + U, C] each."""
    batch, steps, bands = face.shape
    new, share = steps - MOST_LAG_STEPS, np.full(bands, 1.0 / bands, np.float32)
    seen, heard = (  # U steps from each of the first M + 1 on, [B, M + 1, U, C]
        np.lib.stride_tricks.sliding_window_view(mel, new, axis=1).transpose(0, 1, 3, 2)
        for mel in (face, voice)
    )
    apart = np.empty((batch, len(LAGS), new, bands), np.float32)
    early, late = np.split(apart, [MOST_LAG_STEPS + 1], axis=1)
    np.subtract(seen, heard[:, MOST_LAG_STEPS:], out=early)
    np.subtract(seen[:, MOST_LAG_STEPS:], heard[:, MOST_LAG_STEPS - 1 :: -1], out=late)
    np.abs(apart, out=apart)
    away: F32 = (apart.reshape(batch, -1, bands) @ share).reshape(batch, len(LAGS), new)
    return away.transpose(0, 2, 1)


def spoken(voice: Saying) -> F32:
    """How likely somebody speaks in what is compared, float32 [B, U, L], as `evidence` has it."""
    said: F32 = voice.speech[:, places(voice.speech.shape[1])[1]]
    return said


def curve(weights: F32, nats: F32) -> tuple[F32, F32]:
    """Mean evidence at each lag, and of how many seconds of speech.

    Args:
        weights: From `spoken`, float32 [..., U, L].
        nats: From `evidence`, float32 [..., U, L].

    Returns:
        Nats a step, float32 [..., L], and seconds of speech at the lag that has least,
        float32 [...].
    """
    total = weights.sum(axis=-2)
    mean: F32 = (weights * nats).sum(axis=-2) / np.maximum(total, 1e-6)
    seconds: F32 = total.min(axis=-1) / STEPS_PER_SECOND
    return mean, seconds


def places(steps: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which step of the face and which of the voice are compared.

    Args:
        steps: M older and U new ones.

    Returns:
        Of the face and of the voice, intp [U, L] each.
    """
    new = np.arange(MOST_LAG_STEPS, steps)[:, None]
    return new - np.maximum(-LAGS, 0), new - np.maximum(LAGS, 0)
