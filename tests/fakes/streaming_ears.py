"""Two runners that obey the streaming ears' specs: a jaw says units, and so does loudness."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.monitor.streaming_ears import (
    Hearing,
    StreamingEars,
    face_ear_spec,
    speech_ear_spec,
)
from stream_engine.monitor.sync_score import Calibration
from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX
from stream_engine.protocols import Tensors
from stream_engine.runtime.spec import check_inputs
from stream_engine.types import F32

UNITS, BANDS, MEL_BANDS, DELAY, WIDTH = 10, 20, 80, 2, 1
JAW = INDEX["jawOpen"]

FAKE_CALIBRATION = Calibration(
    in_sync=(-6.0, 3.0, 3.0, 1.0), located=(-4.0, 2.0, 3.0, 1.0),
    slack=0.2, shifted=400.0, expected=10.0, wrong=400.0,
)  # fmt: skip
"""Of these ears, which are surer than any: a face that is right reaches 27 nats a step."""


def _logits(level: F32) -> F32:
    """The unit that a level 0..1 stands for, twice a frame, float32 [B, 2 T, K]."""
    near = -200.0 * (level[..., None] - np.arange(UNITS) / (UNITS - 1)) ** 2
    logits: F32 = near.repeat(2, axis=1).astype(np.float32)
    return logits


class JawEar:
    """Hears the jaw of ``DELAY`` frames ago."""

    backend = "jaw"

    def __init__(self) -> None:
        self.spec = face_ear_spec(COEFFICIENT_COUNT, UNITS, BANDS, (DELAY, WIDTH))
        self.closed = False

    def run(self, inputs: Tensors) -> dict[str, NDArray[Any]]:
        check_inputs(self.spec, inputs)
        run = np.concatenate([inputs["past"][..., 0], inputs["motion"][..., JAW]], axis=1)
        heard = run[:, : inputs["motion"].shape[1]]
        mel = np.zeros((len(heard), 2 * heard.shape[1], BANDS), np.float32)
        return {"units": _logits(heard), "mel": mel, "next_past": run[:, -DELAY:, None]}

    def close(self) -> None:
        self.closed = True


class LevelEar:
    """Hears the level of ``DELAY`` frames ago; who is louder than nothing speaks."""

    backend = "level"

    def __init__(self) -> None:
        self.spec = speech_ear_spec(MEL_BANDS, UNITS, (DELAY, WIDTH))
        self.closed = False

    def run(self, inputs: Tensors) -> dict[str, NDArray[Any]]:
        check_inputs(self.spec, inputs)
        mel = inputs["mel"]
        level = mel.reshape(len(mel), -1, 4 * MEL_BANDS).mean(axis=2)
        run = np.concatenate([inputs["past"][..., 0], level], axis=1)
        heard = run[:, : level.shape[1]]
        speech = np.where(heard > 0.01, 20.0, -20.0).repeat(2, axis=1)[..., None]
        units = _logits(heard)
        return {
            "units": units,
            "speech": speech.astype(np.float32),
            "next_past": run[:, -DELAY:, None],
        }

    def close(self) -> None:
        self.closed = True


def fake_ears() -> StreamingEars:
    """Both, every unit as common as the others."""
    prior = np.full(UNITS, 1.0 / UNITS, np.float32)
    voice = np.concatenate([np.zeros(BANDS), np.ones(BANDS)]).astype(np.float32)
    return StreamingEars(JawEar(), LevelEar(), Hearing(DELAY, DELAY, WIDTH, prior, voice))


def levels(frames: int, seed: int) -> F32:
    """A level 0.1..1 for each frame, steady for a few, float32 [T]."""
    rng = np.random.default_rng(seed)
    said = rng.integers(1, UNITS, frames // 3 + 1).repeat(3)[:frames] / (UNITS - 1)
    return said.astype(np.float32)


def mel_of(level: F32) -> F32:
    """Features that are as loud, float32 [..., 4 T, F]."""
    mel: F32 = np.repeat(level, 4, axis=-1)[..., None] * np.ones(MEL_BANDS, np.float32)
    return mel


def motion_of(level: F32) -> F32:
    """A jaw that is as open, float32 [..., T, D]."""
    motion = np.zeros((*level.shape, COEFFICIENT_COUNT), np.float32)
    motion[..., JAW] = level
    return motion
