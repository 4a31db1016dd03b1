"""Log-mel back to sound."""

import numpy as np
import pytest

from stream_engine.errors import ConfigError, ShapeError
from stream_engine.features.log_mel import (
    MEL_FLOOR,
    MEL_MEAN,
    MEL_SCALE,
    log_mel,
    mel_filters,
)
from stream_engine.monitor import griffin_lim
from stream_engine.monitor.griffin_lim import mel_to_speech, spectral_power
from stream_engine.types import F32, MODEL_RATE_HZ
from tests.paths import SAMPLE
from training.data.corpus.speech import read_speech

CLOSE = 0.05
"""Mean distance in units of the features; the sample measures 0.019, other seconds of it 1.8."""


def features_of(samples: F32) -> F32:
    return log_mel(np.concatenate([np.zeros(240, np.float32), samples]))


@pytest.fixture(scope="module")
def spoken() -> F32:
    """Features of two seconds of the sample."""
    return features_of(read_speech(SAMPLE)[: 2 * MODEL_RATE_HZ])


def test_power_explains_the_energies(spoken: F32) -> None:
    """The fit of the FFT bins is not negative and gives the features back."""
    power = spectral_power(spoken)
    assert power.min() >= 0.0
    again = (np.log(power @ mel_filters() + MEL_FLOOR) - MEL_MEAN) / MEL_SCALE
    assert np.abs(again - spoken).mean() < 0.001
    assert np.abs(again - spoken).max() < 0.1  # just above the floor


def test_a_real_utterance_comes_back(spoken: F32) -> None:
    """Features of the sound made are those it was made from, at the right times and level."""
    sound = mel_to_speech(spoken)
    assert sound.dtype == np.float32
    assert len(sound) == 160 * len(spoken)
    again = features_of(sound)
    assert np.abs(again - spoken).mean() < CLOSE
    assert np.abs(again[2:] - spoken[:-2]).mean() > 2 * CLOSE  # a shift of 20 ms would show


def test_the_same_seed_gives_the_same_sound(spoken: F32) -> None:
    """Seeded phases; another seed gives another sound."""
    few = spoken[:40]
    first, again, other = (mel_to_speech(few, 5, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_more_rounds_bring_it_closer(spoken: F32) -> None:
    """The iteration converges."""
    near, far = (
        np.abs(features_of(mel_to_speech(spoken, rounds)) - spoken).mean() for rounds in (60, 4)
    )
    assert near < 0.6 * far


@pytest.mark.parametrize("pitch_hz", [250.0, 440.0, 1000.0, 3000.0])
def test_tones_keep_their_pitch(pitch_hz: float) -> None:
    """Within one band of the mel filters, and as loud as they were."""
    at = np.arange(MODEL_RATE_HZ // 2) / MODEL_RATE_HZ
    tone = (0.3 * np.sin(2 * np.pi * pitch_hz * at)).astype(np.float32)
    sound = mel_to_speech(features_of(tone))
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    heard_hz = spectrum.argmax() * MODEL_RATE_HZ / len(sound)
    assert heard_hz == pytest.approx(pitch_hz, abs=max(31.25, 0.04 * pitch_hz))
    assert np.std(sound) == pytest.approx(np.std(tone), rel=0.3)


def test_blocks_join_without_a_seam(spoken: F32, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long sounds are made in blocks: features at the joins are as close as elsewhere."""
    monkeypatch.setattr(griffin_lim, "_BLOCK", 60)
    away = np.abs(features_of(mel_to_speech(spoken)) - spoken).mean(axis=1)
    assert away.mean() < CLOSE
    assert max(away[join - 4 : join + 4].mean() for join in (60, 120, 180)) < 2 * CLOSE


def test_one_step_and_absurd_levels_are_sound() -> None:
    """A single step is 160 samples; features far out of range do not overflow."""
    assert mel_to_speech(np.zeros((1, 80), np.float32)).shape == (160,)
    assert np.isfinite(mel_to_speech(np.full((9, 80), 1e6, np.float32), 3)).all()
    assert np.abs(mel_to_speech(np.full((9, 80), -1e6, np.float32), 3)).max() < 1e-4


@pytest.mark.parametrize(
    ("mel", "said"),
    [
        (np.zeros((0, 80)), r"\(0, 80\)"),
        (np.zeros((5, 40)), r"\(5, 40\)"),
        (np.full((5, 80), np.nan), "NaN"),
    ],
)
def test_features_that_are_no_sound_are_refused(mel: np.ndarray, said: str) -> None:
    """Empty, of other bands, with NaN."""
    with pytest.raises(ShapeError, match=said):
        mel_to_speech(mel.astype(np.float32))


def test_rounds_are_needed() -> None:
    """Not silently random noise."""
    with pytest.raises(ConfigError, match="rounds"):
        mel_to_speech(np.zeros((5, 80), np.float32), rounds=0)
