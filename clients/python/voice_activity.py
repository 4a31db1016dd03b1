"""When somebody begins and ceases to speak, by loudness: enough to interrupt a bot by."""

from dataclasses import dataclass, field

import numpy as np

from stream_engine.audio.speech_queue import Pcm

BEGAN, CEASED = "began", "ceased"


@dataclass(slots=True)
class VoiceActivity:
    """Hears loudness against the room's own; put a trained detector here for noisy rooms.

    A voice begins after ``begin_s`` well above the noise, and ceases after ``cease_s`` of less. The
    noise is the least that was heard, rising slowly, so a fan that is switched on is learned.

    *Latency*: ``begin_s``. *State*: three numbers.

    Attributes:
        rate_hz: Of what is heard.
        above: Times the noise's level that a voice has at least.
        floor: Root mean square below which nothing is a voice, of full scale.
        begin_s: Longer than a click.
        cease_s: Longer than a breath.
        speaking: Somebody speaks.
    """

    rate_hz: int
    above: float = 3.0
    floor: float = 0.01
    begin_s: float = 0.06
    cease_s: float = 0.5
    speaking: bool = field(default=False, init=False)
    _noise: float = field(default=0.0, init=False)
    _turning_s: float = field(default=0.0, init=False)

    def hear(self, pcm: Pcm) -> str | None:
        """Take some 10 to 40 ms of sound.

        Args:
            pcm: int16 [N].

        Returns:
            `BEGAN`, `CEASED` or None.
        """
        if not len(pcm):
            return None
        seconds = len(pcm) / self.rate_hz
        level = float(np.sqrt(np.mean(np.square(pcm / 32768.0))))
        loud = level > max(self.floor, self.above * self._noise)
        if not self.speaking:
            self._noise = min(level, self._noise * 2.0**seconds + 1e-6)
        self._turning_s = self._turning_s + seconds if loud != self.speaking else 0.0
        if self._turning_s < (self.cease_s if self.speaking else self.begin_s) - 1e-9:
            return None
        self.speaking, self._turning_s = not self.speaking, 0.0
        return BEGAN if self.speaking else CEASED
