"""Wall time behind a seam."""

import time


class MonotonicClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        return time.monotonic()
