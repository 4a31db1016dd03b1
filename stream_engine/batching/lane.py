"""One session's way through the engine, as its door and its painter see it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from stream_engine.audio.ring_buffer import write_around
from stream_engine.batching.lane_table import (
    AUDIO_FRAMES,
    I64,
    MOTION_FRAMES,
    SAFE_FRAMES,
    LaneTable,
)
from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.motion.emotion import MOST_COUNTED, Heard, Manner, Times
from stream_engine.motion.handover import Handover
from stream_engine.protocols import MotionSlots
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32, SAMPLES_PER_FRAME, MotionFrames


class MotionSink(Protocol):
    """Takes final motion where the sessions' doors are; never blocks."""

    def push(self, frames: MotionFrames) -> None:
        """Take frames."""
        ...

    def finish(self) -> None:
        """Take note that the speech has ended and all motion has been pushed."""
        ...

    def fail(self, error: Exception) -> None:
        """Take note of what ended the lane."""
        ...


class LaneObserver(Protocol):
    """Told what a lane hears, is asked for and sends; on the door's thread, and never blocks."""

    def heard(self, samples: F32) -> None:
        """Take speech, before the engine can see it."""
        ...

    def expressed(self, manner: Manner) -> None:
        """Take note of a manner that is wanted from now on."""
        ...

    def cut(self, handover: Handover, face: int) -> None:
        """Take note of a cut, and of the frame that was shown last, -1 if none can be told."""
        ...

    def sent(self, frames: MotionFrames) -> None:
        """Take motion that is given to the door."""
        ...


class LaneOwner(Protocol):
    """The engine that a lane is in; any thread."""

    def wake(self) -> None:
        """Take note that there is audio or room."""
        ...

    def remove(self, lane: "Lane") -> None:
        """Let a session go."""
        ...


