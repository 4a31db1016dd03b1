"""Hearing a face window by window."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.errors import ConfigError, ShapeError
from stream_engine.models import mesh_to_speech
from stream_engine.monitor.ear import Ear, voice_of
from stream_engine.types import F32, TICKS_PER_FRAME, MotionFrames
from tests.contracts.model_runner_contract import check_model_runner
from tests.fakes.linear_ear import BANDS, COEFFICIENTS, LinearEar
from tests.fakes.linear_models import LinearEncoder

VOICE = np.zeros(2 * BANDS, np.float32)


def ramp(frames: int) -> F32:
    """Motion whose first coefficient is the frame's number."""
    motion = np.zeros((frames, COEFFICIENTS), np.float32)
    motion[:, 0] = np.arange(frames)
    return motion


def test_the_fake_ear_is_a_model_runner() -> None:
    """The fake passes the contract of the real one."""
    check_model_runner(LinearEar())


@given(frames=st.integers(1, 400))
def test_every_frame_is_heard_once_and_in_place(frames: int) -> None:
    """An ear that hears each frame alone gives the same through windows of any number."""
    heard = Ear(LinearEar(), VOICE).hear(ramp(frames))
    assert heard.units.shape == (2 * frames, 6)
    assert heard.mel.shape == (4 * frames, BANDS)
    assert np.allclose(heard.units[:, 2], 3 * np.repeat(np.arange(frames), 2), atol=1e-3)
    assert np.allclose(heard.mel[:, 5], np.repeat(np.arange(frames), 4), atol=1e-3)


@given(frames=st.integers(1, 60), cuts=st.lists(st.integers(0, 60), max_size=4))
def test_chunked_is_whole(frames: int, cuts: list[int]) -> None:
    """The law of streams: any chunking gives the same bits, in consecutive runs."""
    motion = np.random.default_rng(0).random((frames, COEFFICIENTS), np.float32)
    ear = Ear(LinearEar(counts=True), VOICE)

    def run(edges: list[int]) -> tuple[F32, F32]:
        stream = ear.stream(window=12, overlap=5)
        parts = []
        for start, end in itertools.pairwise([0, *edges, frames]):
            parts += stream.feed(MotionFrames(start, motion[start:end]))
        parts += stream.finish()
        due = 0
        for part in parts:
            assert part.start == due
            due += len(part.units) // 2
        units, mel = (np.concatenate([getattr(p, n) for p in parts]) for n in ("units", "mel"))
        return units, mel

    whole, chunked = run([]), run(sorted(min(cut, frames) for cut in cuts))
    assert np.array_equal(whole[0], chunked[0])
    assert np.array_equal(whole[1], chunked[1])


def test_windows_fade_into_each_other() -> None:
    """Where two windows disagree, what is heard goes from one to the other without a jump."""
    motion = np.zeros((16, COEFFICIENTS), np.float32)
    stream = Ear(LinearEar(counts=True), VOICE).stream(window=12, overlap=4)
    runs = [*stream.feed(MotionFrames(0, motion)), *stream.finish()]
    level = np.concatenate([run.units[::2, 0] for run in runs])
    # The second window begins at frame 4 (the last 12 of 16); the first ends at 12.
    assert np.array_equal(level[:8], np.arange(8))
    assert np.array_equal(level[12:], np.arange(8, 12))
    assert np.all(np.abs(np.diff(level)) <= 1.0 + 1e-6)


def test_memory_is_bounded_and_no_window_is_short() -> None:
    """A long face is heard 75 frames at a time, the end of it too."""
    runner = LinearEar()
    Ear(runner, VOICE).hear(ramp(1001))
    assert set(runner.lengths) == {75}
    stream = Ear(LinearEar(), VOICE).stream()
    for start in range(1000):
        stream.feed(MotionFrames(start, ramp(1)))
        assert len(stream._frames) < 150
    assert stream.latency == 74 * TICKS_PER_FRAME


def test_a_stream_starts_anew_after_its_end() -> None:
    """`finish` leaves nothing behind; nothing fed gives nothing."""
    stream = Ear(LinearEar(), VOICE).stream()
    assert stream.finish() == []
    for _ in range(2):
        (first, last) = [*stream.feed(MotionFrames(0, ramp(80))), *stream.finish()]
        assert (first.start, last.start) == (0, 50)


def test_the_voice_is_passed_on() -> None:
    """Its own by default, another when given."""
    ear = Ear(LinearEar(), VOICE + 1.0)
    assert ear.hear(ramp(1)).mel[0, 0] == 1.0
    assert ear.hear(ramp(1), VOICE + 2.0).mel[0, 0] == 2.0


@pytest.mark.parametrize(
    ("motion", "said"),
    [
        (np.zeros((0, 55), np.float32), "no motion"),
        (np.zeros((4, 52), np.float32), r"\(4, 52\).*\[T, 55\]"),
        (np.zeros(55, np.float32), r"\(55,\)"),
        (np.where(np.arange(220).reshape(4, 55) == 112, np.nan, 0.0), "frame 2, column 2"),
    ],
)
def test_motion_that_cannot_be_heard_is_refused(motion: np.ndarray, said: str) -> None:
    """Empty, of another width, of one dimension, with NaN: each says what it got."""
    with pytest.raises(ShapeError, match=said):
        Ear(LinearEar(), VOICE).hear(motion)


def test_gaps_wrong_voices_windows_and_models_are_refused() -> None:
    """A skipped frame, a voice of another size, an overlap too long, a model that is no ear."""
    ear = Ear(LinearEar(), VOICE)
    with pytest.raises(ShapeError, match="follow on"):
        ear.stream().feed(MotionFrames(3, ramp(2)))
    with pytest.raises(ShapeError, match="voice"):
        ear.hear(ramp(2), VOICE[:80])
    with pytest.raises(ShapeError, match="voice"):
        Ear(LinearEar(), VOICE * np.nan)
    with pytest.raises(ConfigError, match="7 of 12"):
        ear.stream(window=12, overlap=7)
    with pytest.raises(ShapeError, match="no ear"):
        Ear(LinearEncoder(), VOICE)


@pytest.mark.parametrize("steps", [1, 7, 400])
def test_voice_is_the_one_the_ear_was_trained_with(steps: int) -> None:
    """The speaker vector without torch equals the one in training, for odd and even lengths."""
    mel = np.random.default_rng(steps).standard_normal((steps, BANDS)).astype(np.float32)
    trained = mesh_to_speech.voice_of(torch.from_numpy(mel)[None])[0].numpy()
    assert np.allclose(voice_of(mel), trained, atol=1e-5)


def test_no_features_have_no_voice() -> None:
    """Not a vector of NaN."""
    with pytest.raises(ShapeError, match="no voice"):
        voice_of(np.zeros((0, BANDS), np.float32))
