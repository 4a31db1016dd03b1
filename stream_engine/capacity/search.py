"""The most sessions that still fit, by trying."""

from collections.abc import Callable

from stream_engine.capacity.load import LoadReport

NEAR = 0.05
"""How near to the true number the search stops, as a share of it."""


def most_that_fit(
    trial: Callable[[int], LoadReport], limit_ms: float, most: int
) -> tuple[int, list[LoadReport]]:
    """Double until it is too much, then halve the gap until it is small.

    A number is too much if it failed twice: a neighbour's burst may spoil a trial.

    Args:
        trial: Runs so many sessions.
        limit_ms: What 99 of 100 windows must stay under.
        most: Never try more.

    Returns:
        The largest number that fitted, 0 if not even one did, and all trials in order of sessions.
    """
    reports: dict[int, LoadReport] = {}

    def fits(sessions: int) -> bool:
        for _ in range(2):
            reports[sessions] = trial(sessions)
            if reports[sessions].fits(limit_ms):
                return True
        return False

    good, bad = 0, 1
    while bad <= most and fits(bad):
        good, bad = bad, 2 * bad
    bad = min(bad, most + 1)
    while bad - good > max(1, int(NEAR * good)):
        middle = (good + bad) // 2
        if fits(middle):
            good = middle
        else:
            bad = middle
    return good, [reports[sessions] for sessions in sorted(reports)]