@dataclass(slots=True)
class Lane:
    """A row of the table: audio in, motion out.

    *Thread*: the door's; ``frames_from`` and ``motion_of`` any. A lane that is closed does nothing,
    whoever has its row by then.

    Attributes:
        owner: The engine it is in; to be woken after writing and taking, and left in the end.
        table: Where the row is.
        row: Which it is.
        slots: Where its state is.
        sink: Takes the motion.
        tally: Counts.
        manner: Emotion and style wanted now.
        error: What ended it, set by the engine.
        closed: It is over.
        handover: The last cut; a new one is another object.
        observer: Told what comes and goes.
        told: Levels of whoever talks to the face, so far; see `hear`.
    """

    owner: LaneOwner
    table: LaneTable
    row: int
    slots: MotionSlots
    sink: MotionSink
    tally: Tally
    manner: Manner
    error: Exception | None = field(default=None, init=False)
    closed: bool = field(default=False, init=False)
    handover: Handover | None = field(default=None, init=False)
    observer: LaneObserver | None = field(default=None, init=False)
    _next: int = field(default=0, init=False)
    told: int = field(default=0, init=False)

    @property
    def heard_frames(self) -> int:
        """Whole frames of audio ever written."""
        return int(self.table.heard[self.row]) // SAMPLES_PER_FRAME

    @property
    def room(self) -> int:
        """Samples that may be written without overwriting what was not read."""
        kept = AUDIO_FRAMES * SAMPLES_PER_FRAME
        read = int(self.table.read[self.row]) * SAMPLES_PER_FRAME
        return kept - int(self.table.heard[self.row]) + read

    def write(self, samples: F32, now_s: float) -> None:
        """Take speech that follows on from the last; the oldest gives way.

        Args:
            samples: float32 [N], 16 kHz.
            now_s: Wall time.
        """
        if self.closed:
            return
        start = int(self.table.heard[self.row])
        end = start + len(samples)
        if self.observer is not None:
            self.observer.heard(samples)
        write_around(self.table.audio[self.row].reshape(-1), start, samples)
        if end // SAMPLES_PER_FRAME > start // SAMPLES_PER_FRAME:
            self.table.heard_s[self.row] = now_s
            waiting = start // SAMPLES_PER_FRAME - self.table.read[self.row]
            if waiting < self.table.hop[self.row]:
                self.table.due_s[self.row] = now_s
        self.table.heard[self.row] = end

    def end(self, now_s: float) -> None:
        """Say that nothing will be written any more; the last frame is filled up with silence."""
        missing = -int(self.table.heard[self.row]) % SAMPLES_PER_FRAME
        self.write(np.zeros(missing, np.float32), now_s)
        if not self.closed:
            self.table.ended[self.row] = True
            self.deliver()  # where nothing is left to be made, the engine has nothing to say

    def cut(self, first: int, now_s: float) -> None:
        """Show nothing from a frame on of what was heard so far; the motion begins anew.

        Args:
            first: The frame, one that has not been shown yet.
            now_s: Wall time.
        """
        if self.closed:
            return
        heard = int(self.table.heard[self.row])
        resume, rest = divmod(heard, SAMPLES_PER_FRAME)
        begun = np.arange(heard - rest, heard) % (AUDIO_FRAMES * SAMPLES_PER_FRAME)
        self.table.audio[self.row].reshape(-1)[begun] = 0.0  # what was heard of the next frame
        shown = self.frames_from(first - SAFE_FRAMES)
        shown = shown[shown < first]
        shown_last = int(shown[-1]) if len(shown) else -1
        last = self.motion_of(shown_last) if len(shown) else None
        face = np.zeros(COEFFICIENT_COUNT, np.float32) if last is None else last[0]
        self.handover = Handover(first, max(first, resume), face, now_s)
        self.table.cut[self.row] = resume
        self._next = min(self._next, first)
        if self.observer is not None:
            self.observer.cut(self.handover, shown_last)
        self.owner.wake()
        self.deliver()

    def passed_on(self, frames: int) -> None:
        """Say that all frames below this number have gone out, if the engine waits for that."""
        if not self.closed:
            self.table.taken[self.row] = frames

    def express(
        self,
        emotion: str | None,
        intensity: float | None,
        style: float | None,
        times: Times | None = None,
    ) -> None:
        """Change the manner from the next hop on; ConfigError, and no change, if it is none."""
        manner = self.manner.changed(emotion, intensity, style, times)
        if not self.closed:
            self.manner = manner
            if self.observer is not None:
                self.observer.expressed(manner)
            self.slots.express(self.row, manner)

    def deliver(self) -> None:
        """Give the sink what has become final, or the end, or what went wrong."""
        for frames in self._collect():
            if self.observer is not None:
                self.observer.sent(frames)
            self.sink.push(frames)
        if self.closed:
            return
        if self.error is not None:
            self.closed = True
            self.sink.fail(self.error)
        elif self.table.ended[self.row] and self._next * SAMPLES_PER_FRAME >= int(
            self.table.heard[self.row]
        ):
            self.closed = True
            self.sink.finish()

    def frames_from(self, first: int) -> I64:
        """Numbers of the frames from ``first`` on that can be had, int64 [K]."""
        made, handover = int(self.table.made[self.row]), self.handover
        numbers = np.arange(max(first, made - SAFE_FRAMES), made)
        there: I64 = numbers[self.table.number[self.row, numbers % MOTION_FRAMES] == numbers]
        if handover is not None:
            held = np.arange(max(first, handover.first), handover.resume)
            before, after = there < handover.first, there >= handover.resume
            there = np.concatenate([there[before], held, there[after]])
        return there[:0] if self.closed else there

    def motion_of(self, frame: int) -> tuple[F32, float] | None:
        """Coefficients [D] and the wall time they were ready; None once the lane is closed."""
        handover = self.handover
        ready_s = float(self.table.ready_s[self.row, frame % MOTION_FRAMES])
        if handover is not None and handover.first <= frame < handover.resume:
            ready_s = handover.cut_s
        found = self._shown(frame), ready_s
        return None if self.closed else found  # asked last: the row may be another's by now

    def _shown(self, frame: int) -> F32:
        """What is shown of a frame: its motion, unless there was a cut shortly before."""
        handover = self.handover
        motion: F32 = self.table.motion[self.row, frame % MOTION_FRAMES].copy()
        if handover is None:
            return motion
        cell = handover.resume % MOTION_FRAMES
        made = self.table.number[self.row, cell] == handover.resume  # not if it was skipped
        begun = self.table.motion[self.row, cell] if made else None
        face = handover.shown(frame, motion, begun)
        assert face is not None
        return face

    def _collect(self) -> Sequence[MotionFrames]:
        numbers = self.frames_from(self._next)
        if not len(numbers):
            return ()
        lost = int(self.table.made[self.row]) - SAFE_FRAMES - self._next
        self.tally.add("motion_dropped_total", max(0, lost))
        if self.handover is None or numbers[0] >= self.handover.settled:
            motion = self.table.motion[self.row, numbers % MOTION_FRAMES]
        else:
            motion = np.stack([self._shown(frame) for frame in numbers.tolist()])
        self._next = int(numbers[-1]) + 1
        self.tally.add("motion_frames_total", len(numbers))
        cuts = np.flatnonzero(np.diff(numbers) > 1) + 1
        runs = zip(np.split(numbers, cuts), np.split(motion, cuts), strict=True)
        return [] if self.closed else [MotionFrames(int(n[0]), m) for n, m in runs]


def hear(lane: Lane, level_db: float) -> None:
    """Tell a face how loud somebody is who talks to it; ConfigError if nobody can be so loud."""
    heard = Heard(level_db, lane.told % MOST_COUNTED + 1)
    if not lane.closed:
        lane.told = heard.number
        lane.slots.hear(lane.row, heard)


def deliver(lanes: Sequence[Lane]) -> None:
    """Let lanes give their sinks what has become final; on the doors' thread."""
    for lane in lanes:
        lane.deliver()
