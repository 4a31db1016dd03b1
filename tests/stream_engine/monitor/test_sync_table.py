"""What left of voice and face, by the frame: gaps, repeats, laggards, readers that are late."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.monitor.sync_score import HOP_FRAMES
from stream_engine.monitor.sync_table import CELLS, SyncTable
from stream_engine.types import TICKS_PER_FRAME

ROW = np.array([1])


def begun(ahead: int = 0) -> SyncTable:
    table = SyncTable(3)
    table.begin(1, ahead)
    return table


def face(value: float) -> np.ndarray:
    return np.full(55, value, np.float32)


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, 2 * TICKS_PER_FRAME), min_size=8, max_size=20))
def test_voice_in_any_pieces_comes_out_whole(cuts: list[int]) -> None:
    """Sample by sample, to 16 bits; repeats of another viewer are not taken twice."""
    total = (sum(cuts) // TICKS_PER_FRAME // HOP_FRAMES) * HOP_FRAMES * TICKS_PER_FRAME
    sound = np.sin(np.arange(sum(cuts)) / 50).astype(np.float32)
    table, heard, at = begun(), [], 0
    for cut in cuts:
        table.put_voice(1, at, sound[at : at + cut])
        table.put_voice(1, at, sound[at : at + cut])  # another viewer
        at += cut
        while len(table.due()):
            heard.append(table.take(ROW)[1][0])
    assert len(heard) * HOP_FRAMES * TICKS_PER_FRAME == total
    if heard:
        np.testing.assert_allclose(np.concatenate(heard), sound[:total], atol=1 / 32767)


def test_a_frame_without_a_face_shows_the_one_before() -> None:
    """A picture that is repeated is what is seen."""
    table = begun()
    table.put_voice(1, 0, np.zeros(HOP_FRAMES * TICKS_PER_FRAME, np.float32))
    table.put_face(1, 2, face(0.2))
    table.put_face(1, 7, face(0.7))
    motion, _, fresh = table.take(ROW)
    assert fresh[0] == np.float32(0.2)
    np.testing.assert_allclose(motion[0, :, 0], [0, 0, 0.2, 0.2, 0.2, 0.2, 0.2, 0.7, 0.7, 0.7])


def test_without_any_face_there_is_nothing_to_watch() -> None:
    """Who sends no face is not judged."""
    table = begun()
    table.put_voice(1, 0, np.ones(HOP_FRAMES * TICKS_PER_FRAME, np.float32))
    assert table.take(ROW)[2][0] == -1.0


def test_voice_that_was_passed_over_is_silence() -> None:
    """A gap of three frames; a jump of an hour begins anew there."""
    table, frame = begun(), np.ones(TICKS_PER_FRAME, np.float32)
    table.put_voice(1, 0, frame)
    table.put_voice(1, 4 * TICKS_PER_FRAME, np.ones(6 * TICKS_PER_FRAME, np.float32))
    voice = table.take(ROW)[1].reshape(HOP_FRAMES, -1)
    np.testing.assert_allclose(voice.mean(axis=1), [1, 0, 0, 0, 1, 1, 1, 1, 1, 1], atol=1e-4)
    table.put_voice(1, 90_000 * TICKS_PER_FRAME, frame)
    assert table.read[1] == 90_000
    assert not len(table.due())


def test_a_reader_that_is_late_goes_on_with_the_newest() -> None:
    """What may have been written over is left out, and said to be."""
    table = begun()
    for number in range(CELLS):
        table.put_voice(1, number * TICKS_PER_FRAME, np.full(TICKS_PER_FRAME, 0.01 * number, "f4"))
    left_out = table.skip(table.due())
    assert left_out.tolist() == [CELLS - HOP_FRAMES]
    np.testing.assert_allclose(table.take(ROW)[1][0, -1], 0.01 * (CELLS - 1), atol=1e-4)
    assert table.skip(ROW).tolist() == [0]


def test_what_may_be_taken_back_is_not_watched_yet() -> None:
    """Of motion sent ahead the newest frames wait; a face that was taken back is replaced."""
    table = begun(ahead=5)
    table.put_voice(1, 0, np.zeros((HOP_FRAMES + 4) * TICKS_PER_FRAME, np.float32))
    assert not len(table.due())
    table.put_face(1, 9, face(0.9))
    table.put_face(1, 9, face(0.1))
    table.put_voice(1, (HOP_FRAMES + 4) * TICKS_PER_FRAME, np.zeros(TICKS_PER_FRAME, np.float32))
    assert table.due().tolist() == [1]
    assert table.take(ROW)[0][0, 9, 0] == np.float32(0.1)


def test_a_row_that_begins_anew_has_nothing_of_before() -> None:
    """Nor is a broken model's NaN let in."""
    table = begun()
    table.put_face(1, 3, face(np.nan))
    assert not table.motion[1].any()
    table.put_face(1, 3, face(0.5))
    table.begin(1, 0)
    table.put_voice(1, 0, np.zeros(HOP_FRAMES * TICKS_PER_FRAME, np.float32))
    assert table.take(ROW)[2][0] == -1.0
    assert table.row_bytes < 300_000
