"""Motion of a batch is the motion of a live session."""

import numpy as np
import pytest

from stream_engine.motion.generator import MotionGenerator, silent_frame
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.performance import Performance
from stream_engine.motion.window import PROFILES
from stream_engine.types import MelFrames
from tests.contracts.stream_contract import join_motion
from tests.fakes.linear_models import LinearEncoder, LinearSampler
from tests.training.pairs_for_tests import made_up_pairs
from training.evaluation.generate import generate


def make_hop(profile: str) -> MotionHop:
    return MotionHop(LinearEncoder(), LinearSampler(), PROFILES[profile])


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_what_is_scored_is_what_is_served(profile: str) -> None:
    """A batch of clips gives each clip the motion a live session would."""
    hop, mel = make_hop(profile), made_up_pairs(3).mel.astype(np.float32)
    made = generate(hop, mel, range(2))
    assert made.shape == (2, 3, 24, 55)
    live = MotionGenerator(Performance(hop), 1001)
    runs = [*live.feed(MelFrames(0, mel[1])), *live.finish()]
    assert np.allclose(join_motion(runs), made[1, 1], atol=1e-5)


def test_a_clip_does_not_depend_on_its_batch_or_padding() -> None:
    """Alone, or padded with silence beside others: the same motion."""
    hop, mel = make_hop("quality"), made_up_pairs(3).mel.astype(np.float32)
    silence = np.tile(silent_frame(), (3, 20, 1)).astype(np.float32)
    padded = generate(hop, np.concatenate([mel, silence], axis=1), [4])
    alone = generate(hop, mel[2:], [4], numbers=[2])
    assert np.allclose(alone[0, 0], padded[0, 2, :24], atol=1e-5)
