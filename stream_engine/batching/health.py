"""Whether the models, or the painter, still work for anybody."""

from dataclasses import dataclass

IN_A_ROW = 3
"""Sessions that failed with none between that did not: the fault is not theirs."""

REST_S, LONGEST_REST_S = 5.0, 60.0
"""Nobody is admitted for so long; twice as long each time whoever came then failed, too."""

LOST_S = 30.0
"""Nothing but failures for so long: it does not come back by itself."""


@dataclass(slots=True)
class Health:
    """Failures in a row; one success forgets them.

    A failure ends its session, so several in a row are of several sessions. After a rest the next
    who comes is the trial: a card that was lost for a moment is found again, one that is gone
    costs a session a minute.

    *State*: four numbers. *Thread*: one writer; any reader.
    """

    _failures: int = 0
    _first_s: float = 0.0
    _last_s: float = 0.0
    _until_s: float = float("-inf")
    _rest_s: float = REST_S

    def worked(self) -> None:
        """Take note of a success."""
        if self._failures:
            self._failures, self._rest_s, self._until_s = 0, REST_S, float("-inf")

    def failed(self, now_s: float) -> None:
        """Take note that a session was ended by a failure."""
        if not self._failures:
            self._first_s = now_s
        self._failures += 1
        self._last_s = now_s
        if self.suspect and now_s >= self._until_s:
            self._until_s = now_s + self._rest_s
            self._rest_s = min(2.0 * self._rest_s, LONGEST_REST_S)

    @property
    def suspect(self) -> bool:
        """The last sessions all failed."""
        return self._failures >= IN_A_ROW

    def resting(self, now_s: float) -> bool:
        """Whether it is too soon for another trial."""
        return self.suspect and now_s < self._until_s

    @property
    def lost(self) -> bool:
        """Trials over a while failed as well."""
        return self.suspect and self._last_s - self._first_s >= LOST_S
