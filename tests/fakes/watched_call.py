"""A call worked by hand: real speech, real motion, real ears, a clock that goes when told to."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from stream_engine.assemble import Assembly
from stream_engine.audio.file_source import SAMPLE, FileSource
from stream_engine.audio.resampler import Resampler
from stream_engine.audio.ring_buffer import RingRead
from stream_engine.config import EngineConfig
from stream_engine.features.log_mel import hop_features, silent_past
from stream_engine.household import Household
from stream_engine.monitor.remedies import Action, SyncQuality
from stream_engine.protocols import Renderer, Stages
from stream_engine.sync_watch import Verdict
from stream_engine.types import (
    F32,
    MODEL_RATE_HZ,
    SAMPLES_PER_FRAME,
    TICKS_PER_FRAME,
    TICKS_PER_SECOND,
    AudioChunk,
    MeshFrame,
    VideoFrame,
)
from tests.fakes.clock import ManualClock

PACKET, STEP_S, STEPS = 960, 0.01, 2


def speech(seconds: float) -> F32:
    """The shipped sample over and over, 48 kHz."""
    source = FileSource(SAMPLE)
    sound = np.concatenate([chunk.samples for chunk in source.chunks()])
    resampler = Resampler(source.rate_hz, TICKS_PER_SECOND)
    plain = [chunk.samples for chunk in resampler.feed(AudioChunk(0, sound, source.rate_hz))]
    return np.resize(np.concatenate(plain), int(seconds * TICKS_PER_SECOND))


class NoPicture(Renderer):
    """Implements `Renderer`, and poses heads as well: nothing is drawn, quickly."""

    def pose(self, pts: int, _: F32) -> MeshFrame:
        nothing = np.zeros((0, 3), np.float32)
        return MeshFrame(pts, nothing, nothing)

    def render(self, frame: MeshFrame) -> VideoFrame:
        return VideoFrame(frame.pts, np.zeros((2, 2, 3), np.uint8))

    def close(self) -> None:
        pass


class WatchedCall:
    """A session with a microphone, a voice track, a picture track and its watcher.

    Attributes:
        late_s: A fault: pictures leave so much later than they should.
        voice_late_s: A fault: the voice does.
        verdicts: All that was found, with the time.
        actions: All that was done, with the time.
    """

    def __init__(self, stages: Stages | None = None, config: EngineConfig | None = None) -> None:
        self.clock = ManualClock(50.0)
        self.config = config or EngineConfig()
        self.house = Household(stages or Assembly(self.config), self.config, self.clock)
        parts = self.house.make_parts(self.config.motion.profile, "default")
        self.session = self.house.open(parts, lambda frames: None, self._fail)
        self.session.sync.listeners.append(self)
        self.session.audience.look(self, True)
        self.verdicts: list[tuple[float, Verdict]] = []
        self.actions: list[tuple[float, Action]] = []
        self.late_s, self.voice_late_s, self.now_s = 0.0, 0.0, 0.0
        self._pts = self._heard = self._frame = self._steps = 0
        self._pictures: list[tuple[float, object]] = []
        self._plant()

    def watched(self, verdict: Verdict, quality: SyncQuality) -> None:
        self.verdicts.append((self.now_s, verdict))

    def remedied(self, action: Action) -> None:
        self.actions.append((self.now_s, action))

    def live(self, sound: F32, then: Callable[[], None] | None = None) -> None:
        """Let somebody say this, everybody doing what is due every 10 ms."""
        for step in range(len(sound) // PACKET * STEPS):
            self.clock.advance(STEP_S)
            self.now_s += STEP_S
            if step % STEPS == 0:
                at = step // STEPS * PACKET
                self.session.push_audio(self._pts, sound[at : at + PACKET])
                self._pts += PACKET
            self._steps += 1
            for engine in self.house.engine.engines:
                engine.run_once()
            self.house.render.draw_due({"default": NoPicture()})
            session = self.session
            while session.due(self._heard) <= self.clock.now():
                session.voice(self._heard, PACKET)
                self._heard += PACKET
            while session.due(self._frame * TICKS_PER_FRAME) <= self.clock.now():
                session.picture(self._frame * TICKS_PER_FRAME)
                self._frame += 1
            if self._steps % 10 == 0 and self.house.sync.watch is not None:
                self.house.sync.watch.run_once()
            if then is not None:
                then()

    def close(self) -> None:
        self.session.close()
        if self.house.sync.watch is not None:
            self.house.sync.watch.stop()

    def _plant(self) -> None:
        """Let faults be of the painter, who draws everything late, and of who reads the voice."""
        seat = self.session.seat
        assert seat is not None
        seat.poser = NoPicture()
        due = seat.due
        seat.due = lambda pts: due(pts) + self.late_s
        ring = self.session.ring
        read = ring.read

        def late_read(start: int, count: int) -> RingRead:
            if count != PACKET:  # the engine's, who hears in time
                return read(start, count)
            late = round(self.voice_late_s * TICKS_PER_SECOND)
            found = read(max(0, start - late), count)
            return RingRead(found.start + late, found.samples, found.lost)

        ring.read = late_read  # type: ignore[method-assign]

    def _fail(self, error: Exception) -> None:
        raise error


def with_seed(seed: int, profile: str = "balanced") -> EngineConfig:
    config = EngineConfig()
    return replace(config, motion=replace(config.motion, seed=seed, profile=profile))


def sample_call() -> tuple[F32, F32]:
    """The shipped sample's motion as sent [T, D], and its log-mel [4 T, F]."""
    source = FileSource(SAMPLE)
    resampler = Resampler(source.rate_hz)
    heard = [plain for chunk in source.chunks() for plain in resampler.feed(chunk)]
    sound = np.concatenate([chunk.samples for chunk in heard])
    stream = Assembly(EngineConfig()).motion_stream("balanced")
    runs = (*stream.feed(AudioChunk(0, sound, MODEL_RATE_HZ)), *stream.finish())
    motion = np.concatenate([frames.coefficients for frames in runs])
    whole = len(sound) // SAMPLES_PER_FRAME
    mel = hop_features(silent_past(1), sound[None, : whole * SAMPLES_PER_FRAME])[0][0]
    count = min(len(motion), whole)
    return motion[:count], mel[: 4 * count]
