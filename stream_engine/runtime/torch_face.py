"""The shipped weights in torch, behind the `ModelRunner` seam: the reference for every backend."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

from stream_engine.errors import AssetError
from stream_engine.models.diffusion import respaced_times
from stream_engine.models.motion_sampler import MotionSampler
from stream_engine.models.motion_transformer import TransformerConfig
from stream_engine.models.speech_encoder import EncoderConfig
from stream_engine.models.talking_face import (
    FaceConfig,
    TalkingFace,
    encoder_spec,
    sampler_spec,
)
from stream_engine.protocols import ModelRunner
from stream_engine.runtime.torch_graph_runner import TorchGraphRunner
from stream_engine.runtime.torch_runner import TorchRunner

WEIGHTS_FILE = "weights.safetensors"


def load_face(folder: Path) -> TalkingFace:
    """The shipped weights as a model again.

    Args:
        folder: As exported, with ``model.json`` and the weights file.

    Returns:
        The model, float32, on the CPU.

    Raises:
        AssetError: If the folder does not hold a model.
    """
    try:
        sizes = json.loads((folder / "model.json").read_text(encoding="utf-8"))["config"]
        config = FaceConfig(
            EncoderConfig(**sizes["encoder"]), TransformerConfig(**sizes["transformer"])
        )
        values = load_file(folder / WEIGHTS_FILE)
        model = TalkingFace(config)
        model.load_state_dict({name: value.float() for name, value in values.items()})
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise AssetError(
            "no model to load", got=f"{folder}: {error!r}", fix="reinstall elocute"
        ) from error
    return model.eval()


class TorchFace:
    """Runners of the shipped model: under CUDA graphs where there is a card.

    Args:
        folder: As exported.

    Raises:
        AssetError: If the folder does not hold a model.
    """

    def __init__(self, folder: Path) -> None:
        self.on_card = torch.cuda.is_available()
        self._device = torch.device("cuda" if self.on_card else "cpu")
        self._model = load_face(folder).to(self._device)
        self._kind = TorchGraphRunner if self.on_card else TorchRunner
        self.backend = self._kind.backend
        if not self.on_card:
            torch.set_num_threads(1)  # engine threads are what fills the cores

    def encoder(self) -> ModelRunner:
        """A runner of the speech encoder."""
        return self._kind(self._model.encoder, encoder_spec(self._model.config.encoder))

    def sampler(self, steps: int) -> ModelRunner:
        """A runner of the sampler with so many steps."""
        model = self._model
        sampler = MotionSampler(model.transformer, model.scale, respaced_times(steps))
        return self._kind(sampler, sampler_spec(model.config.transformer))
