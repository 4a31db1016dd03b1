"""Values that cross a border between stages; all frozen, all numpy.

Shape letters: B batch, T frames, N samples, F features, D motion coefficients, K blendshapes,
V vertices, H and W pixels. Media time is an ``int`` of 1/48,000 s ticks since session start.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

TICKS_PER_SECOND = 48_000
"""Media-time ticks in a second: 16 kHz audio and 24, 25, 30, 50, 60 frames/s divide it exactly."""

MODEL_RATE_HZ = 16_000
"""Sample rate the model hears."""

MOTION_FPS = 25
"""Motion frames in a second inside the engine."""

SAMPLES_PER_FRAME = MODEL_RATE_HZ // MOTION_FPS
TICKS_PER_FRAME = TICKS_PER_SECOND // MOTION_FPS


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """A run of mono speech, addressed by absolute sample.

    Attributes:
        start: Index of the first sample since the stream began, at ``rate_hz``.
        samples: float32 [N], -1..1.
        rate_hz: Samples in a second.
    """

    start: int
    samples: F32
    rate_hz: int


@dataclass(frozen=True, slots=True)
class MelFrames:
    """Log-mel features of consecutive 10 ms steps.

    Attributes:
        start: Absolute index of the first step (100 in a second).
        values: float32 [T, F].
    """

    start: int
    values: F32


@dataclass(frozen=True, slots=True)
class MotionFrames:
    """Consecutive motion frames, final: a frame is emitted once and never revised.

    Attributes:
        start: Absolute index of the first frame (25 in a second).
        coefficients: float32 [T, D]; 52 ARKit weights 0..1, then pitch, yaw, roll in radians.
    """

    start: int
    coefficients: F32


@dataclass(frozen=True, slots=True)
class MeshFrame:
    """One posed head.

    Attributes:
        pts: Media time in ticks.
        positions: float32 [V, 3], metres.
        normals: float32 [V, 3], unit length.
    """

    pts: int
    positions: F32
    normals: F32


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One picture.

    Attributes:
        pts: Media time in ticks.
        rgb: uint8 [H, W, 3], top row first.
    """

    pts: int
    rgb: U8


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Name, dtype and shape of one input or output of a model; -1 stands for any size."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RunnerSpec:
    """What a compiled model takes and gives."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
