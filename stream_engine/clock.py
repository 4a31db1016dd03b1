"""Wall time behind a seam."""

import time


class MonotonicClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        return time.monotonic()


class EpochClock:
    """The calendar's clock, for what other machines must understand; it may be set back."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()
