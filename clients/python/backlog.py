"""How much speech a server has that it has not spoken, reckoned from what was sent and when."""

from collections.abc import Callable


class Backlog:
    """Speech sent and not spoken yet, at the pace of time.

    It is a reckoning: the server begins a little later than this believes, so leave it that room.

    *State*: a number. *Thread*: the loop.

    Args:
        most_s: Speech that may wait at the server.
        clock: Seconds.
    """

    def __init__(self, most_s: float, clock: Callable[[], float]) -> None:
        self._most_s, self._clock = most_s, clock
        self._empty_s = clock()
        self._paused_s: float | None = None

    @property
    def waiting_s(self) -> float:
        """Seconds of speech that wait."""
        return max(0.0, self._empty_s - self._now())

    def wait_s(self, seconds: float) -> float:
        """How long to wait until so much more may be sent; for ever, while it is paused."""
        over = self.waiting_s + seconds - self._most_s
        if over <= 0.0 or self.waiting_s == 0.0:
            return 0.0
        return over if self._paused_s is None else float("inf")

    def add(self, seconds: float) -> None:
        """Note what is sent."""
        self._empty_s = max(self._empty_s, self._now()) + seconds

    def clear(self) -> None:
        """Everything was forgotten, and a pause with it."""
        self._paused_s = None
        self._empty_s = self._clock()

    def pause(self) -> None:
        """Nothing is spoken from now on."""
        self._paused_s = self._now()

    def resume(self) -> None:
        """It goes on."""
        if self._paused_s is not None:
            self._empty_s += self._clock() - self._paused_s
            self._paused_s = None

    def _now(self) -> float:
        return self._clock() if self._paused_s is None else self._paused_s
