"""Rows of all sessions, worked on at once."""

import numpy as np
import pytest

from stream_engine.batching.lane_table import LaneTable, begin_anew, row_bytes, waiting
from stream_engine.motion.window import PROFILES
from stream_engine.types import F32

ROWS = np.array([0, 2])


def heard(table: LaneTable, row: int, frames: float, at_s: float = 0.0) -> None:
    """So many frames of audio are there; sample s of row r is 1000 r + frame."""
    table.heard[row] = int(frames * 640)
    for frame in range(int(frames)):
        table.audio[row, frame % 50] = 1000 * row + frame
    table.heard_s[row] = at_s


def two(profile: str) -> LaneTable:
    """Sessions in rows 0 and 2 of three."""
    table = LaneTable(3)
    for row in ROWS:
        table.begin(int(row), 0, PROFILES[profile])
    return table


def hop(table: LaneTable, rows: list[int]) -> F32:
    """Make motion that shows which audio it was made of."""
    at = np.array(rows)
    samples, _ = table.next_audio(at)
    shown = samples.reshape(len(at), -1, 640)[:, :, 0]
    table.put_motion(at, np.repeat(shown[..., None], 55, axis=2), 7.0)
    return shown


def test_a_window_is_due_when_its_hop_has_been_heard() -> None:
    """Not a sample sooner; a row without a session never."""
    table = two("quality")
    table.heard[1] = 10**6
    heard(table, 0, 1.999)
    heard(table, 2, 2)
    assert table.due(table.behind()).tolist() == [2]


def test_audio_is_read_in_order_around_the_ring() -> None:
    """Frame f of each row, 60 frames through a ring of 50."""
    table = two("balanced")
    for frame in range(60):
        heard(table, 0, frame + 1)
        heard(table, 2, frame + 1)
        assert hop(table, [0, 2])[:, 0].tolist() == [frame, 2000 + frame]
    assert table.made.tolist() == [58, 0, 58]
    cells = np.arange(58) % 64
    assert table.number[2, cells].tolist() == list(range(58))
    assert (table.ready_s[2, cells] == 7.0).all()


def test_the_end_is_worked_off_and_no_further() -> None:
    """Three frames, lookahead two: five hops, the last two after the end; then nothing is due."""
    table = two("balanced")
    heard(table, 0, 3)
    table.ended[0] = True
    after = []
    while len(table.due(table.behind())):
        after.append(bool(table.next_audio(np.array([0]))[1][0, 0]))
        hop(table, [0])
    assert after == [False, False, False, True, True]
    assert table.made[0] == 3


def test_a_skip_begins_anew_where_the_newest_hop_is() -> None:
    """Frames before it are never made; those after it keep their numbers."""
    table = two("quality")
    heard(table, 2, 31)
    table.patience[2] = 12
    assert table.overdue(table.behind()).tolist() == [2]
    assert table.skip(np.array([2])).tolist() == [29]
    for frames in range(31, 43, 2):
        heard(table, 2, frames)
        hop(table, [2])
    assert table.made[2] == 35
    there = table.number[2][table.number[2] >= 0]
    assert sorted(there.tolist()) == list(range(29, 35))


def test_deadlines_are_when_the_next_hop_is_complete() -> None:
    """Heard just now: in a hop; one more hop waiting: at once; so much later for a longer hop."""
    table = two("balanced")
    table.patience[ROWS] = 12
    heard(table, 0, 1, at_s=5.0)
    heard(table, 2, 3, at_s=5.0)
    behind = table.behind()
    assert table.deadline_s(ROWS, behind) == pytest.approx([5.04, 4.96])
    table = two("quality")
    table.patience[ROWS] = 12
    heard(table, 0, 2, at_s=5.0)
    heard(table, 2, 4, at_s=5.0)
    assert table.deadline_s(ROWS, table.behind()) == pytest.approx([5.08, 5.0])


def test_an_upload_does_not_come_before_who_speaks_live() -> None:
    """However much of it waits, it counts as heard just now."""
    table = two("balanced")
    table.patience[0] = 12
    heard(table, 0, 2, at_s=5.0)
    heard(table, 2, 40, at_s=5.0)
    assert table.in_time(ROWS).tolist() == [True, False]
    assert table.deadline_s(ROWS, table.behind()) == pytest.approx([5.0, 5.04])


def test_a_longer_hop_keeps_every_frame_in_its_place() -> None:
    """One frame, then two, then two, then one: no gap, no repeat, and a kind of its own."""
    table = two("balanced")
    heard(table, 0, 9)
    made = []
    for final in (1, 2, 2, 1, 1):
        samples, _ = table.next_audio(ROWS[:1])
        assert samples.shape == (1, 640 * table.hop[0])
        table.put_motion(ROWS[:1], np.full((1, final, 55), 1.0, np.float32), 0.0)
        assert table.kind(ROWS[:1]).tolist() == [int(final != 1)]
        made.append(int(table.made[0]))
    assert made == [0, 1, 3, 4, 5]
    assert sorted(table.number[0][table.number[0] >= 0]) == [0, 1, 2, 3, 4]


def test_a_row_is_clean_when_it_begins_again() -> None:
    """No count, no motion, no end is left of whom it held."""
    table = two("balanced")
    heard(table, 0, 20)
    for _ in range(20):
        hop(table, [0])
    table.ended[0], table.taken[0], table.patience[0] = True, 3, 4
    table.begin(0, 1, PROFILES["ultra"])
    assert not (table.number[0] >= 0).any()
    assert (table.heard[0], table.read[0], table.made[0], table.origin[0]) == (0, 0, 0, 0)
    assert not len(table.due(table.behind()))
    assert not len(table.overdue(table.behind()))


def test_a_row_has_the_size_that_is_stated() -> None:
    """Audio of 2 s, 64 frames of motion with number and time, and counts."""
    assert row_bytes() == 4 * (50 * 640 + 64 * 55) + 64 * 16 + 13 * 8 + 2


def test_what_waits_is_counted_of_sessions_only() -> None:
    """Whole frames, in all and of the longest queue; what was read waits no more."""
    table = two("ultra")
    assert waiting(table) == (0, 0)
    heard(table, 0, 3.5)
    heard(table, 2, 2)
    assert waiting(table) == (5, 3)
    hop(table, [0])
    assert waiting(table) == (4, 2)
    table.live[0] = False
    assert waiting(table) == (2, 2)


def test_a_stream_that_was_cut_goes_on_there_as_if_it_began() -> None:
    """What was heard before is not read; motion has the numbers that follow."""
    table = two("ultra")
    heard(table, 0, 5)
    for _ in range(3):
        hop(table, [0])
    table.cut[0] = 5
    assert begin_anew(table).tolist() == [0]
    assert begin_anew(table).tolist() == []
    assert table.due(table.behind()).tolist() == []
    heard(table, 0, 8)
    for _ in range(3):
        hop(table, [0])
    assert table.number[0].tolist()[:9] == [0, 1, -1, -1, -1, 5, 6, -1, -1]


def test_a_window_that_was_under_way_leaves_nothing_after_the_cut() -> None:
    """Even if it has heard what came after."""
    table = two("ultra")
    heard(table, 2, 4)
    hop(table, [2])
    hop(table, [2])
    table.cut[2] = 1
    hop(table, [2])
    assert table.number[2].tolist()[:3] == [0, -1, -1]
