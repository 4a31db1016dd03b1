"""Start noise addressed by frame."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.motion.noise import (
    Draws,
    WindowNoise,
    noise_streams,
    smoothed,
    smoothing_kernel,
    uniforms,
    white_noise,
)
from stream_engine.motion.window import PROFILES
from stream_engine.types import F32


def noise_of(seed: int, start: int, count: int, width: int = 5, shared: Sequence[int] = ()) -> F32:
    """Smooth noise of frames of one session, [T, D]."""
    stream = noise_streams(np.array([seed], np.uint64), width, shared)
    return smoothed(white_noise(stream, np.arange(start, start + count + 12)))


@given(st.integers(0, 2**63 - 1), st.integers(0, 10**7), st.integers(1, 6), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_a_frame_has_the_same_noise_in_every_window(
    seed: int, start: int, count: int, shift: int
) -> None:
    """Windows that overlap see the same values on the overlap, bit for bit."""
    wide = noise_of(seed, start, count + shift)
    assert np.array_equal(wide[shift:], noise_of(seed, start + shift, count))


def test_spread_is_one_and_neighbours_are_alike() -> None:
    """Unit variance, as the sampler expects, and correlated in time."""
    noise = noise_of(3, 0, 300, width=200)
    assert abs(noise.std() - 1.0) < 0.02
    assert np.corrcoef(noise[:-1].ravel(), noise[1:].ravel())[0, 1] > 0.9
    assert abs(np.corrcoef(noise[:-15].ravel(), noise[15:].ravel())[0, 1]) < 0.05


def test_seeds_differ() -> None:
    """Another seed is another face."""
    assert not np.array_equal(noise_of(1, 0, 3), noise_of(2, 0, 3))


def test_shared_coefficients_are_alike_for_every_seed() -> None:
    """Those of seed 0; the others are the seed's own."""
    plain, shared = noise_of(5, 3, 6), noise_of(5, 3, 6, shared=[1, 2])
    zero = noise_of(0, 3, 6, shared=[1, 2])
    assert np.array_equal(zero, noise_of(0, 3, 6))
    assert np.array_equal(shared[:, [1, 2]], zero[:, [1, 2]])
    assert np.array_equal(shared[:, [0, 3, 4]], plain[:, [0, 3, 4]])


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 10**7)), min_size=1))
def test_many_sessions_at_once_draw_what_each_draws_alone(sessions: list[tuple[int, int]]) -> None:
    """Bit for bit, white and smooth."""
    seeds = np.array([seed for seed, _ in sessions], np.uint64)
    frames = np.array([frame for _, frame in sessions], np.int64)[:, None] + np.arange(14)
    together = smoothed(white_noise(noise_streams(seeds, 5, [3])[:, None], frames))
    for k, (seed, frame) in enumerate(sessions):
        assert np.array_equal(together[k], noise_of(seed, frame, 2, shared=[3]))


def test_white_noise_is_normal_and_unlike_its_neighbours() -> None:
    """Moments, tails and correlation in time, between coefficients and between seeds."""
    along = white_noise(noise_streams(np.array([7], np.uint64), 8), np.arange(40_000))
    across = white_noise(noise_streams(np.arange(40_000, dtype=np.uint64), 8), np.full(40_000, 9))
    for drawn in (along, across):
        assert abs(drawn.mean()) < 0.01
        assert abs(drawn.std() - 1.0) < 0.01
        assert abs((drawn.astype(np.float64) ** 4).mean() - 3.0) < 0.1
        assert abs((drawn > 2.0).mean() - 0.02275) < 0.001
        assert np.abs(np.corrcoef(drawn.T) - np.eye(8)).max() < 0.025
        assert abs(np.corrcoef(drawn[1:].ravel(), drawn[:-1].ravel())[0, 1]) < 0.01


