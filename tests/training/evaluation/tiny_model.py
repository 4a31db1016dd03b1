"""A checkpoint of an untrained model small enough to run in tests, and the recipe of its sizes."""

from pathlib import Path

import torch

from stream_engine.models.motion_transformer import TransformerConfig
from stream_engine.models.speech_encoder import EncoderConfig
from stream_engine.models.talking_face import FaceConfig, TalkingFace

SIZES = """
[recipe]
steps = 1
[encoder]
width = 8
[transformer]
speech_width = 8
width = 16
heads = 2
layers = 1
condition_width = 8
"""
CONFIG = FaceConfig(
    EncoderConfig(width=8),
    TransformerConfig(speech_width=8, width=16, heads=2, layers=1, condition_width=8),
)


def tiny_model(seed: int = 0) -> TalkingFace:
    """Weights drawn at random; every parameter counts, so that seeds differ in their motion."""
    torch.manual_seed(seed)
    model = TalkingFace(CONFIG)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def tiny_checkpoint(folder: Path, seed: int = 0) -> tuple[Path, Path]:
    """Checkpoint and recipe as files."""
    checkpoint, recipe = folder / f"tiny-{seed}.pt", folder / "tiny.toml"
    torch.save({"averaged": tiny_model(seed).state_dict()}, checkpoint)
    recipe.write_text(SIZES, encoding="utf-8")
    return checkpoint, recipe
