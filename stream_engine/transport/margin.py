"""How much longer than the model's latency a moment waits, so that its picture is ready."""

from dataclasses import dataclass, field

from stream_engine.types import TICKS_PER_SECOND

LEAST_SLACK_S = 0.003
"""Nine pictures in ten are to be ready this long before they leave."""

WASTED_SLACK_S = 0.01
"""Of more slack than this in nine of ten, half is given back."""

BLOCK = 50
"""Pictures looked at before a change: two seconds."""

CALM_BLOCKS = 5
"""Blocks in a row with slack to waste before any is given back."""

MAX_EXTRA = TICKS_PER_SECOND * 120 // 1000
STEP = TICKS_PER_SECOND // 1000
"""Change per picture, 1 ms: the ear does not notice."""


@dataclass(slots=True)
class Margin:
    """Extra delay for voice and picture alike, as much as this machine needs to draw in time.

    A machine that is too slow for the fixed margin would show every picture 40 ms late against
    the voice; with both delayed a little more they stay together.

    *State*: one block of slacks, three numbers. *Thread*: the loop.
    """

    extra: int = 0
    _target: int = 0
    _calm: int = 0
    _slacks: list[float] = field(default_factory=list)

    def observe(self, slack_s: float) -> int:
        """Take note how long before its release a picture could have been ready.

        Args:
            slack_s: Seconds; negative when it came too late.

        Returns:
            Ticks of extra delay from now on.
        """
        if self.extra == self._target:  # what is measured on the way says little
            self._slacks.append(slack_s)
        if len(self._slacks) == BLOCK:
            worst = sorted(self._slacks)[BLOCK // 10]
            self._slacks.clear()
            self._calm = self._calm + 1 if worst > WASTED_SLACK_S else 0
            if worst < LEAST_SLACK_S:
                self._aim(self.extra + int((LEAST_SLACK_S - worst) * TICKS_PER_SECOND))
            elif self._calm >= CALM_BLOCKS:
                self._calm = 0
                surplus = int((worst - LEAST_SLACK_S) * TICKS_PER_SECOND)
                self._aim(self.extra - surplus // 2)
        self.extra += max(-STEP, min(STEP, self._target - self.extra))
        return self.extra

    def _aim(self, ticks: int) -> None:
        self._target = max(0, min(MAX_EXTRA, ticks))
