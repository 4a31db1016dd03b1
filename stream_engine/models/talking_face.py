"""Speech encoder and motion transformer together, and what their compiled halves take and give."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from stream_engine.models.motion_transformer import MotionTransformer, TransformerConfig
from stream_engine.models.speech_encoder import STEM_KERNEL, EncoderConfig, SpeechEncoder
from stream_engine.types import RunnerSpec, TensorSpec


@dataclass(frozen=True, slots=True)
class FaceConfig:
    """Sizes of both halves."""

    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    transformer: TransformerConfig = field(default_factory=TransformerConfig)


class TalkingFace(nn.Module):
    """The trained model: an encoder of speech and a denoiser of motion.

    ``scale`` holds the spread of each coefficient; the denoiser works in units of it.
    """

    scale: Tensor

    def __init__(self, config: FaceConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = SpeechEncoder(config.encoder)
        self.transformer = MotionTransformer(config.transformer)
        self.register_buffer("scale", torch.ones(config.transformer.coefficients))

    def encode(self, mel: Tensor) -> Tensor:
        """Features [B, T, S] of whole clips of log-mel [B, 4 T, F] from the start of a stream."""
        speech: Tensor = self.encoder(mel, *self.encoder.initial_state(len(mel)))[0]
        return speech


def encoder_spec(config: EncoderConfig) -> RunnerSpec:
    """Inputs and outputs of the compiled speech encoder."""

    def spec(name: str, *shape: int) -> TensorSpec:
        return TensorSpec(name, "float32", (-1, *shape))

    mel_past = (STEM_KERNEL - 1, config.mel_bands)
    conv_past = (config.cache_frames, config.width)
    return RunnerSpec(
        inputs=(
            spec("mel", -1, config.mel_bands),
            spec("mel_past", *mel_past),
            spec("conv_past", *conv_past),
        ),
        outputs=(
            spec("speech_out", -1, config.width),
            spec("new_mel_past", *mel_past),
            spec("new_conv_past", *conv_past),
        ),
    )


def sampler_spec(config: TransformerConfig) -> RunnerSpec:
    """Inputs and outputs of the compiled motion sampler."""

    def spec(name: str, *shape: int) -> TensorSpec:
        return TensorSpec(name, "float32", (-1, *shape))

    cache = (config.layers, 2, config.context_frames, config.width)
    return RunnerSpec(
        inputs=(
            spec("emitted", -1, config.coefficients),
            spec("emitted_speech", -1, config.speech_width),
            spec("emitted_mask", -1),
            spec("cache", *cache),
            spec("mask", config.context_frames),
            spec("speech", -1, config.speech_width),
            spec("noise", -1, config.coefficients),
        ),
        outputs=(
            spec("motion", -1, config.coefficients),
            spec("new_cache", *cache),
            spec("new_mask", config.context_frames),
        ),
    )