def test_noise_and_draws_of_a_seed_have_nothing_in_common() -> None:
    """Blinks are not decided by what the sampler starts from."""
    frames = np.arange(20_000)
    noise = white_noise(noise_streams(np.array([7], np.uint64), 3), frames)
    drawn = uniforms(np.full(20_000, 7, np.uint64), frames, 3)
    assert np.abs(np.corrcoef(noise.T, drawn.T)[:3, 3:]).max() < 0.03


def test_kernel_keeps_variance() -> None:
    """Squares add up to one."""
    assert np.isclose((smoothing_kernel() ** 2).sum(), 1.0)


@given(
    st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(-10, 10**7)), min_size=1, max_size=9)
)
def test_draws_depend_on_seed_and_frame_only(sessions: list[tuple[int, int]]) -> None:
    """A batch draws what each draws alone, 0 <= u < 1."""
    seeds = np.array([seed for seed, _ in sessions], np.uint64)
    frames = np.array([frame for _, frame in sessions], np.int64)
    drawn = uniforms(seeds, frames, 4)
    assert (drawn >= 0.0).all()
    assert (drawn < 1.0).all()
    for k in range(len(sessions)):
        assert np.array_equal(uniforms(seeds[k : k + 1], frames[k : k + 1], 4)[0], drawn[k])


def test_draws_are_even_and_unlike_their_neighbours() -> None:
    """Over frames and over seeds: flat, uncorrelated with the next and between numbers."""
    along = uniforms(np.full(20_000, 7, np.uint64), np.arange(20_000), 3)
    across = uniforms(np.arange(20_000, dtype=np.uint64), np.full(20_000, 7), 3)
    for drawn in (along, across):
        share, _ = np.histogram(drawn, bins=10, range=(0, 1))
        assert np.abs(share / drawn.size - 0.1).max() < 0.006
        assert abs(np.corrcoef(drawn[:-1, 0], drawn[1:, 0])[0, 1]) < 0.03
        assert abs(np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1]) < 0.03


def test_draws_are_made_once_and_only_if_asked_for() -> None:
    """The same numbers as drawn at once, by columns; no hash before the first is wanted."""
    seeds, frames = np.arange(3, dtype=np.uint64), np.arange(5, 8)
    draws, whole = Draws(seeds, frames, 4), uniforms(seeds, frames, 4)
    seeds += 1  # drawn when asked: of what the seeds are then
    assert np.array_equal(draws[1:3], uniforms(seeds, frames, 4)[:, 1:3])
    assert not np.array_equal(draws[0], whole[:, 0])
    seeds += 1
    assert np.array_equal(draws[3], uniforms(seeds - np.uint64(1), frames, 4)[:, 3])


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_windows_get_the_noise_of_their_frames(profile: str) -> None:
    """Drawn hop by hop, for several sessions: bit for bit that of the frames."""
    sizes, seeds = PROFILES[profile], [3, 9]
    source = WindowNoise(sizes)
    state = source.initial_state(noise_streams(np.array(seeds, np.uint64), 5))
    for at in range(0, 20 * sizes.hop_frames, sizes.hop_frames):
        got, state = source.step(state, np.full(2, at, np.int64), sizes.hop_frames)
        for row, seed in zip(got, seeds, strict=True):
            assert np.array_equal(row, noise_of(seed, at, sizes.window_frames))


def test_wider_noise_is_the_same_noise_made_wider() -> None:
    """A coefficient's spread scales its noise and leaves the others alone."""
    spread = np.array([1.0, 2.0, 1.0], np.float32)
    streams, windows = noise_streams(np.array([3], np.uint64), 3), []
    for source in (WindowNoise(PROFILES["balanced"]), WindowNoise(PROFILES["balanced"], spread)):
        windows.append(source.step(source.initial_state(streams), np.zeros(1, np.int64), 1)[0])
    plain, wide = windows
    assert np.array_equal(wide[..., [0, 2]], plain[..., [0, 2]])
    assert np.allclose(wide[..., 1], 2.0 * plain[..., 1], rtol=1e-5)
