"""What the engine must know of every session, side by side: one row each.

::

    door ─► audio (2 s) ─► engine ─► motion (64 frames) ─► door, painter
            heard          read      made                 taken

Audio is 16 kHz, motion 25 frames a second; frame f belongs to samples 640 f .. 640 (f + 1). Every
array has one writer at a time: the engine's thread or the door's. A count is published after what
it counts has been written.
"""

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.motion.slots import Slots
from stream_engine.motion.window import LatencyProfile
from stream_engine.types import F32, MOTION_FPS, SAMPLES_PER_FRAME

AUDIO_FRAMES = 2 * MOTION_FPS
"""Frames of audio kept of a session; what is older is overwritten."""

MOTION_FRAMES = 64
"""Frames of motion kept of a session."""

SAFE_FRAMES = MOTION_FRAMES - 16
"""Frames a reader may look back: the engine may be writing over the oldest."""

NEVER = 2**62
"""Of patience, or of frames taken: no limit."""

I64 = NDArray[np.int64]


class LaneTable:
    """Rows of all sessions; what is worked out is worked out for all at once.

    State: about 142 kB a row, touched only where a session is.
    Thread: see each array.

    Args:
        capacity: Rows.

    Attributes:
        audio: float32 [N, 50, 640]; written by the door.
        heard: Samples ever written; by the door.
        heard_s: Wall time at which the newest whole frame was; by the door.
        due_s: Wall time since which there has always been a hop that waits; by the door.
        ended: Nothing more will be written; by the door, when ``heard`` is whole frames.
        taken: Motion frames the door has passed on, or `NEVER`; by the door.
        patience: Most frames that may wait before the newest are gone on with.
        cut: Frame at which the stream is to begin anew; by the door.
        live: Rows with a session; by the engine, like all that follow.
        group: Whose slots the session is in.
        window: Frames per window.
        home: Frames per hop of the profile.
        hop: Frames of audio that the next window needs: as many as became final last time.
        read: Frames of audio taken.
        origin: Frame at which the stream last began anew.
        motion: float32 [N, 64, D], frame f in cell f modulo 64.
        number: Which frame is in which cell, or -1.
        ready_s: Wall time at which it became final.
        made: One more than the last frame that became final.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.audio = np.zeros((capacity, AUDIO_FRAMES, SAMPLES_PER_FRAME), np.float32)
        self.heard, self.taken, self.patience, self.cut = (
            np.zeros(capacity, np.int64) for _ in range(4)
        )
        self.read, self.origin, self.made = (np.zeros(capacity, np.int64) for _ in range(3))
        self.heard_s, self.due_s = np.zeros(capacity), np.zeros(capacity)
        self.ended, self.live = np.zeros(capacity, bool), np.zeros(capacity, bool)
        self.group, self.window, self.home, self.hop = (
            np.zeros(capacity, np.int64) for _ in range(4)
        )
        self.motion = np.zeros((capacity, MOTION_FRAMES, COEFFICIENT_COUNT), np.float32)
        self.number = np.full((capacity, MOTION_FRAMES), -1, np.int64)
        self.ready_s = np.zeros((capacity, MOTION_FRAMES))

    def begin(self, row: int, group: int, profile: LatencyProfile) -> None:
        """Clear a row that is not live and make it so."""
        for counts in (self.heard, self.cut, self.read, self.origin, self.made):
            counts[row] = 0
        self.ended[row], self.number[row] = False, -1
        self.taken[row] = self.patience[row] = NEVER
        self.group[row] = group
        self.window[row] = profile.window_frames
        self.hop[row] = self.home[row] = profile.hop_frames
        self.live[row] = True

    def behind(self) -> I64:
        """Whole frames of audio that wait, int64 [N]."""
        waiting: I64 = self.heard // SAMPLES_PER_FRAME - self.read
        return waiting

    def due(self, behind: I64) -> Slots:
        """Rows that have a hop of audio, or an end to be reached, and room for the motion."""
        unfinished = self.ended & (self.made < self.heard // SAMPLES_PER_FRAME)
        # As much as there may be, and no frame that a door in no hurry could not look back to.
        room = self.made + 2 * self.home - self.taken <= SAFE_FRAMES
        return np.flatnonzero(self.live & room & ((behind >= self.hop) | unfinished))

    def kind(self, rows: Slots) -> I64:
        """What may share a batch: twice the group, and one more where the hop is not its own."""
        kind: I64 = 2 * self.group[rows] + (self.hop[rows] != self.home[rows])
        return kind

    def overdue(self, behind: I64) -> Slots:
        """Rows in which more audio waits than may."""
        return np.flatnonzero(self.live & (behind > self.patience))

    def in_time(self, rows: Slots) -> NDArray[np.bool_]:
        """Which of them speak live, so that their motion may be too late, bool [B]."""
        live: NDArray[np.bool_] = self.patience[rows] < NEVER
        return live

    def deadline_s(self, rows: Slots, behind: I64) -> NDArray[np.float64]:
        """Wall time at which the hop after the waiting one is complete, float64 [B].

        Who may be as patient as can be, an upload say, has just been heard whatever waits of it:
        it must not come before those who speak live.
        """
        hop = self.hop[rows]
        waiting = np.where(self.in_time(rows), np.maximum(behind[rows], hop), hop)
        deadline: NDArray[np.float64] = self.heard_s[rows] + (2 * hop - waiting) / MOTION_FPS
        return deadline

    def skip(self, rows: Slots) -> I64:
        """Go on with the newest hop: an engine that fell behind does not catch up by working more.

        Args:
            rows: Overdue ones.

        Returns:
            Frames left out, int64 [B].
        """
        self.hop[rows] = self.home[rows]
        newest = self.heard[rows] // SAMPLES_PER_FRAME - self.hop[rows]
        left_out: I64 = newest - self.read[rows]
        self.read[rows] = self.origin[rows] = newest
        return left_out

    def next_audio(self, rows: Slots) -> tuple[F32, NDArray[np.bool_]]:
        """Audio that the next window of rows of one profile needs.

        Args:
            rows: Due ones, of one hop.

        Returns:
            float32 [B, 640 H], and which of its frames lie after the end, bool [B, H].
        """
        frames = self.read[rows][:, None] + np.arange(self.hop[rows[0]])
        samples = self.audio[rows[:, None], frames % AUDIO_FRAMES]
        return samples.reshape(len(rows), -1), frames >= self._total(rows)[:, None]

    def put_motion(self, rows: Slots, motion: F32, now_s: float) -> None:
        """Take what a window of rows of one profile made final.

        Args:
            rows: Those whose `next_audio` it was made of.
            motion: float32 [B, E, D]; the next window needs E frames of audio.
            now_s: Wall time.
        """
        hop = self.hop[rows]
        start = self.read[rows] - self.window[rows] + hop
        frames = start[:, None] + np.arange(motion.shape[1])
        total = self._total(rows)
        real = (frames >= self.origin[rows][:, None]) & (frames < total[:, None])
        # A cut may come while the window before it is worked on: nothing after it is of that.
        pending = self.cut[rows] > self.origin[rows]
        real &= ~pending[:, None] | (frames < self.cut[rows][:, None])
        at, which = np.nonzero(real)
        into, cells = rows[at], frames[at, which] % MOTION_FRAMES
        self.motion[into, cells] = motion[at, which]
        self.ready_s[into, cells] = now_s
        self.number[into, cells] = frames[at, which]
        self.read[rows] += hop
        self.hop[rows] = motion.shape[1]
        end = np.minimum(start + motion.shape[1], total)
        self.made[rows] = np.where(real.any(axis=1), end, self.made[rows])

    def _total(self, rows: Slots) -> I64:
        """Frames that there will ever be, int64 [B]; `NEVER` while the speech goes on."""
        total: I64 = np.where(self.ended[rows], self.heard[rows] // SAMPLES_PER_FRAME, NEVER)
        return total


def waiting(table: LaneTable) -> tuple[int, int]:
    """Frames of audio that wait: of all sessions, and of the one that waits most."""
    frames = np.maximum(0, table.behind()[table.live])
    return int(frames.sum()), int(frames.max(initial=0))


def complete_s(
    table: LaneTable, rows: Slots, deadline_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Say when the windows that wait were complete.

    By the clock of who speaks; but what the network brings late, and much of it at once, was not
    there before: that is nobody's strain.

    Args:
        table: Of the rows.
        rows: Due ones.
        deadline_s: Theirs.

    Returns:
        Wall time, float64 [B].
    """
    spoken_s = deadline_s - table.hop[rows] / MOTION_FPS
    complete: NDArray[np.float64] = np.maximum(spoken_s, table.due_s[rows])
    return complete


def begin_anew(table: LaneTable) -> Slots:
    """Let streams that were cut go on there, with nothing of what was before; their rows."""
    rows = np.flatnonzero(table.live & (table.cut > table.origin))
    table.hop[rows] = table.home[rows]
    table.read[rows] = table.origin[rows] = table.cut[rows]
    return rows


def row_bytes() -> int:
    """Memory of a row."""
    return sum(part.nbytes for part in vars(LaneTable(1)).values() if isinstance(part, np.ndarray))
