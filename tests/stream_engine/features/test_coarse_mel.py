"""A coarse mel: means, where somebody speaks, the voice taken out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.features.coarse_mel import COARSE_BANDS, coarse_mel, in_spreads, speech_steps


def test_steps_and_bands_are_means_of_neighbours() -> None:
    """Two steps and four bands make one."""
    mel = np.arange(4 * 80, dtype=np.float32).reshape(1, 4, 80)
    coarse = coarse_mel(mel)
    assert coarse.shape == (1, 2, COARSE_BANDS)
    assert coarse[0, 0, 0] == np.mean([0, 1, 2, 3, 80, 81, 82, 83])


def test_speech_is_what_stands_out_and_a_little_around_it() -> None:
    """A second of speech in three: found, with a hang; nothing in steady noise."""
    coarse = np.full((150, COARSE_BANDS), -1.0, np.float32)
    coarse[50:100] = 1.0
    steps = speech_steps(coarse)
    assert steps[50:100].all()
    assert steps[46]
    assert not steps[40]
    assert not steps[110]
    assert not speech_steps(np.full((150, COARSE_BANDS), 0.3, np.float32)).any()


@given(level=st.floats(-3, 3), size=st.floats(0.5, 2.0))
def test_another_level_and_spread_say_the_same(level: float, size: float) -> None:
    """Band by band, whatever the voice."""
    rng = np.random.default_rng(1)
    coarse = rng.standard_normal((200, COARSE_BANDS)).astype(np.float32)
    everywhere = np.ones(200, bool)
    plain = in_spreads(coarse, everywhere)
    other = in_spreads((coarse * size + level).astype(np.float32), everywhere)
    np.testing.assert_allclose(other, plain, atol=2e-3)
