"""Sound of any rate to PCM16 of any other, where a few milliseconds of waiting are no matter."""

import av
import numpy as np

from stream_engine.audio.speech_queue import Pcm
from stream_engine.types import F32


class AnyRate:
    """Resamples mono sound between rates that have nothing in common (`Resampler`: those that do).

    *Latency*: some milliseconds, given out by ``finish``. *State*: as much. *Thread*: any, one at a
    time. *Buffers*: results are the caller's.

    Args:
        rate_hz: Of the input.
        to_hz: Of the output.
    """

    def __init__(self, rate_hz: int, to_hz: int) -> None:
        self._rate_hz, self._fed = rate_hz, False
        self._to = av.AudioResampler(format="s16", layout="mono", rate=to_hz)

    def feed(self, samples: F32) -> Pcm:
        """Take samples that follow on from the last; what became ready, int16 [N]."""
        if not len(samples):
            return np.zeros(0, np.int16)
        pcm = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate, self._fed = self._rate_hz, True
        return self._through(frame)

    def finish(self) -> Pcm:
        """The rest, int16 [N]; nothing may be fed after it."""
        return self._through(None) if self._fed else np.zeros(0, np.int16)

    def _through(self, frame: av.AudioFrame | None) -> Pcm:
        parts = [part.to_ndarray()[0] for part in self._to.resample(frame)]
        return np.concatenate([np.zeros(0, np.int16), *parts])
