"""The progress bar."""

import io

from training.progress import Progress, clock_of


def test_pace_and_time_left_are_this_sessions_own() -> None:
    """Steps done before it began do not count as fast ones."""
    now = [100.0]
    screen = io.StringIO()
    progress = Progress(50, 100, screen, lambda: now[0])
    now[0] = 110.0
    progress.show(60)
    assert screen.getvalue() == f"\r[{'#' * 18:<30}] 60 of 100, 1.00 steps/s, 0:40 left "


def test_it_is_redrawn_twice_a_second_and_at_the_end() -> None:
    """Quick steps are not all shown; the last one is."""
    now = [0.0]
    screen = io.StringIO()
    progress = Progress(0, 9, screen, lambda: now[0])
    for step in range(1, 10):
        now[0] += 0.25
        progress.show(step)
    progress.end()
    shown = [line.split("] ")[1].split()[0] for line in screen.getvalue().split("\r")[1:]]
    assert shown == ["2", "4", "6", "8", "9"]
    assert screen.getvalue().endswith("0:00 left \n")


def test_times_read_like_a_clock() -> None:
    """Hours only when there are any."""
    assert [clock_of(s) for s in (5, 65, 3723.4)] == ["0:05", "1:05", "1:02:03"]
