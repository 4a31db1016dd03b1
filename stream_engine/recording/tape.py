"""One session being recorded: what happens to it, as records, given away at once."""

import hashlib
import threading
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stream_engine.batching.lane import Lane
from stream_engine.batching.watched_slots import Wish
from stream_engine.errors import RecordingError
from stream_engine.motion.emotion import Heard, Manner
from stream_engine.motion.handover import Handover
from stream_engine.recording.content import (
    EVENT,
    HASH_BYTES,
    HEAD,
    MOTION,
    NAMES,
    SENT,
    SOUND,
    WINDOW,
    End,
    Event,
    Head,
    Sent,
    Window,
    event_of,
    pack_json,
    pack_sent,
    pack_window,
)
from stream_engine.recording.told import Cut, Express, Restarted, Shown, Told, Worked
from stream_engine.types import F32, MODEL_RATE_HZ, MOTION_FPS, SAMPLES_PER_FRAME, MotionFrames

_MOST_EVENT = 64 * 1024

_MOST_SOUND = 1 << 16
"""Samples in a record: after a machine's sleep hours of silence come at once."""

CAUSES = ("queue", "disk", "limit", "error")
"""Why a recording may be over before its session: the writer did not keep up, the disk is full or
broken, it has got as long as it may, the writer failed."""


class Desk(Protocol):
    """Takes what tapes say; never blocks."""

    def put(self, tape: "Tape", kind: int, payload: bytes) -> bool:
        """Take a record; False, and nothing is kept, if there is no room."""
        ...

    def over(self, tape: "Tape", cause: str) -> None:
        """Take note that a recording does not go on; once for each. See `CAUSES`."""
        ...


