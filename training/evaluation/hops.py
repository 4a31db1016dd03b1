"""A trained model as the engine runs it: by its exported graphs if it has any, else in torch."""

import argparse
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stream_engine.assemble import open_hop
from stream_engine.config import INT8
from stream_engine.errors import AssetError, ConfigError
from stream_engine.models.diffusion import respaced_times
from stream_engine.models.motion_sampler import MotionSampler
from stream_engine.models.motion_transformer import TransformerConfig
from stream_engine.models.speech_encoder import EncoderConfig
from stream_engine.models.talking_face import FaceConfig, TalkingFace, encoder_spec, sampler_spec
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.window import LatencyProfile, profile_named
from stream_engine.runtime.torch_face import load_face
from stream_engine.runtime.torch_runner import TorchRunner
from training.recipe import RECIPES, fill
from trt_build.checkpoints import read_motion

MODEL_HELP = "checkpoint of training, or a folder that trt_build.export wrote, FOLDER:int8 too"
RECIPE_HELP = "recipe that holds the sizes of a checkpoint"
DEFAULT_RECIPE = RECIPES / "motion.toml"


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model by name.

    Attributes:
        name: What tables call it.
        path: Checkpoint, or exported folder.
        recipe: Where the sizes of a checkpoint stand; a folder says its own.
        precision: ``int8`` for a folder's graphs that multiply bytes.
    """

    name: str
    path: Path
    recipe: Path = DEFAULT_RECIPE
    precision: str = "fp32"

    def backend(self, steps: int) -> str:
        """What runs it at so many steps."""
        return "ONNX Runtime" if self._graph(steps).exists() else "torch"

    def hop(self, profile: str | LatencyProfile, steps: int) -> MotionHop:
        """Open it; any number of steps will do.

        Args:
            profile: Latency profile, or the name of one.
            steps: Diffusion steps per window.

        Returns:
            The engine's hop.

        Raises:
            AssetError: If there is no such model, or its sizes are not those of the recipe.
        """
        if self._graph(steps).exists():
            return open_hop(self.path, profile, steps, self.precision)
        return hop_of(self.face(), profile, steps)

    def face(self) -> TalkingFace:
        """Its weights as a model in torch.

        Returns:
            The averaged weights of a checkpoint, or what a folder's graphs refer to.

        Raises:
            AssetError: If there is no such model, or its sizes are not those of the recipe.
        """
        if self.path.is_dir():
            return load_face(self.path)
        sizes = tomllib.loads(self.recipe.read_text(encoding="utf-8"))
        return read_motion(self.path, _sizes(sizes))

    def _graph(self, steps: int) -> Path:
        return self.path / f"motion_sampler_{steps}.onnx"


def hop_of(model: TalkingFace, profile: str | LatencyProfile, steps: int) -> MotionHop:
    """The engine's hop around a model in torch."""
    config = model.config
    sampler = MotionSampler(model.transformer, model.scale, respaced_times(steps))
    return MotionHop(
        TorchRunner(model.encoder, encoder_spec(config.encoder)),
        TorchRunner(sampler, sampler_spec(config.transformer)),
        profile_named(profile) if isinstance(profile, str) else profile,
    )


def add_models(parser: argparse.ArgumentParser) -> None:
    """Add the options that name models."""
    parser.add_argument(
        "--model", action="append", dest="models", required=True, metavar="NAME=PATH",
        help=MODEL_HELP + "; repeatable",
    )  # fmt: skip
    parser.add_argument("--recipe", type=Path, default=DEFAULT_RECIPE, help=RECIPE_HELP)
    parser.add_argument("--profile", default="balanced")


def named_models(options: argparse.Namespace) -> list[TrainedModel]:
    """The models that options name.

    Args:
        options: Of a parser that `add_models` was given.

    Returns:
        One model per ``--model``, in their order.

    Raises:
        ConfigError: If one has no name, or a name comes twice.
        AssetError: If there is nothing at a path.
    """
    found: dict[str, TrainedModel] = {}
    for given in options.models:
        name, _, place = given.partition("=")
        if not name or not place or name in found:
            raise ConfigError(
                "--model needs a name of its own", got=given, expected="NAME=CHECKPOINT_OR_FOLDER"
            )
        path, precision = read_place(place)
        if not path.exists():
            raise AssetError("no such model", got=place, expected=MODEL_HELP)
        found[name] = TrainedModel(name, path, options.recipe, precision)
    return list(found.values())


def read_place(text: str) -> tuple[Path, str]:
    """Read ``FOLDER`` or ``FOLDER:int8``: the path, and the precision of its graphs."""
    folder = text.removesuffix(f":{INT8}")
    return Path(folder), "fp32" if folder == text else INT8


def _sizes(tables: dict[str, Any]) -> FaceConfig:
    encoder, transformer = (tables.get(name, {}) for name in ("encoder", "transformer"))
    return FaceConfig(
        fill(EncoderConfig, "encoder", encoder), fill(TransformerConfig, "transformer", transformer)
    )
