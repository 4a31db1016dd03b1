"""Other takes of the same speech."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stream_engine.assemble import MODEL_FOLDER
from training.data.corpus.shots import Shot, draw_shot, take
from training.data.corpus.speech import read_speech

SPEECH = MODEL_FOLDER.parent / "sample.wav"


def speech() -> np.ndarray:
    return read_speech(Path(SPEECH))[: 4 * 16_000]


def envelope(samples: np.ndarray) -> np.ndarray:
    """Loudness every 5 ms."""
    rows = np.abs(samples[: len(samples) // 80 * 80]).reshape(-1, 80).mean(axis=1)
    smooth = np.convolve(rows, np.full(4, 0.25), mode="same")
    return smooth - smooth.mean()


def lag_ms(a: np.ndarray, b: np.ndarray) -> float:
    x, y = envelope(a), envelope(b)
    return 5.0 * max(range(-30, 31), key=lambda k: float(x @ np.roll(y, -k)))


@pytest.mark.parametrize(
    "shot",
    [Shot(pitch=1.2), Shot(pitch=0.83), Shot(room_s=0.5), Shot(opus_bps=16_000), Shot(noise_db=15)],
)
def test_a_shot_stays_with_its_face(shot: Shot) -> None:
    """Length is kept, and no shot comes more than 10 ms early or late; all do something."""
    dry = speech()
    wet = take(dry, shot, np.random.default_rng(0))
    assert wet.shape == dry.shape
    assert abs(lag_ms(dry, wet)) <= 10.0
    assert np.abs(wet - dry).max() > 0.01


def test_pitch_goes_where_it_is_told() -> None:
    """A voice played at 1.2 has its spectrum's centre higher, at .83 lower."""

    def centre(samples: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(samples)) ** 2
        return float((np.arange(len(power)) * power).sum() / power.sum())

    rng, dry = np.random.default_rng(0), speech()
    assert centre(take(dry, Shot(pitch=0.83), rng)) < 0.95 * centre(dry)
    assert centre(take(dry, Shot(pitch=1.2), rng)) > 1.05 * centre(dry)


def test_draws_are_seeded_and_vary() -> None:
    """The same seed draws the same shots; a hundred hold every part and every part left out."""
    shots = [draw_shot(np.random.default_rng(k)) for k in range(100)]
    assert shots[7] == draw_shot(np.random.default_rng(7))
    for name, off in (("pitch", 1.0), ("room_s", 0.0), ("noise_db", 0.0), ("opus_bps", 0)):
        values = {getattr(shot, name) for shot in shots}
        assert off in values
        assert len(values) > 3
    assert replace(shots[0], gain_db=0.0) != shots[0]
