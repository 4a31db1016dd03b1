"""A recorded session performed again: the same stages, the same windows, and are the bits the same?

The order of the records is that in which things happened to what they concern, so they are taken
one after the other, and memory does not grow with the session.
"""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from stream_engine.errors import RecordingError
from stream_engine.json_fields import build
from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.motion.emotion import Heard, Manner, Passing
from stream_engine.motion.handover import Handover
from stream_engine.motion.window import profile_named
from stream_engine.protocols import MotionSlots
from stream_engine.recording.content import (
    END,
    EVENT,
    HASH_BYTES,
    MOTION,
    SENT,
    SOUND,
    WINDOW,
    End,
    Event,
    Head,
    Sent,
    Sound,
    Window,
    told_by,
    unpack_json,
    unpack_motion,
    unpack_sent,
    unpack_sound,
    unpack_window,
)
from stream_engine.recording.framing import Record
from stream_engine.recording.tape import hashable
from stream_engine.recording.told import Cut, Restarted, Shown, Worked
from stream_engine.types import F32, MODEL_RATE_HZ, MOTION_FPS, SAMPLES_PER_FRAME, MotionFrames

_KEPT = 256
"""Frames of motion looked back to; a door looks back 64."""

_SLOT = np.array([0])


@dataclass(slots=True)
class Verdict:
    """What a replay has found so far.

    Attributes:
        frames: Motion frames that left and were compared.
        differing: Of the seconds compared, numbers of those that differ, ascending.
        samples: Speech in the recording.
        windows: Calls of the model.
        levels: Of these, by level.
        events: Of each name.
        end: How the recording ended; None where the file is cut off.
        unknown: Records of kinds that this release does not know.
        furthest: Largest difference of a coefficient; None where no motion was recorded.
    """

    frames: int = 0
    differing: list[int] = field(default_factory=list)
    samples: int = 0
    windows: int = 0
    levels: dict[int, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    end: End | None = None
    unknown: int = 0
    furthest: float | None = None

    @property
    def bit_exact(self) -> bool:
        """All that left has the same bits."""
        return not self.differing

    @property
    def whole(self) -> bool:
        """The recording goes on to the end of the session."""
        return self.end is not None and not self.end.cut

    @property
    def seconds(self) -> float:
        """Length of the speech."""
        return self.samples / MODEL_RATE_HZ


class Replayer:
    """Takes the records of one session and performs it.

    *State*: a slot, two seconds of speech, `_KEPT` frames. *Thread*: that of the slots.

    Args:
        slots: Of the session's profile, at least one.
        head: Of the recording.

    Attributes:
        verdict: What was found.
    """

    def __init__(self, slots: MotionSlots, head: Head) -> None:
        self.verdict = Verdict()
        self._slots = slots
        profile = profile_named(head.profile)
        self._window, self._home = profile.window_frames, profile.hop_frames
        self._hop = self._home
        self._slots.begin(0, Manner(head.emotion, head.intensity, head.style))
        self._audio = np.zeros(0, np.float32)
        self._audio_start = 0
        self._origin = 0
        self._total: int | None = None
        self._made: dict[int, F32] = {}
        self._newest = -1
        self._handover: Handover | None = None
        self._recorded: list[F32] = []

    def take(self, record: Record) -> Sequence[MotionFrames]:
        """Do what a record says.

        Args:
            record: The next, after the head.

        Returns:
            Motion that leaves; a start that has been before is after a cut, and replaces the rest.

        Raises:
            RecordingError: If the record does not fit what was before it.
        """
        if record.kind == SOUND:
            self._hear(unpack_sound(record.payload))
        elif record.kind == WINDOW:
            self._perform(unpack_window(record.payload))
        elif record.kind == SENT:
            return self._send(unpack_sent(record.payload))
        elif record.kind == MOTION:
            self._recorded.append(unpack_motion(record.payload))
        elif record.kind == EVENT:
            self._act(unpack_json(Event, record.payload))
        elif record.kind == END:
            self.verdict.end = unpack_json(End, record.payload)
        else:
            self.verdict.unknown += 1
        return ()

    def _hear(self, sound: Sound) -> None:
        if sound.start != self.verdict.samples:
            raise _misfit("speech with a gap", sound.start, self.verdict.samples)
        self.verdict.samples += len(sound.samples)
        self._audio = np.concatenate([self._audio, sound.samples])

    def _perform(self, window: Window) -> None:
        if window.frames != self._hop:
            raise _misfit("a window of another hop", f"{window.frames} frames", self._hop)
        samples = self._heard(window)
        ended = np.arange(window.frames) >= window.spoken
        if window.spoken < window.frames and self._total is None:
            self._total = window.frame + window.spoken
        if window.level >= self._slots.levels:
            raise _misfit("a level that there is not", window.level, f"below {self._slots.levels}")
        motion = self._slots.advance(_SLOT, samples[None], ended[None], window.level)[0]
        self._hop = len(motion)
        start = window.frame - self._window + window.frames
        for frame, face in enumerate(motion, start):
            if frame >= self._origin and (self._total is None or frame < self._total):
                self._made[frame] = face
                self._newest = frame
        for old in [frame for frame in self._made if frame < self._newest - _KEPT]:
            del self._made[old]
        self.verdict.windows += 1
        self.verdict.levels[window.level] = self.verdict.levels.get(window.level, 0) + 1

    def _heard(self, window: Window) -> F32:
        """The samples of a window; those after the end are what was heard before, as in service."""
        first = window.frame * SAMPLES_PER_FRAME - self._audio_start
        if first < 0:
            raise _misfit("a window goes back", window.frame, "one after the last")
        self._audio, self._audio_start = self._audio[first:], self._audio_start + first
        count = window.frames * SAMPLES_PER_FRAME
        samples = np.zeros(count, np.float32)
        there = self._audio[:count]
        samples[: len(there)] = there
        spoken = window.spoken * SAMPLES_PER_FRAME
        if len(there) < spoken:
            raise _misfit("a window without its speech", f"{len(there)} samples", spoken)
        if zlib.crc32(hashable(samples[:spoken])) != window.heard:
            raise _misfit("the model heard something else", f"at frame {window.frame}", "the same")
        return samples

    def _act(self, event: Event) -> None:
        self.verdict.events[event.name] = self.verdict.events.get(event.name, 0) + 1
        told = told_by(event)
        if isinstance(told, Shown):
            self._slots.express(0, _manner(told))
        elif isinstance(told, Heard):
            self._slots.hear(0, told)
        elif isinstance(told, Worked):
            self._slots.work(0, boosted=told.boosted, fallback=told.fallback)
        elif isinstance(told, Restarted):
            self._origin, self._hop = told.frame, self._home
            self._slots.restart(_SLOT)
        elif isinstance(told, Cut):
            self._hush(event.sample)
            face = self._shown(told.face) if told.face >= 0 else None
            if face is None:
                face = np.zeros(COEFFICIENT_COUNT, np.float32)
            self._handover = Handover(told.first, told.resume, face)

    def _hush(self, heard: int) -> None:
        """What was heard of a frame that is not whole is not heard by the model any more."""
        end = heard - self._audio_start
        begun = heard - heard % SAMPLES_PER_FRAME - self._audio_start
        self._audio[max(0, begun) : max(0, end)] = 0.0

    def _send(self, sent: Sent) -> Sequence[MotionFrames]:
        if any(count > _KEPT for _, count in sent.runs):
            raise _misfit("more left at once than there is", sent.runs, _KEPT)
        digest = hashlib.blake2b(digest_size=HASH_BYTES)
        runs = []
        for start, count in sent.runs:
            faces = [self._shown(frame) for frame in range(start, start + count)]
            known = [face for face in faces if face is not None]
            if known:
                motion = np.stack(known)
                digest.update(hashable(motion))
            if known and len(known) == count:
                runs.append(MotionFrames(start, motion))
        self._compare(runs)
        self.verdict.frames += sum(count for _, count in sent.runs)
        if digest.digest() != sent.digest:
            second = sent.runs[0][0] // MOTION_FPS if sent.runs else 0
            self.verdict.differing.append(second)
        return runs

    def _compare(self, runs: Sequence[MotionFrames]) -> None:
        """Say by how much motion differs from what was recorded of it, if anything was."""
        recorded, self._recorded = self._recorded, []
        if not recorded or not runs:
            return
        then = np.concatenate(recorded)
        now = np.concatenate([run.coefficients.ravel() for run in runs])
        if len(then) == len(now):
            apart = float(np.abs(then - now).max(initial=0.0))
            self.verdict.furthest = max(apart, self.verdict.furthest or 0.0)

    def _shown(self, frame: int) -> F32 | None:
        motion = self._made.get(frame)
        if self._handover is None:
            return motion
        return self._handover.shown(frame, motion, self._made.get(self._handover.resume))


def _manner(told: Shown) -> Manner:
    passing = None if told.passing is None else build(Passing, told.passing)
    return Manner(told.emotion, told.intensity, told.style, passing, told.passed)


def _misfit(what: str, got: object, expected: object) -> RecordingError:
    return RecordingError(f"the recording does not fit itself: {what}", got=str(got),
                          expected=str(expected))  # fmt: skip
