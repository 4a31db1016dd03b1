"""The sessions of one latency profile: their slots, and how cheaply to work."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stream_engine.batching.governor import EASY, STRAINED, Governor
from stream_engine.protocols import MotionSlots


@dataclass(slots=True)
class Group:
    """What an engine keeps of one profile.

    Attributes:
        slots: Advance the sessions.
        hop_s: Speech in a hop.
        governor: Says at which level.
    """

    slots: MotionSlots
    hop_s: float
    governor: Governor = field(init=False)

    def __post_init__(self) -> None:
        self.governor = Governor(self.slots.levels)

    def judge(self, complete_s: NDArray[np.float64], now_s: float) -> None:
        """Tell the governor how long windows took.

        Args:
            complete_s: Wall time at which the last sample of each was there, float64 [B].
            now_s: Wall time at which their motion was.
        """
        took = (now_s - complete_s) / self.hop_s
        strained, easy = np.count_nonzero(took > STRAINED), np.count_nonzero(took < EASY)
        self.governor.observe(now_s, len(took), int(strained), int(easy))
