"""Models as the engine runs them."""

import numpy as np
import pytest

from stream_engine.assemble import MODEL_FOLDER, open_hop
from stream_engine.models.talking_face import FaceConfig
from tests.training.pairs_for_tests import made_up_pairs
from training.evaluation.generate import generate
from training.evaluation.hops import hop_of
from trt_build.export import WEIGHTS_FILE, load_weights


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 2])
def test_weights_in_torch_move_as_their_exported_graphs_do(steps: int) -> None:
    """The shipped weights, read back, give the shipped graphs' motion."""
    mel = made_up_pairs(2, 6).mel.astype(np.float32)
    model = load_weights(MODEL_FOLDER / WEIGHTS_FILE, FaceConfig())
    in_torch = generate(hop_of(model, "balanced", steps), mel, [0])
    exported = generate(open_hop(MODEL_FOLDER, "balanced", steps), mel, [0])
    assert np.abs(exported).max() > 0.01
    assert np.allclose(in_torch, exported, atol=1e-3)
