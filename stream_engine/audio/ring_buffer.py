"""The newest seconds of a session's audio, addressed by absolute sample."""

import threading
from dataclasses import dataclass

import numpy as np

from stream_engine.types import F32


@dataclass(frozen=True, slots=True)
class RingRead:
    """What a reader got.

    Attributes:
        start: Absolute index of the first sample; past the wanted one where samples were lost.
        samples: float32 [N], a copy; shorter than wanted at the newest end.
        lost: Wanted samples that had been overwritten.
    """

    start: int
    samples: F32
    lost: int


def write_around(store: F32, end: int, samples: F32) -> None:
    """Write samples into a ring after the ``end`` that were ever written; the oldest give way.

    Args:
        store: float32 [N]; sample s lies at s modulo N.
        end: Absolute index of the first of ``samples``.
        samples: float32 [M], of any length.
    """
    size, kept = len(store), samples[-len(store) :]
    at = (end + len(samples) - len(kept)) % size
    first = min(len(kept), size - at)
    store[at : at + first] = kept[:first]
    store[: len(kept) - first] = kept[first:]


def silence(count: int) -> F32:
    """Zeros, float32 [N], in no memory: after a machine's sleep they may be hours."""
    return np.broadcast_to(np.float32(0.0), count)


class RingBuffer:
    """A fixed store that one thread writes and any number of readers read by position.

    When full it overwrites the oldest samples; a reader that comes too late is told how many it
    lost. Readers keep their own position, so the buffer never waits for one.

    *State*: ``capacity`` samples. *Thread*: any; a lock is held for the copy only.
    *Buffers*: ``append`` copies in, ``read`` gives the caller its own copy.

    Args:
        capacity: Samples kept.
    """

    def __init__(self, capacity: int) -> None:
        self._store = np.zeros(capacity, np.float32)
        self._end = 0
        self._lock = threading.Lock()

    @property
    def capacity(self) -> int:
        """Samples kept."""
        return len(self._store)

    @property
    def end(self) -> int:
        """Samples ever written: the absolute index of the next one."""
        return self._end

    @property
    def oldest(self) -> int:
        """Absolute index of the oldest sample still here."""
        return max(0, self._end - len(self._store))

    def append(self, samples: F32) -> None:
        """Write samples after the newest; the oldest give way."""
        with self._lock:
            write_around(self._store, self._end, samples)
            self._end += len(samples)

    def append_silence(self, count: int) -> None:
        """Write ``count`` zeros."""
        self.append(silence(max(0, count)))

    def fade_out(self, start: int, samples: int) -> int:
        """Let what has been written fade out from a sample on; all after it is silence.

        Args:
            start: Absolute index of the first that is quieter.
            samples: Length of the fade.

        Returns:
            Samples from ``start`` on that had been written.
        """
        size = len(self._store)
        with self._lock:
            at = np.arange(max(start, self.oldest), self._end)
            gain = np.clip(1.0 - (at - start + 1) / samples, 0.0, 1.0)
            self._store[at % size] *= gain.astype(np.float32)
            return len(at)

    def read(self, start: int, count: int) -> RingRead:
        """Copy samples out.

        Args:
            start: Absolute index of the first sample wanted.
            count: Most samples wanted.

        Returns:
            What is here of ``start .. start + count``, and how much of it was overwritten.
        """
        size = len(self._store)
        with self._lock:
            stop = min(start + count, self._end)
            first = min(max(start, self.oldest), max(stop, start))
            at = first % size
            length = max(0, stop - first)
            head = self._store[at : at + min(length, size - at)]
            samples = np.concatenate([head, self._store[: length - len(head)]])
        return RingRead(start=first, samples=samples, lost=first - start)
