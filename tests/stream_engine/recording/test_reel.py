import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.recording.content import (
    END,
    EVENT,
    HEAD,
    SOUND,
    WINDOW,
    End,
    unpack_json,
    unpack_sound,
)
from stream_engine.recording.framing import Record, read_records
from stream_engine.recording.reel import BLOCK_BYTES, Reel
from tests.fakes.recording import FullFilm, KeptFilm, records_of

SECOND = np.linspace(-0.5, 0.5, 16_000, dtype=np.float32)


def some_records(reel: Reel) -> None:
    reel.add(HEAD, b"head")
    for part in np.split(SECOND, 25):
        reel.add(SOUND, part.tobytes())
        reel.add(WINDOW, b"window")


def test_speech_is_written_a_second_at_a_time_and_before_what_came_with_it() -> None:
    """So it packs well, and no record lacks its speech, wherever the file ends."""
    film = KeptFilm()
    reel = Reel(film)
    some_records(reel)
    reel.add(EVENT, b"late")
    reel.end(End())
    kinds = [record.kind for record in records_of(film.data)]
    assert kinds == [HEAD, SOUND, *[WINDOW] * 24, WINDOW, EVENT, END]
    sound = unpack_sound(records_of(film.data)[1].payload)
    np.testing.assert_array_equal(sound.samples, SECOND)
    assert SECOND.nbytes == BLOCK_BYTES
    assert reel.size == len(film.data)


@given(st.integers(12, 1500))
def test_a_disk_that_fills_up_leaves_whole_records(room: int) -> None:
    """Half a write is taken back; whatever fits after that may say why it ends."""
    film = FullFilm(room)
    with pytest.raises(OSError, match="space"):
        fill(Reel(film))
    found = list(read_records(io.BytesIO(film.data)))
    whole = KeptFilm()
    fill(Reel(whole))
    assert found == records_of(whole.data)[: len(found)]
    assert len(film.data) <= room


def fill(reel: Reel) -> None:
    try:
        for number in range(60):
            reel.add(EVENT, b"event %d, of thirty bytes or so" % number)
            reel.flush()
    except OSError:
        reel.end(End(cut=True, cause="disk: No space left on device"))
        raise
    reel.end(End())


def test_where_there_is_room_for_it_the_end_says_why() -> None:
    """A second of speech does not fit, thirty bytes do."""
    film = FullFilm(200)
    reel = Reel(film)
    reel.add(HEAD, b"head")
    with pytest.raises(OSError, match="space"):
        reel.add(SOUND, np.random.default_rng(1).normal(size=16_000).astype("<f4").tobytes())
    reel.end(End(cut=True, cause="disk"))
    first, last = records_of(film.data)
    assert first == Record(HEAD, b"head")
    assert unpack_json(End, last.payload) == End(cut=True, cause="disk")
