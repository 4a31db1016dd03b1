"""The plain mouth: in time with the model's, faded in and out, deaf to what the model says."""

from pathlib import Path

import numpy as np
import pytest

from stream_engine.assemble import VISEMES, Assembly
from stream_engine.audio.file_source import SAMPLE, FileSource
from stream_engine.audio.resampler import Resampler
from stream_engine.config import EngineConfig
from stream_engine.errors import AssetError
from stream_engine.features.log_mel import hop_features, silent_past
from stream_engine.motion.arkit import COEFFICIENT_NAMES, INDEX, MOUTH_NAMES
from stream_engine.motion.viseme_mouth import (
    AHEAD_FRAMES,
    CONTEXT_FRAMES,
    FADE_FRAMES,
    FEATURES,
    FRAME_FEATURES,
    VisemeMouth,
    frame_features,
    load_visemes,
)
from stream_engine.types import F32, MODEL_RATE_HZ, AudioChunk

WINDOW = 3


def sample() -> F32:
    """The shipped speech, 16 kHz."""
    source = FileSource(SAMPLE)
    resampler = Resampler(source.rate_hz)
    plain = [heard for chunk in source.chunks() for heard in resampler.feed(chunk)]
    return np.concatenate([chunk.samples for chunk in plain])


def mel_of(sound: F32) -> F32:
    whole = len(sound) // 640 * 640
    return hop_features(silent_past(1), sound[None, :whole])[0][0]


def spoken(mel: F32, hop: int = 1, model: float = 0.0) -> F32:
    """Mouth of a whole recording, hop by hop, over a model that says nothing but a number."""
    mouth, out = VisemeMouth(load_visemes(VISEMES), WINDOW), []
    for at in range(0, len(mel) // 4 - hop + 1, hop):
        frames = np.full((hop, 55), model, np.float32)
        out.append(mouth.step(mel[4 * at : 4 * (at + hop)], frames))
    return np.concatenate(out)


def test_the_shipped_visemes_open_the_mouth_with_the_model() -> None:
    """On the sample: the plain jaw goes with the model's, and no later than it."""
    sound = sample()
    stream = Assembly(EngineConfig()).motion_stream("balanced")
    runs = (*stream.feed(AudioChunk(0, sound, MODEL_RATE_HZ)), *stream.finish())
    made = np.concatenate([frames.coefficients for frames in runs])
    plain = spoken(mel_of(sound))[WINDOW - 1 :]
    count = min(len(made), len(plain))
    jaw = INDEX["jawOpen"]
    model, mouth = made[:count, jaw], plain[:count, jaw]
    inner = slice(10, count - 10)
    lags = range(-4, 5)
    fits = [np.corrcoef(model[inner], np.roll(mouth, -k)[inner])[0, 1] for k in lags]
    assert max(fits) > 0.6
    assert abs(lags[int(np.argmax(fits))]) <= 1


def test_only_the_mouth_is_changed() -> None:
    """Brows, lids and head stay the model's."""
    mouth = np.array([name.startswith(MOUTH_NAMES) for name in COEFFICIENT_NAMES])
    shown = spoken(mel_of(sample()[:32_000]), model=0.3)
    np.testing.assert_array_equal(shown[:, ~mouth], np.float32(0.3))
    assert load_visemes(VISEMES).mouth[~mouth].sum() == 0


def test_longer_hops_give_the_same_mouth() -> None:
    """Frame by frame, once it has faded in: a window at once, or its frames one by one."""
    mel = mel_of(sample()[: 16_000 * 3])[: 4 * 72]
    one, window = spoken(mel), spoken(mel, WINDOW)
    begun = FADE_FRAMES + 12
    late = WINDOW - 1 - AHEAD_FRAMES  # a window without lookahead knows no frame after its last
    same = window[begun:-WINDOW]
    np.testing.assert_allclose(same, one[begun + late :][: len(same)], atol=1e-4)


def test_it_comes_and_goes_without_a_jump() -> None:
    """No frame takes more than its share of the way, and in the end it is over."""
    mel, mouth = mel_of(sample()[:64_000]), VisemeMouth(load_visemes(VISEMES), WINDOW)
    jaw, shown = INDEX["jawOpen"], []
    for at in range(60):
        mouth.wanted = at < 40
        shown.append(mouth.step(mel[4 * at : 4 * at + 4], np.zeros((1, 55), np.float32))[0, jaw])
    assert mouth.over
    assert shown[-1] == 0.0
    assert np.abs(np.diff(shown)).max() < 0.35


def test_a_model_that_says_nonsense_is_not_heard() -> None:
    """NaN of the model does not reach the face."""
    mouth = VisemeMouth(load_visemes(VISEMES), WINDOW)
    mel = mel_of(sample()[:16_000])
    for at in range(FADE_FRAMES + 2):
        shown = mouth.step(mel[4 * at : 4 * at + 4], np.full((1, 55), np.nan, np.float32))
    assert np.isfinite(shown).all()


def test_features_do_not_depend_on_how_they_are_cut() -> None:
    """A frame and the two before it, whatever came in one piece."""
    mel = mel_of(sample()[:16_000])
    past = np.zeros((CONTEXT_FRAMES - 1, FRAME_FEATURES), np.float32)
    whole, _ = frame_features(mel, past)
    parts = []
    for at in range(0, len(mel), 12):
        part, past = frame_features(mel[at : at + 12], past)
        parts.append(part)
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert whole.shape[1] == FEATURES


def test_a_broken_file_is_an_error(tmp_path: Path) -> None:
    """Missing, of another shape."""
    with pytest.raises(AssetError, match="cannot be read"):
        load_visemes(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", weights=np.zeros((3, 2)), poses=np.zeros((2, 55)))
    with pytest.raises(AssetError, match="another shape"):
        load_visemes(tmp_path / "other.npz")
