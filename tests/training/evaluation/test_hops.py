"""Models as the engine runs them."""

import argparse
from pathlib import Path

import numpy as np
import pytest

from stream_engine.assemble import MODEL_FOLDER, open_hop
from stream_engine.errors import AssetError, ConfigError
from stream_engine.runtime.torch_face import load_face
from tests.training.evaluation.tiny_model import tiny_checkpoint, tiny_model
from tests.training.pairs_for_tests import made_up_pairs
from training.evaluation.generate import generate
from training.evaluation.hops import TrainedModel, add_models, hop_of, named_models

MEL = made_up_pairs(2, 6).mel.astype(np.float32)


def asked(*arguments: str) -> list[TrainedModel]:
    parser = argparse.ArgumentParser()
    add_models(parser)
    return named_models(parser.parse_args(arguments))


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 2])
def test_weights_in_torch_move_as_their_exported_graphs_do(steps: int) -> None:
    """The shipped weights, read back, give the shipped graphs' motion."""
    model = load_face(MODEL_FOLDER)
    in_torch = generate(hop_of(model, "balanced", steps), MEL, [0])
    exported = generate(open_hop(MODEL_FOLDER, "balanced", steps), MEL, [0])
    assert np.abs(exported).max() > 0.01
    assert np.allclose(in_torch, exported, atol=1e-3)


@pytest.mark.slow
def test_a_folder_runs_at_step_counts_it_has_no_graph_for() -> None:
    """Its graphs where there are any, torch elsewhere, and it says which."""
    shipped = TrainedModel("shipped", MODEL_FOLDER)
    assert shipped.backend(2) == "ONNX Runtime"
    assert shipped.backend(3) == "torch"
    two, three = (generate(shipped.hop("balanced", n), MEL, [0]) for n in (2, 3))
    assert two.shape == three.shape
    assert not np.allclose(two, three, atol=1e-3)


def test_a_checkpoint_runs_at_any_step_count(tmp_path: Path) -> None:
    """Its averaged weights, sized by the recipe."""
    checkpoint, recipe = tiny_checkpoint(tmp_path)
    made = generate(TrainedModel("tiny", checkpoint, recipe).hop("balanced", 5), MEL, [0])
    assert np.allclose(made, generate(hop_of(tiny_model(), "balanced", 5), MEL, [0]))
    with pytest.raises(AssetError, match="--recipe"):
        TrainedModel("tiny", checkpoint).hop("balanced", 5)
    with pytest.raises(AssetError, match="no model to load"):
        TrainedModel("tiny", tmp_path).hop("balanced", 5)


def test_models_are_named_on_the_command_line(tmp_path: Path) -> None:
    """In their order; every mistake is explained."""
    checkpoint, recipe = tiny_checkpoint(tmp_path)
    found = asked(f"--model=a={checkpoint}", f"--model=b={tmp_path}", f"--recipe={recipe}")
    assert [model.name for model in found] == ["a", "b"]
    assert found[0] == TrainedModel("a", checkpoint, recipe)
    with pytest.raises(ConfigError, match="a name of its own"):
        asked(f"--model={checkpoint}")
    with pytest.raises(ConfigError, match="a name of its own"):
        asked(f"--model=a={checkpoint}", f"--model=a={tmp_path}")
    with pytest.raises(AssetError, match="no such model"):
        asked(f"--model=a={tmp_path / 'nowhere'}")
