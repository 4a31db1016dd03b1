"""The training recipe on a toy problem."""

from pathlib import Path

import pytest
import torch

from stream_engine.models.motion_transformer import TransformerConfig
from stream_engine.models.speech_encoder import EncoderConfig
from stream_engine.models.talking_face import FaceConfig
from tests.training.pairs_for_tests import made_up_pairs
from training.motion import validate
from training.trainer import Material, Recipe, Trainer

SMALL = FaceConfig(
    EncoderConfig(width=32, dilations=(1, 2)),
    TransformerConfig(speech_width=32, width=32, heads=4, layers=2, context_frames=8),
)


def make_trainer(steps: int = 120) -> Trainer:
    recipe = Recipe(batch=8, rate=3e-3, warm_up=5, steps=steps, ema=0.9)
    return Trainer(recipe, Material(made_up_pairs(16)), SMALL)


@pytest.mark.slow
def test_a_little_training_learns_an_easy_relation() -> None:
    """On unseen clips the jaw follows the envelope after a minute's worth of toy steps."""
    trainer = make_trainer()
    losses = [trainer.train_step()["total"] for _ in range(120)]
    assert sum(losses[-10:]) < 0.5 * sum(losses[:10])
    assert validate(trainer, made_up_pairs(6, seed=9))["validation_gap_pcc"] > 0.8


def test_every_parameter_is_trained() -> None:
    """Each weight of both halves moves within three steps (no gradient is lost on the way)."""
    trainer = make_trainer()
    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    for _ in range(3):
        trainer.train_step()
    still = [n for n, p in trainer.model.named_parameters() if torch.equal(p, before[n])]
    assert still == []


def test_windows_tile_a_clip_at_a_random_offset() -> None:
    """Each window is a run of frames with one first frame; only the outer two may be short."""
    trainer = make_trainer()
    for _ in range(20):
        first = trainer.draw_windows(24)
        lengths = torch.unique_consecutive(first, return_counts=True)[1]
        assert (first <= torch.arange(24)).all()
        assert len(set(lengths[1:-1].tolist())) <= 1
        assert lengths[0] <= lengths.max()


def test_going_on_from_a_checkpoint_is_going_on(tmp_path: Path) -> None:
    """Weights, optimiser, step and randomness come back."""
    first = make_trainer()
    first.train_step()
    first.save(tmp_path / "c.pt")
    second = make_trainer()
    second.load(tmp_path / "c.pt")
    assert second.step == 1
    assert first.train_step() == second.train_step()
