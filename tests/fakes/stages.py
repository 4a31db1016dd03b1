"""Stages without a model: loudness opens the jaw, a drawn face shows it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stream_engine.capacity.admission import Setting
from stream_engine.errors import AssetError
from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX
from stream_engine.motion.emotion import Heard, Manner
from stream_engine.motion.window import LatencyProfile, profile_named
from stream_engine.protocols import MotionSlots, Renderer
from stream_engine.types import (
    MOTION_FPS,
    SAMPLES_PER_FRAME,
    AudioChunk,
    MeshFrame,
    MotionFrames,
    VideoFrame,
)

LOUD = 0.1
"""Root mean square at which the jaw is fully open."""


class LoudnessMotion:
    """Implements `MotionStream`: jawOpen of a frame is the loudness of its own 40 ms."""

    def __init__(self, profile: LatencyProfile) -> None:
        self._profile = profile
        self.manner = Manner()
        self.reset()

    @property
    def latency(self) -> int:
        """Ticks of audio past a frame's start."""
        return self._profile.latency

    def feed(self, value: AudioChunk) -> Sequence[MotionFrames]:
        """Take samples, return final frames."""
        assert value.start == self._end, "audio must come without gaps"
        self._rate_hz = value.rate_hz
        self._end += len(value.samples)
        self._held = np.concatenate([self._held, value.samples])
        out = []
        profile = self._profile
        while len(self._held) >= profile.window_frames * self._frame_samples():
            out.append(self._emit(profile.hop_frames))
        return out

    def finish(self) -> Sequence[MotionFrames]:
        """Return the whole frames still held back."""
        frames = len(self._held) // self._frame_samples()
        return [self._emit(frames)] if frames else []

    def express(self, manner: Manner) -> None:
        """Show the intensity of any emotion as mouthSmileLeft."""
        self.manner = manner

    def reset(self) -> None:
        """Forget everything."""
        self._held = np.zeros(0, np.float32)
        self._end = 0
        self._next = 0
        self._rate_hz = 48_000

    def _frame_samples(self) -> int:
        return self._rate_hz // MOTION_FPS

    def _emit(self, frames: int) -> MotionFrames:
        size = self._frame_samples()
        blocks = self._held[: frames * size].reshape(frames, size)
        self._held = self._held[frames * size :]
        coefficients = np.zeros((frames, COEFFICIENT_COUNT), np.float32)
        loudness = np.sqrt(np.mean(np.square(blocks), axis=1))
        coefficients[:, INDEX["jawOpen"]] = np.minimum(1.0, loudness / LOUD)
        coefficients[:, INDEX["mouthSmileLeft"]] = self.manner.row()[1:7].sum()
        self._next += frames
        return MotionFrames(self._next - frames, coefficients)


class LoudnessSlots:
    """Implements `MotionSlots` with the motion of `LoudnessMotion`; level 1 has longer hops."""

    levels = 2

    def __init__(self, profile: LatencyProfile, capacity: int) -> None:
        self._profile = profile
        self._heard = np.zeros((capacity, profile.window_frames), np.float32)
        self._smile = np.zeros(capacity, np.float32)
        self._brows = np.zeros(capacity, np.float32)

    def begin(self, slot: int, manner: Manner) -> None:
        """Begin a new session."""
        self.express(slot, manner)
        self._brows[slot] = 0.0
        self.restart(np.array([slot]))

    def restart(self, slots: NDArray[np.intp]) -> None:
        """Forget what was heard."""
        self._heard[slots] = 0.0

    def express(self, slot: int, manner: Manner) -> None:
        """Show the intensity of any emotion as mouthSmileLeft."""
        self._smile[slot] = manner.row()[1:7].sum()

    def hear(self, slot: int, heard: Heard) -> None:
        """Show how loud somebody is who talks to it as browInnerUp, 0 dB as 1."""
        self._brows[slot] = max(0.0, 1.0 + heard.level_db / 120.0)

    def work(self, slot: int, *, boosted: bool, fallback: bool) -> None:
        """There is one way to open a jaw."""

    def advance(
        self,
        slots: NDArray[np.intp],
        samples: NDArray[np.float32],
        ended: NDArray[np.bool_] | None = None,
        level: int = 0,
    ) -> NDArray[np.float32]:
        """Frames that became final, of a window's loudness."""
        blocks = samples.reshape(len(slots), -1, SAMPLES_PER_FRAME)
        loudness = np.sqrt(np.mean(np.square(blocks), axis=2))
        if ended is not None:
            loudness[ended] = 0.0
        line = np.concatenate([self._heard[slots, blocks.shape[1] :], loudness], axis=1)
        hop = (self._profile.sparing if level else self._profile).hop_frames
        self._heard[slots] = line
        motion = np.zeros((len(slots), hop, COEFFICIENT_COUNT), np.float32)
        motion[..., INDEX["jawOpen"]] = np.minimum(1.0, line[:, :hop] / LOUD)
        motion[..., INDEX["mouthSmileLeft"]] = self._smile[slots][:, None]
        motion[..., INDEX["browInnerUp"]] = self._brows[slots][:, None]
        return motion


class JawPoser:
    """Implements `HeadPoser`: a mesh of one vertex whose height is jawOpen."""

    def pose(self, pts: int, coefficients: NDArray[np.float32]) -> MeshFrame:
        """Pose one frame."""
        positions = np.array([[0.0, coefficients[INDEX["jawOpen"]], 0.0]], np.float32)
        return MeshFrame(pts, positions, np.array([[0.0, 0.0, 1.0]], np.float32))


class DrawnFace(Renderer):
    """Implements `Renderer`: an oval face with a dark mouth as open as the jaw."""

    def __init__(self, size: int = 512) -> None:
        y, x = np.mgrid[0:size, 0:size] / size - 0.5
        # Little is drawn anew, and quickly: Python's lock is held all the while.
        self._box = slice(round(0.58 * size), round(0.82 * size)), slice(size // 3, size * 2 // 3)
        self._x, self._y = (x[self._box] / 0.1) ** 2, (y[self._box] - 0.2) ** 2
        face = (x / 0.28) ** 2 + (y / 0.38) ** 2 < 1.0
        self._plain = np.where(face[..., None], (206, 164, 142), (217, 221, 226)).astype(np.uint8)
        for side in (-0.11, 0.11):
            eye = ((x - side) / 0.045) ** 2 + ((y + 0.09) / 0.022) ** 2 < 1.0
            self._plain[eye] = (60, 50, 46)

    def render(self, frame: MeshFrame) -> VideoFrame:
        """Draw the face."""
        height = 0.01 + 0.09 * float(frame.positions[0, 1])
        rgb = self._plain.copy()
        rgb[self._box][self._x + self._y / height**2 < 1.0] = (70, 22, 26)
        return VideoFrame(frame.pts, rgb)

    def close(self) -> None:
        """Nothing to free."""


class FakeStages:
    """Implements `Stages`; knows the avatar ``default`` only."""

    engine_threads = 1
    setting = Setting("fake", 1, 1, "loudness")

    def motion_slots(self, profile: str, capacity: int) -> MotionSlots:
        """Make the slots of a profile."""
        return LoudnessSlots(profile_named(profile), capacity)

    def sync_scorer(self, capacity: int) -> None:
        """Nobody listens to a jaw."""

    def head_poser(self, avatar: str) -> JawPoser:
        """Give the poser."""
        if avatar != "default":
            raise AssetError("there is no such avatar", got=repr(avatar), expected="'default'")
        return JawPoser()

    def renderer(self, avatar: str) -> DrawnFace:
        """Make a renderer."""
        return DrawnFace()
