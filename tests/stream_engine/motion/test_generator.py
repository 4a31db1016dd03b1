"""Features to motion for one session, on a fake model."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.motion.arkit import INDEX
from stream_engine.motion.emotion import Manner
from stream_engine.motion.expression import Expression
from stream_engine.motion.generator import MotionGenerator, silent_frame
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.performance import Performance
from stream_engine.motion.window import PROFILES
from stream_engine.types import MelFrames
from tests.contracts.stream_contract import join_motion
from tests.fakes.linear_models import LinearEncoder, LinearSampler


def make(profile: str, expression: Expression | None = None) -> MotionGenerator:
    hop = MotionHop(LinearEncoder(), LinearSampler(), PROFILES[profile])
    return MotionGenerator(Performance(hop, expression))


@given(
    st.sampled_from(sorted(PROFILES)), st.integers(0, 20), st.lists(st.integers(0, 20), max_size=4)
)
@settings(max_examples=40, deadline=None)
def test_every_frame_once_however_the_features_come(
    profile: str, frames: int, cuts: list[int]
) -> None:
    """As many frames out as in, no gap, no repeat, same bits for any split."""
    mel = np.random.default_rng(frames).standard_normal((4 * frames, 80)).astype(np.float32)
    outputs = []
    for places in ([], cuts):
        generator, runs = make(profile), []
        edges = [0, *sorted(c % (frames + 1) for c in places), frames]
        for a, b in itertools.pairwise(edges):
            runs.extend(generator.feed(MelFrames(4 * a, mel[4 * a : 4 * b])))
        runs.extend(generator.finish())
        outputs.append(join_motion(runs) if runs else np.zeros((0, 55), np.float32))
    assert len(outputs[0]) == frames
    assert np.array_equal(outputs[0], outputs[1])


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_latency_reported_is_latency_measured(profile: str) -> None:
    """The first frame comes exactly when the reported audio is in, not a frame earlier."""
    generator, fed = make(profile), 0
    while True:
        fed += 1
        if generator.feed(MelFrames(4 * (fed - 1), silent_frame())):
            break
    assert fed * 1920 == generator.latency


def test_state_stays_the_same_size() -> None:
    """Memory after many frames is memory after a few."""
    generator = make("balanced")
    generator.feed(MelFrames(0, np.tile(silent_frame(), (10, 1))))
    early = generator.state_bytes
    generator.feed(MelFrames(40, np.tile(silent_frame(), (500, 1))))
    assert generator.state_bytes == early


def test_reset_forgets() -> None:
    """A used and reset generator equals a new one."""
    mel = np.random.default_rng(0).standard_normal((40, 80)).astype(np.float32)
    used = make("balanced")
    used.feed(MelFrames(0, mel[::-1].copy()))
    used.reset()
    runs = [join_motion(list(g.feed(MelFrames(0, mel)))) for g in (used, make("balanced"))]
    assert np.array_equal(*runs)


def test_ten_hours_in_nothing_has_changed_but_the_frame_number() -> None:
    """Frame 900,000 costs what frame 0 costs: same state size, indices that go on."""
    generator = make("balanced")
    generator.feed(MelFrames(0, np.tile(silent_frame(), (10, 1))))
    early = generator.state_bytes
    late = np.full(1, 900_000, np.int64)
    motion = dataclasses.replace(generator._state.motion, frame=late)
    generator._state = dataclasses.replace(generator._state, motion=motion)
    generator._frames_in = 900_002
    runs = generator.feed(MelFrames(3_600_008, np.tile(silent_frame(), (5, 1))))
    assert [run.start for run in runs] == list(range(900_000, 900_005))
    assert generator.state_bytes == early


def test_a_manner_shows_from_the_next_hop_on_and_outlives_a_reset() -> None:
    """Before the change both are alike; a generator begun anew begins in the manner last set."""
    mel = np.tile(silent_frame(), (60, 1))
    brow, runs = INDEX["browDownLeft"], []
    for angry in (False, True):
        generator = make("balanced", Expression(PROFILES["balanced"]))
        early = generator.feed(MelFrames(0, mel[:80]))
        if angry:
            generator.express(Manner("angry", 1.0))
        late = generator.feed(MelFrames(80, mel[80:]))
        runs.append((join_motion(list(early)), np.concatenate([r.coefficients for r in late])))
    assert np.array_equal(runs[0][0], runs[1][0])
    rise = (runs[1][1] - runs[0][1])[:, brow]
    assert rise[0] > 0.0
    assert rise[-1] > 0.3
    generator.reset()
    anew = join_motion(list(generator.feed(MelFrames(0, mel))))
    assert np.allclose(anew[0, brow], runs[1][1][-1, brow], atol=0.1)
    assert generator.state_bytes > make("balanced").state_bytes
