"""Parity is measured, and what is not the same is found."""

import numpy as np
import pytest

from stream_engine.assemble import MODEL_FOLDER
from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX
from stream_engine.motion.window import PROFILES
from stream_engine.runtime.backends import MotionModels, OnnxBackend
from tests.fakes.linear_models import LinearEncoder
from trt_build.verify import Candidate, lips_of, verify

SPEECH = np.random.default_rng(2).uniform(-0.2, 0.2, 16_000).astype(np.float32)


def test_lips_move_with_the_jaw_and_not_with_the_head() -> None:
    """Millimetres of the default head."""
    motion = np.zeros((3, COEFFICIENT_COUNT), np.float32)
    motion[1, INDEX["jawOpen"]], motion[2, -3:] = 0.5, 0.3
    lips = lips_of(motion)
    assert 3.0 < np.linalg.norm(lips[1] - lips[0], axis=-1).max() < 30.0
    assert np.array_equal(lips[2], lips[0])


class Louder(LinearEncoder):
    """The shipped encoder's place, taken by one that says a little more than it."""

    def __init__(self, true: MotionModels) -> None:
        self.spec, self._true = true.encoder.spec, true.encoder

    def run(self, inputs):
        """A hundredth more."""
        return {name: 1.01 * value for name, value in self._true.run(inputs).items()}


@pytest.mark.slow
def test_a_backend_that_says_a_hundredth_more_is_found() -> None:
    """The true models hold beside it."""
    profile = PROFILES["ultra"]
    true = OnnxBackend(MODEL_FOLDER).open(profile, [1])
    wrong = MotionModels(Louder(true), true.samplers)
    candidates = [Candidate("true", "fp32", true), Candidate("wrong", "fp32", wrong)]
    held, caught = verify(iter(candidates), profile, 1, SPEECH)
    assert held.holds
    assert not caught.holds
    assert caught.outputs["speech_out"] > held.outputs["speech_out"]
    assert caught.heard["speech_out"] > held.heard["speech_out"]
    assert caught.lips_mm > 10 * held.lips_mm
