"""The engine thread: speech to motion for every session, one thread that owns the models."""

import logging
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from stream_engine.audio.ring_buffer import RingBuffer
from stream_engine.motion.emotion import Manner
from stream_engine.protocols import Clock, MotionStream
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32, MOTION_FPS, AudioChunk, MotionFrames

logger = logging.getLogger(__name__)

IDLE_WAIT_S = 0.5
"""Longest sleep of the thread; it is woken by audio long before."""


class MotionSink(Protocol):
    """Takes final motion on the engine thread; never blocks."""

    def room(self) -> bool:
        """Say whether one more hop fits now."""
        ...

    def push(self, frames: MotionFrames) -> None:
        """Take frames."""
        ...

    def finish(self) -> None:
        """Take note that the speech has ended and all motion has been pushed."""
        ...


@dataclass(slots=True)
class Lane:
    """One session's way through the engine.

    Reads the ring one hop at a time while the sink has room. When more than ``patience`` samples
    wait, or the ring has overwritten some, it goes on with the newest hop: what lies between is
    skipped, counted, and the stream starts anew at a whole frame.

    *State*: one position and the manner. *Thread*: ``step`` the engine's; ``express`` the loop's;
    ``end`` and ``close`` any.

    Attributes:
        ring: Audio at ``rate_hz``.
        stream: Speech to motion; used by the engine thread only.
        rate_hz: Samples in a second.
        hop_frames: Motion frames per step.
        sink: Takes the motion.
        tally: Counts.
        on_error: Told, on the engine thread, what ended the lane.
        patience: Most samples that may wait; a live face rather jumps than falls behind its voice.
        manner: Emotion and style wanted now.
    """

    ring: RingBuffer
    stream: MotionStream
    rate_hz: int
    hop_frames: int
    sink: MotionSink
    tally: Tally
    on_error: Callable[[Exception], None]
    patience: int = sys.maxsize
    manner: Manner = field(default_factory=Manner)
    _position: int = field(default=0, init=False)
    _origin_frame: int = field(default=0, init=False)
    _ended: bool = field(default=False, init=False)
    _closed: bool = field(default=False, init=False)
    _shown: Manner | None = field(default=None, init=False)

    @property
    def position(self) -> int:
        """Absolute index of the next sample to be read."""
        return self._position

    def end(self) -> None:
        """Say that nothing will be written to the ring any more."""
        self._ended = True

    def express(self, emotion: str | None, intensity: float | None, style: float | None) -> None:
        """Change the manner from the next step on; ConfigError, and no change, if it is none."""
        self.manner = self.manner.changed(emotion, intensity, style)

    def close(self) -> None:
        """Stop; a step under way is the last."""
        self._closed = True

    def step(self, clock: Clock) -> bool:
        """Feed at most one hop.

        Args:
            clock: Times the model.

        Returns:
            Whether anything was done.
        """
        if self._closed or not self.sink.room():
            return False
        self._take_manner()
        ended = self._ended  # read before the ring: nothing is written after it is set
        read = self.ring.read(self._position, self._samples(self.hop_frames))
        if read.lost or self.ring.end - self._position > self.patience:
            self._skip()
            return True
        if len(read.samples):
            started = clock.now()
            self._push(self.stream.feed(self._chunk(read.samples)))
            self.tally.observe("engine_step_seconds", clock.now() - started)
            self._position += len(read.samples)
            return True
        if ended:
            self._push(self.stream.finish())
            self._closed = True
            self.sink.finish()
        return False

    def _take_manner(self) -> None:
        manner = self.manner  # read once: the loop may put another there meanwhile
        if manner is not self._shown:
            self.stream.express(manner)
            self._shown = manner

    def _samples(self, frames: int) -> int:
        return frames * self.rate_hz // MOTION_FPS

    def _chunk(self, samples: F32) -> AudioChunk:
        start = self._position - self._samples(self._origin_frame)
        return AudioChunk(start=start, samples=samples, rate_hz=self.rate_hz)

    def _push(self, outputs: Sequence[MotionFrames]) -> None:
        for frames in outputs:
            self.tally.add("motion_frames_total", len(frames.coefficients))
            start = frames.start + self._origin_frame
            self.sink.push(MotionFrames(start=start, coefficients=frames.coefficients))

    def _skip(self) -> None:
        # The newest hop only: an engine that fell 2 s behind does not catch up by working more.
        newest = self.ring.end - self._samples(self.hop_frames)
        frame = -(-max(newest, self._position) * MOTION_FPS // self.rate_hz)
        self.tally.add("audio_overwritten_samples_total", self._samples(frame) - self._position)
        self._origin_frame = frame
        self._position = self._samples(frame)
        self.stream.reset()


class Engine:
    """Runs the lanes round and round, a hop each, while any has audio and room.

    Sleeps on a condition; whoever writes audio or takes motion away wakes it.

    *Thread*: its own; every method may be called from any.

    Args:
        clock: Times the models.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lanes: tuple[Lane, ...] = ()
        self._condition = threading.Condition()
        self._woken = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and wait for it."""
        self._stopping = True
        self.wake()
        self._thread.join()

    def add(self, lane: Lane) -> None:
        """Take a lane in."""
        with self._condition:
            self._lanes = (*self._lanes, lane)
        self.wake()

    def remove(self, lane: Lane) -> None:
        """Let a lane go."""
        lane.close()
        with self._condition:
            self._lanes = tuple(other for other in self._lanes if other is not lane)

    def wake(self) -> None:
        """Say that there is audio or room."""
        with self._condition:
            self._woken = True
            self._condition.notify()

    def run_once(self) -> None:
        """Work until no lane has audio and room; what the thread does each time it wakes."""
        busy = True
        while busy and not self._stopping:
            busy = False
            for lane in self._lanes:
                busy = self._step(lane) or busy

    def _step(self, lane: Lane) -> bool:
        try:
            return lane.step(self._clock)
        except Exception as error:
            logger.exception("a session's motion failed")
            self.remove(lane)
            lane.on_error(error)
            return False

    def _run(self) -> None:
        while not self._stopping:
            with self._condition:
                self._condition.wait_for(lambda: self._woken, timeout=IDLE_WAIT_S)
                self._woken = False
            self.run_once()
