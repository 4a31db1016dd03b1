"""What the recipes write, read back as models: by exports, and by recipes that build on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from stream_engine.errors import AssetError
from stream_engine.models.mesh_to_speech import MeshToSpeech, MeshToSpeechConfig
from stream_engine.models.speech_encoder import EncoderConfig, SpeechEncoder
from stream_engine.models.speech_units import SpeechUnits, UnitsConfig
from stream_engine.models.streaming_ear import FaceEar, SpeechEar, StreamingEarConfig
from stream_engine.models.talking_face import FaceConfig, TalkingFace

_UNREADABLE = (
    OSError,
    EOFError,
    RuntimeError,
    UnpicklingError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
)


def read_motion(path: Path, config: FaceConfig | None = None) -> TalkingFace:
    """The averaged weights of a motion run.

    Args:
        path: Checkpoint of ``training.motion`` or ``training.distill``.
        config: Its sizes; the shipped ones if not given.

    Returns:
        The model in evaluation mode.

    Raises:
        AssetError: If it is missing, no such checkpoint, or of other sizes.
    """
    model = TalkingFace(config or FaceConfig())
    with _reading("motion model", path, "training.motion, with the sizes of --recipe"):
        model.load_state_dict(_read(path)["averaged"])
    return model.eval()


def read_encoder(path: Path, config: EncoderConfig) -> SpeechEncoder:
    """A speech encoder that was taught phones.

    Args:
        path: Weights of ``training.speech_encoder``.
        config: Sizes the motion model wants.

    Returns:
        The encoder.

    Raises:
        AssetError: If it is missing, or of other sizes.
    """
    encoder = SpeechEncoder(config)
    with _reading("speech encoder", path, f"training.speech_encoder, width {config.width}"):
        encoder.load_state_dict(_read(path))
    return encoder


def read_units(path: Path) -> SpeechUnits:
    """The network that names speech units.

    Args:
        path: Weights of ``training.speech_units``.

    Returns:
        The network in evaluation mode.

    Raises:
        AssetError: If it is missing or no such checkpoint.
    """
    network = SpeechUnits(UnitsConfig())
    with _reading("speech units", path, "training.speech_units"):
        network.load_state_dict(_read(path))
    return network.eval()


def read_ear(path: Path) -> tuple[MeshToSpeech, dict[str, Any]]:
    """A mesh-to-speech model.

    Args:
        path: Checkpoint of ``training.mesh_to_speech``.

    Returns:
        The model, frozen, and all the checkpoint says of it (view of the face, split,
        errors).

    Raises:
        AssetError: If it is missing or no such checkpoint.
    """
    with _reading("ear", path, "training.mesh_to_speech"):
        saved = _read(path)
        model = MeshToSpeech(MeshToSpeechConfig(**saved.pop("config")))
        model.load_state_dict(saved.pop("weights"))
    return model.eval().requires_grad_(False), saved


def read_streaming_ears(path: Path) -> tuple[FaceEar, SpeechEar, dict[str, Any]]:
    """The two ears of the lip-sync monitor.

    Args:
        path: Checkpoint of ``training.streaming_ear``.

    Returns:
        Face ear and speech ear, frozen, and all the checkpoint says of them.

    Raises:
        AssetError: If it is missing or no such checkpoint.
    """
    with _reading("the monitor's ears", path, "training.streaming_ear"):
        saved = _read(path)
        sizes = saved.pop("config")
        config = StreamingEarConfig(**sizes | {"dilations": tuple(sizes["dilations"])})
        weights = saved.pop("weights")
        face = FaceEar(config, weights["face.front"].shape[1])
        speech = SpeechEar(config)
        for name, ear in (("face.", face), ("speech.", speech)):
            own = {k.removeprefix(name): v for k, v in weights.items() if k.startswith(name)}
            ear.load_state_dict(own)
    return (
        face.eval().requires_grad_(False),
        speech.eval().requires_grad_(False),
        saved,
    )


def _read(path: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


@contextmanager
def _reading(what: str, path: Path, recipe: str) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise AssetError(
            f"{what} cannot be read",
            got=f"{path}: {error}",
            expected=f"a checkpoint of python -m {recipe}",
        ) from error
