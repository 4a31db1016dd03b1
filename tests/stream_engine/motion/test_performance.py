"""A window of a batch of sessions, from features to the shown face."""

import numpy as np
import pytest

from stream_engine.motion.emotion import Manner
from stream_engine.motion.expression import Expression
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.noise import noise_streams, smoothed, white_noise
from stream_engine.motion.performance import Performance, PerformanceState, seeds_of
from stream_engine.motion.window import PROFILES
from stream_engine.types import F32
from tests.fakes.linear_models import LinearEncoder, LinearSampler

NEUTRAL = Manner().row()[None]


def make_hop(profile: str) -> MotionHop:
    return MotionHop(LinearEncoder(), LinearSampler(), PROFILES[profile])


def drive(performance: Performance, hops: int, manner: F32 = NEUTRAL, seed: int = 0) -> F32:
    """One session through random speech, [T, D]."""
    random = np.random.default_rng(1)
    state: PerformanceState = performance.initial_state(seeds_of(seed), manner)
    shown = []
    for _ in range(hops):
        mel = random.standard_normal((1, 4 * performance.profile.hop_frames, 80))
        frames, state = performance.step(state, mel.astype(np.float32), manner)
        shown.append(frames[0])
    return np.concatenate(shown)


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_every_window_starts_from_the_noise_of_its_frames(profile: str) -> None:
    """The model without expression, given that noise by hand, says the same, bit for bit."""
    hop, sizes = make_hop(profile), PROFILES[profile]
    got = drive(Performance(hop, shared=[5]), 6, seed=3)
    noise = smoothed(white_noise(noise_streams(seeds_of(3), 55, [5]), np.arange(40)))
    random, state, wanted = np.random.default_rng(1), hop.initial_state(), []
    for k in range(6):
        mel = random.standard_normal((1, 4 * sizes.hop_frames, 80)).astype(np.float32)
        at = k * sizes.hop_frames
        out, state = hop.step(state, mel, noise[None, at : at + sizes.window_frames])
        wanted.append(out[0])
    assert np.array_equal(got, np.concatenate(wanted))


def test_expression_is_laid_on_and_never_fed_back() -> None:
    """Another manner shows, and what the model says under it stays the same."""
    performance = Performance(make_hop("balanced"), Expression(PROFILES["balanced"]))
    shown = {}
    for name in ("neutral", "angry"):
        row = Manner(name, 1.0).row()[None]
        state = performance.initial_state(seeds_of(0), row)
        for _ in range(10):
            mel = np.ones((1, 4, 80), np.float32)
            frames, state = performance.step(state, mel, row)
        shown[name] = (frames, state.motion.emitted)
    assert not np.allclose(shown["neutral"][0], shown["angry"][0])
    assert np.array_equal(shown["neutral"][1], shown["angry"][1])


def test_seeds_and_spread_change_what_is_said() -> None:
    """Without either two runs are alike."""
    hop = make_hop("balanced")
    plain = Performance(hop)
    wide = Performance(hop, spread=np.full(55, 2.0, np.float32))
    assert np.array_equal(drive(plain, 8), drive(plain, 8))
    apart = [np.abs(drive(p, 8) - drive(p, 8, seed=1))[2:, :52].mean() for p in (plain, wide)]
    assert 0.0 < 1.5 * apart[0] < apart[1]
