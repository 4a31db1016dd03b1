"""Both ears of the monitor: frame by frame as all at once, and nobody hears another's face."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.errors import ShapeError
from stream_engine.monitor.streaming_ears import EarsState
from stream_engine.monitor.sync_evidence import Saying
from stream_engine.motion.slots import arrays_of, map_arrays
from tests.fakes.streaming_ears import DELAY, UNITS, fake_ears, levels, mel_of, motion_of


def hear(cuts: list[int], batch: int = 2) -> tuple[Saying, Saying, EarsState]:
    """Hear 24 frames of different faces, cut as told."""
    ears = fake_ears()
    level = np.stack([levels(24, seed) for seed in range(batch)])
    state, parts = ears.initial_state(batch), []
    for first, end in zip([0, *cuts], [*cuts, 24], strict=True):
        piece = level[:, first:end]
        *said, state = ears.hear(state, motion_of(piece), mel_of(piece))
        parts.append(said)
    join = lambda *arrays: np.concatenate(arrays, axis=1)  # noqa: E731
    face, voice = (map_arrays(join, *(part[k] for part in parts)) for k in (0, 1))
    return face, voice, state


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, 23), unique=True, max_size=5).map(sorted))
def test_however_frames_are_cut_into_calls_the_same_is_heard(cuts: list[int]) -> None:
    """Bit for bit, state included."""
    for whole, cut in zip(hear([]), hear(cuts), strict=True):
        for a, b in zip(arrays_of(whole), arrays_of(cut), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_face_and_its_voice_say_the_same_units_a_delay_later() -> None:
    """The steps of a frame come out when ``DELAY`` more frames have come."""
    level = levels(24, 0)
    face, voice, _ = hear([])
    expected = np.round(level * (UNITS - 1)).astype(int).repeat(2)
    heard = face.units[0].argmax(axis=-1)[2 * DELAY :]
    said = voice.units[0].argmax(axis=-1)[2 * DELAY :]
    np.testing.assert_array_equal(heard, expected[: -2 * DELAY])
    np.testing.assert_array_equal(said, heard)
    np.testing.assert_allclose(voice.units.sum(axis=-1), 1.0, rtol=1e-5)


def test_what_is_heard_does_not_depend_on_who_shares_the_batch() -> None:
    """Alone as among three."""
    alone, among = hear([7], batch=1), hear([7], batch=3)
    for part, other in zip(alone, among, strict=True):
        for a, b in zip(arrays_of(part), arrays_of(other), strict=True):
            np.testing.assert_array_equal(a[0], b[0])


def test_a_voice_becomes_known_and_is_taken_out() -> None:
    """After a minute of a voice that lies off by three its mel is about zero on average."""
    ears = fake_ears()
    level = levels(1500, 3)[None]
    mel = mel_of(level) * 0.5 + 3.0
    _, voice, _ = ears.hear(ears.initial_state(1), motion_of(level), mel)
    assert np.abs(voice.mel[0, 2500:].mean()) < 0.2 < voice.mel[0, 10:60].mean()


def test_motion_and_mel_of_other_times_are_refused() -> None:
    """And so is half a frame."""
    ears = fake_ears()
    state = ears.initial_state(1)
    for frames, steps in ((4, 12), (4, 18)):
        with pytest.raises(ShapeError, match="same time"):
            ears.hear(state, np.zeros((1, frames, 55), np.float32), np.zeros((1, steps, 80), "f4"))


def test_closing_frees_both_models() -> None:
    """Both runners are told."""
    ears = fake_ears()
    ears.close()
    assert ears._face.closed
    assert ears._speech.closed
