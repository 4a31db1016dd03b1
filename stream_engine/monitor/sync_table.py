"""What left of every watched session, side by side: two seconds of voice and face, one row each.

Addressed by the frame of the release line: voice and face in one cell left together. The door
writes, the watcher reads hop by hop; a reader that falls behind goes on with the newest, since what
it judges must be about now. A cell without a face holds the one before it: that is what was seen.
"""

import numpy as np
from numpy.typing import NDArray

from stream_engine.monitor.sync_score import HOP_FRAMES
from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.motion.slots import Slots
from stream_engine.types import F32, MOTION_FPS, TICKS_PER_FRAME

CELLS = 2 * MOTION_FPS
"""Frames kept: two seconds."""

AHEAD_FRAMES = 5
"""Of what is sent ahead of its release so much may still be taken back by an interrupt."""

_PCM = 32767.0
_NONE = -(2**40)


class SyncTable:
    """Rows of all watched sessions.

    State: about 200 kB a row, touched only where a session is.
    Thread: ``voice``, ``motion``, ``number`` and ``end`` are written by the doors' thread; ``read``
        by the watcher's.

    Args:
        capacity: Rows.

    Attributes:
        live: Rows with a session; by the doors.
        end: One more than the last frame whose voice is whole; by the doors.
        read: Next frame to be watched; by the watcher, and once by the doors at the beginning.
        ahead: Frames that may still be taken back; by the doors.
    """

    def __init__(self, capacity: int) -> None:
        self.voice = np.zeros((capacity, CELLS, TICKS_PER_FRAME), np.int16)
        self.motion = np.zeros((capacity, CELLS, COEFFICIENT_COUNT), np.float32)
        self.number = np.full((capacity, CELLS), _NONE, np.int64)
        self.end, self.read, self.ahead = (np.zeros(capacity, np.int64) for _ in range(3))
        self.live = np.zeros(capacity, bool)
        self._ticks = np.zeros(capacity, np.int64)

    @property
    def row_bytes(self) -> int:
        """Memory of a row."""
        kept = (self.voice, self.motion, self.number)
        return sum(int(part[0].nbytes) for part in kept)

    def begin(self, row: int, ahead: int) -> None:
        """Clear a row and make it live."""
        self.number[row] = _NONE
        self.end[row] = self.read[row] = self._ticks[row] = 0
        self.ahead[row] = ahead
        self.live[row] = True

    def put_voice(self, row: int, pts: int, samples: F32) -> None:
        """Take voice that left; what was passed over is silence, what is here already is not taken.

        Args:
            row: Whose.
            pts: Tick of the first sample on the release line.
            samples: float32 [N], 48 kHz.
        """
        line = self.voice[row].reshape(-1)
        at, size, end = int(self._ticks[row]), len(line), pts + len(samples)
        if end <= at:  # another viewer hears the same
            return
        if pts - at >= size:  # the first, or long after the last: begin there
            self.read[row] = self.end[row] = -(-pts // TICKS_PER_FRAME)
            at = pts
            line[:] = 0
        line[np.arange(at, pts) % size] = 0
        begin = max(at, pts)
        pcm = (np.clip(samples[begin - pts :], -1.0, 1.0) * _PCM).astype(np.int16)
        line[np.arange(begin, end) % size] = pcm
        self._ticks[row] = end
        self.end[row] = end // TICKS_PER_FRAME

    def put_face(self, row: int, frame: int, coefficients: F32) -> None:
        """Take a face that left with the voice of a frame, float32 [D]."""
        self.motion[row, frame % CELLS] = np.nan_to_num(coefficients)  # a broken model gives NaN
        self.number[row, frame % CELLS] = frame

    def due(self) -> Slots:
        """Rows with a hop to be watched."""
        waiting = self.end - self.ahead - self.read
        return np.flatnonzero(self.live & (waiting >= HOP_FRAMES))

    def skip(self, rows: Slots) -> NDArray[np.int64]:
        """Go on with the newest hop where older ones may have been written over.

        Args:
            rows: Due ones.

        Returns:
            Frames left out of each, int64 [B].
        """
        newest = self.end[rows] - self.ahead[rows] - HOP_FRAMES
        late = self.end[rows] - self.read[rows] > CELLS - HOP_FRAMES
        left_out = np.where(late, newest - self.read[rows], 0)
        self.read[rows] += left_out
        return left_out

    def take(self, rows: Slots) -> tuple[F32, F32, F32]:
        """Take the next hop of rows.

        Args:
            rows: Due ones.

        Returns:
            Motion float32 [B, HOP_FRAMES, D]; voice float32 [B, HOP_TICKS]; in what share of the
            frames another face came, float32 [B], -1 where there has been none at all.
        """
        frames = self.read[rows][:, None] + np.arange(HOP_FRAMES)
        cells = frames % CELLS
        samples = self.voice[rows[:, None], cells].reshape(len(rows), -1) / np.float32(_PCM)
        # The newest face at or before each frame; of the last cells, or none.
        back = frames[:, :, None] - np.arange(CELLS - HOP_FRAMES)
        there = self.number[rows[:, None, None], back % CELLS] == back
        which = there.argmax(axis=2)
        found = there.any(axis=2)
        shown = self.motion[rows[:, None], (frames - which) % CELLS]
        self.read[rows] += HOP_FRAMES
        fresh = np.where(found.any(axis=1), there[:, :, 0].mean(axis=1), -1.0).astype(np.float32)
        return np.where(found[:, :, None], shown, np.float32(0.0)), samples, fresh
