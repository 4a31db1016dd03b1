"""The sessions of one latency profile: their slots, and how cheaply to work."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stream_engine.batching.governor import EASY, STRAINED, Governor
from stream_engine.motion.slots import Slots
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

    def plan(self, rows: Slots, at_home: bool, now_s: float) -> tuple[Slots, int]:
        """Say which of a batch are advanced now, and at which level.

        Hops become twice as long for half of the sessions in one hop's time and for the others in
        the next: if all changed at once, all would be due in the same half of the time ever after.

        Args:
            rows: Due ones, intp [B].
            at_home: Their hop is the profile's own.
            now_s: Wall time.

        Returns:
            Those that are, and the level.
        """
        level, cheapest = self.governor.level, self.governor.levels - 1
        if not at_home or level == 0 or level < cheapest:
            return rows, level
        mine = rows[rows % 2 == int(now_s / self.hop_s) % 2]
        return (mine, level) if len(mine) else (rows, level - 1)

    def judge(self, complete_s: NDArray[np.float64], now_s: float) -> int:
        """Tell the governor how long windows took.

        Args:
            complete_s: Wall time at which the last sample of each was there, float64 [B].
            now_s: Wall time at which their motion was.

        Returns:
            How many missed their deadline: the next hop of speech was there before.
        """
        took = (now_s - complete_s) / self.hop_s
        strained, easy = np.count_nonzero(took > STRAINED), np.count_nonzero(took < EASY)
        self.governor.observe(now_s, len(took), int(strained), int(easy))
        return int(np.count_nonzero(took > 1.0))
