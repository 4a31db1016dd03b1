"""Start noise addressed by frame."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.motion.noise import FrameNoise, smoothing_kernel


@given(st.integers(0, 2**63 - 1), st.integers(0, 10**7), st.integers(1, 6), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_a_frame_has_the_same_noise_in_every_window(
    seed: int, start: int, count: int, shift: int
) -> None:
    """Windows that overlap see the same values on the overlap, bit for bit."""
    source = FrameNoise(seed, 5)
    wide = source.frames(start, count + shift)
    assert np.array_equal(wide[shift:], source.frames(start + shift, count))


def test_spread_is_one_and_neighbours_are_alike() -> None:
    """Unit variance, as the sampler expects, and correlated in time."""
    noise = FrameNoise(3, 200).frames(0, 300)
    assert abs(noise.std() - 1.0) < 0.02
    assert np.corrcoef(noise[:-1].ravel(), noise[1:].ravel())[0, 1] > 0.9
    assert abs(np.corrcoef(noise[:-15].ravel(), noise[15:].ravel())[0, 1]) < 0.05


def test_seeds_differ() -> None:
    """Another seed is another face."""
    assert not np.array_equal(FrameNoise(1, 4).frames(0, 3), FrameNoise(2, 4).frames(0, 3))


def test_kernel_keeps_variance() -> None:
    """Squares add up to one."""
    assert np.isclose((smoothing_kernel() ** 2).sum(), 1.0)
