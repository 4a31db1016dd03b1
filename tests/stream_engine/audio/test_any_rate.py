"""Sound keeps its length and pitch at any other rate."""

import numpy as np
import pytest

from stream_engine.audio.any_rate import AnyRate


@pytest.mark.parametrize(
    ("rate_hz", "to_hz"), [(22_050, 24_000), (16_000, 11_025), (44_100, 8_000), (8_000, 48_000)]
)
def test_a_tone_stays_a_tone(rate_hz: int, to_hz: int) -> None:
    """In pieces of any size: as long as it was, as loud, and as high."""
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate_hz) / rate_hz).astype(np.float32)
    stage = AnyRate(rate_hz, to_hz)
    parts = [stage.feed(piece) for piece in np.split(tone, [1, 700, 701, 5_000])]
    pcm = np.concatenate([*parts, stage.finish()])
    assert len(pcm) == pytest.approx(to_hz, abs=1)
    spectrum = np.abs(np.fft.rfft(pcm[: to_hz - 1]))
    assert np.argmax(spectrum) == 440
    assert np.std(pcm) * np.sqrt(2) == pytest.approx(16_384, rel=0.01)


def test_the_same_rate_changes_nothing_and_too_loud_is_limited() -> None:
    """Sample by sample; nothing fed gives nothing."""
    stage = AnyRate(16_000, 16_000)
    samples = np.array([0.0, 0.25, -1.0, 1.0], np.float32)
    np.testing.assert_array_equal(stage.feed(samples), [0, 8_192, -32_768, 32_767])
    assert len(stage.feed(samples[:0])) == len(stage.finish()) == 0
    assert len(AnyRate(16_000, 8_000).finish()) == 0