class Tape:
    """`LaneObserver` and `SlotWatcher` of one session.

    Either it takes everything, in order, or it is over: nothing is ever left out in the middle.

    *State*: a hash; a second of motion if that is wanted. *Thread*: the door's and the engine's,
    as told; a lock is held for one `put`.

    Args:
        desk: Takes the records.
        lane: What is recorded.
        head: What it is performed with.
        longest_s: Speech after which it is over.
        motion: Whether to write the motion itself, too, and not only a hash of it.

    Attributes:
        session: Its name.
        end: Set once nothing more is taken: how it ended.
        given: Records that the desk has taken.
    """

    def __init__(
        self, desk: Desk, lane: Lane, head: Head, longest_s: float, motion: bool = False
    ) -> None:
        self.session = head.session
        self.end: End | None = None
        self.given = 0
        self._desk, self._lane = desk, lane
        self._motion = motion
        self._longest = int(longest_s * MODEL_RATE_HZ)
        self._lock = threading.Lock()
        self._heard = 0
        self._runs: list[tuple[int, int]] = []
        self._faces: list[bytes] = []
        self._sent = 0
        self._digest = hashlib.blake2b(digest_size=HASH_BYTES)
        self._put(HEAD, pack_json(head))

    def note(self, name: str, data: Mapping[str, object]) -> None:
        """Write an event of any name, for whoever watches a session; any thread.

        Args:
            name: What happened; not one of `content.NAMES`, which a replay acts on.
            data: What JSON can say of it, in 64 KiB.

        Raises:
            RecordingError: If it cannot.
        """
        try:
            payload = pack_json(Event(name, self._heard, dict(data)))
        except (ValueError, TypeError) as error:
            raise RecordingError("an event that JSON cannot say", got=str(error)[:120]) from error
        if name in NAMES.values() or len(payload) > _MOST_EVENT:
            raise RecordingError(
                "an event that cannot be written",
                got=f"{name[:40]!r}, {len(payload)} bytes",
                expected=f"another name than {', '.join(NAMES.values())}, at most {_MOST_EVENT}",
            )
        self._put(EVENT, payload)

    def heard(self, samples: F32) -> None:
        """`LaneObserver`: speech."""
        for at in range(0, len(samples), _MOST_SOUND):
            piece = samples[at : at + _MOST_SOUND]
            self._put(SOUND, piece.astype("<f4", copy=False).tobytes())
            self._heard += len(piece)
            if self._heard > self._longest:
                self.stop("limit", "recording.longest_s")
                return

    def expressed(self, manner: Manner) -> None:
        """`LaneObserver`: a wish."""
        self._tell(Express(*_said(manner)))

    def cut(self, handover: Handover, face: int) -> None:
        """`LaneObserver`: an interruption."""
        self._say_sent()  # what left before it was not of it
        self._tell(Cut(handover.first, handover.resume, face))

    def sent(self, frames: MotionFrames) -> None:
        """`LaneObserver`: motion."""
        count = len(frames.coefficients)
        if self._runs and sum(self._runs[-1]) == frames.start:
            self._runs[-1] = (self._runs[-1][0], self._runs[-1][1] + count)
        else:
            self._runs.append((frames.start, count))
        self._digest.update(hashable(frames.coefficients))
        if self._motion:
            self._faces.append(hashable(frames.coefficients))
        self._sent += count
        if self._sent >= MOTION_FPS:
            self._say_sent()

    def shown(self, wish: Wish) -> None:
        """`SlotWatcher`: what is true of all that follows."""
        if isinstance(wish, Manner):
            self._tell(Shown(*_said(wish)))
        elif isinstance(wish, Heard):
            self._tell(wish)
        else:
            self._tell(Worked(wish.boosted, wish.fallback))

    def restarted(self) -> None:
        """`SlotWatcher`: the model began anew."""
        table, row = self._lane.table, self._lane.row
        frame = int(table.origin[row])
        self._tell(Restarted(frame, skipped=frame != int(table.cut[row])))

    def advanced(self, samples: F32, ended: NDArray[np.bool_] | None, level: int) -> None:
        """`SlotWatcher`: a window."""
        frames = len(samples) // SAMPLES_PER_FRAME
        spoken = frames if ended is None else int(np.count_nonzero(~ended))
        at = int(self._lane.table.read[self._lane.row])
        heard = zlib.crc32(hashable(samples[: spoken * SAMPLES_PER_FRAME]))
        window = Window(at, frames, spoken, level, heard)
        self._put(WINDOW, pack_window(window))

    def finish(self, error: Exception | None) -> None:
        """Say that the session has ended, by an error or without one."""
        self._say_sent()
        cause = "" if error is None else f"{type(error).__name__}: {error}"[:500]
        with self._lock:
            if self.end is None:
                self.end = End(cause=cause)

    def stop(self, cause: str, detail: str = "") -> None:
        """Go no further, for a cause that is not the session's.

        Args:
            cause: One of `CAUSES`.
            detail: More of it.
        """
        with self._lock:
            if not self._stopped(cause, detail):
                return
        self._desk.over(self, cause)

    def _tell(self, told: Told) -> None:
        self._put(EVENT, pack_json(event_of(told, self._heard)))

    def _say_sent(self) -> None:
        if self._faces:
            self._put(MOTION, b"".join(self._faces))
        if self._runs:
            self._put(SENT, pack_sent(Sent(tuple(self._runs), self._digest.digest())))
        self._runs, self._faces, self._sent = [], [], 0
        self._digest = hashlib.blake2b(digest_size=HASH_BYTES)

    def _put(self, kind: int, payload: bytes) -> None:
        with self._lock:  # what follows on something that was not taken must not be taken
            if self.end is not None:
                return
            if self._desk.put(self, kind, payload):
                self.given += 1
                return
            self._stopped("queue", "")
        self._desk.over(self, "queue")

    def _stopped(self, cause: str, detail: str) -> bool:
        """End with a cut, unless there is one; where a session has ended it may still come."""
        if self.end is not None and self.end.cut:
            return False
        self.end = End(cut=True, cause=f"{cause}: {detail}" if detail else cause)
        return True


def hashable(values: F32) -> bytes:
    """Coefficients or samples as little-endian float32, the same on every machine."""
    return values.astype("<f4", copy=False).tobytes()


def _said(manner: Manner) -> tuple[str, float, float, dict[str, object] | None, int]:
    """A manner as a recording says it."""
    passing = None if manner.passing is None else asdict(manner.passing)
    return manner.emotion, manner.intensity, manner.style, passing, manner.passed
