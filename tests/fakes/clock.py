"""A clock that moves when told to."""


class ManualClock:
    """Implements `Clock`; time passes only through `advance`."""

    def __init__(self, now_s: float = 100.0) -> None:
        self._now_s = now_s

    def now(self) -> float:
        """Seconds that never go back."""
        return self._now_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        assert seconds >= 0
        self._now_s += seconds
