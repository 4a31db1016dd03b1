"""The two halves and their specs."""

import torch

from stream_engine.models.diffusion import respaced_times
from stream_engine.models.motion_sampler import MotionSampler
from stream_engine.models.motion_transformer import TransformerConfig
from stream_engine.models.speech_encoder import EncoderConfig
from stream_engine.models.talking_face import FaceConfig, TalkingFace, encoder_spec, sampler_spec
from stream_engine.runtime.torch_runner import TorchRunner
from tests.contracts.model_runner_contract import check_model_runner

CONFIG = FaceConfig(
    EncoderConfig(width=16, dilations=(1, 2)),
    TransformerConfig(speech_width=16, width=32, heads=4, layers=2, context_frames=6),
)


def test_modules_honour_the_specs_the_engine_relies_on() -> None:
    """Names, order and shapes of inputs and outputs, through the runner that serves them."""
    torch.manual_seed(0)
    model = TalkingFace(CONFIG)
    sampler = MotionSampler(model.transformer, model.scale, respaced_times(2))
    check_model_runner(TorchRunner(model.encoder, encoder_spec(CONFIG.encoder)))
    check_model_runner(TorchRunner(sampler, sampler_spec(CONFIG.transformer)))


def test_encoding_a_clip_starts_from_an_empty_past() -> None:
    """One feature per four steps."""
    assert TalkingFace(CONFIG).encode(torch.zeros(2, 12, 80)).shape == (2, 3, 16)
