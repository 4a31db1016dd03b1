"""Speech that was pushed faster than it is spoken, waiting for its turn."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from stream_engine.audio.resampler import block_samples
from stream_engine.errors import SpeechBufferFull

Pcm = NDArray[np.int16]


class SpeechQueue:
    """PCM16 in the order it came; bounded, and what does not fit is refused whole.

    *State*: at most ``most_s`` of sound. *Thread*: the loop. *Buffers*: what is pushed is kept, not
    copied; what is taken is the caller's.

    Args:
        rate_hz: Samples in a second, a multiple of 25.
        most_s: Seconds that may wait.

    Raises:
        AudioError: If the rate cannot be used.
    """

    def __init__(self, rate_hz: int, most_s: float) -> None:
        block_samples(rate_hz)
        self.rate_hz = rate_hz
        self._most = int(most_s * rate_hz)
        self._pieces: deque[Pcm] = deque()
        self.waiting = 0

    @property
    def waiting_s(self) -> float:
        """Seconds that wait."""
        return self.waiting / self.rate_hz

    def push(self, pcm: Pcm) -> None:
        """Take speech that follows on from the last.

        Args:
            pcm: int16 [N].

        Raises:
            SpeechBufferFull: If it does not fit; nothing of it is kept.
        """
        if self.waiting + len(pcm) > self._most:
            raise SpeechBufferFull(
                "more speech waits than may",
                got=f"{self.waiting_s:.1f} s, and {len(pcm) / self.rate_hz:.1f} s more",
                expected=f"at most {self._most / self.rate_hz:g} s",
                fix="send the rest when some of it has been spoken",
            )
        if len(pcm):
            self._pieces.append(pcm)
            self.waiting += len(pcm)

    def take(self, count: int) -> Pcm:
        """Take the oldest samples away.

        Args:
            count: At most so many.

        Returns:
            int16 [N], fewer only if fewer wait.
        """
        taken: list[Pcm] = []
        while count and self._pieces:
            piece = self._pieces.popleft()
            if len(piece) > count:
                self._pieces.appendleft(piece[count:])
                piece = piece[:count]
            taken.append(piece)
            count -= len(piece)
            self.waiting -= len(piece)
        return np.concatenate(taken) if taken else np.zeros(0, np.int16)

    def put_back(self, pcm: Pcm) -> None:
        """Let samples that were taken, and not spoken, come next; they always fit."""
        if len(pcm):
            self._pieces.appendleft(pcm)
            self.waiting += len(pcm)

    def clear(self) -> int:
        """Forget everything; how many samples that was."""
        dropped, self.waiting = self.waiting, 0
        self._pieces.clear()
        return dropped
