"""How cheaply to work: quality gives way before time does, and comes back when there is time."""

from dataclasses import dataclass, field

PERIOD_S = 0.5
"""Strain is judged over so long."""

STRAINED, EASY = 0.8, 0.4
"""Of a hop: the time from a window's last sample to its motion that is too long, or short."""

_FEW = 0.05
"""Of the windows of a period, so many may be strained and it still counts as good."""

CALM_S, MOST_CALM_S = 4.0, 128.0
"""Easy time after which quality is raised; doubled each time that was too soon, up to this."""

_TOO_SOON_S = 10.0


@dataclass(slots=True)
class Governor:
    """Chooses a level, 0 the best, from how long windows took.

    Goes down a level after a period in which more than a few windows were strained; goes up one
    after calm that lasted. If the higher level turns out to be too much within seconds, the next
    calm must last twice as long: the face does not flicker between two qualities.

    Attributes:
        levels: How many there are.
        level: The one to work at.
        strained: The last period was too much even so.
    """

    levels: int
    level: int = field(default=0, init=False)
    strained: bool = field(default=False, init=False)
    _began_s: float | None = field(default=None, init=False)
    _windows: int = field(default=0, init=False)
    _hard: int = field(default=0, init=False)
    _uneasy: int = field(default=0, init=False)
    _calm_since_s: float = field(default=0.0, init=False)
    _calm_wanted_s: float = field(default=CALM_S, init=False)
    _raised_s: float = field(default=float("-inf"), init=False)

    @property
    def overloaded(self) -> bool:
        """Strained, and nothing is left to give way."""
        return self.strained and self.level == self.levels - 1

    def observe(self, now_s: float, windows: int, strained: int, easy: int) -> None:
        """Take what one batch gave.

        Args:
            now_s: Wall time.
            windows: In the batch.
            strained: Of these, how many took longer than `STRAINED` of their hop.
            easy: And how many less than `EASY`.
        """
        if self._began_s is None:
            self._began_s = self._calm_since_s = now_s
        self._windows += windows
        self._hard += strained
        self._uneasy += windows - easy
        if now_s - self._began_s >= PERIOD_S:
            self._judge(now_s)
            self._began_s, self._windows, self._hard, self._uneasy = now_s, 0, 0, 0

    def _judge(self, now_s: float) -> None:
        most = _FEW * self._windows
        self.strained = self._hard > most
        if self._uneasy > most:
            self._calm_since_s = now_s
        if self.strained and self.level < self.levels - 1:
            self.level += 1
            soon = now_s - self._raised_s < _TOO_SOON_S
            wanted = 2.0 * self._calm_wanted_s if soon else CALM_S
            self._calm_wanted_s = min(wanted, MOST_CALM_S)
        elif self.level > 0 and now_s - self._calm_since_s >= self._calm_wanted_s:
            self.level -= 1
            self._raised_s = self._calm_since_s = now_s
