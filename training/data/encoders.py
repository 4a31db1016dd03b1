"""What a voice is turned into before a network sees it: log-mel, or a pretrained speech encoder.

    python -m training.data.encoders --grid FOLDER --pairs cache/grid.npz
        --encoder wav2vec2-base --out cache/grid-wav2vec2.npz

gives every pair the features of the encoder instead of log-mel. A recipe that learns from them
says ``voices = false`` and ``muted = 0.0`` (voices are changed in the log-mel domain) and, under
``[encoder]``, ``mel_bands = 768`` and ``mels_per_frame = 2``. The encoders hear a whole clip at
once: what is trained on them is for study; the engine streams log-mel.
"""

import argparse
import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stream_engine.errors import AssetError, BackendUnavailable, ConfigError, ShapeError
from stream_engine.features.log_mel import MEL_BANDS, MELS_PER_FRAME
from stream_engine.types import F32, SAMPLES_PER_FRAME
from training.data.grid import GridCorpus
from training.data.pairs import cut_or_filled, speech_features
from training.dataset import PairSet, load_pairs

BUNDLES = {
    "wav2vec2-base": ("WAV2VEC2_BASE", "wav2vec2_base"),
    "hubert-base": ("HUBERT_BASE", "hubert_base"),
}
"""Pipeline of torchaudio with its weights, and the function that builds it without."""

_STRIDE, _RECEPTIVE = 320, 400  # samples between outputs of the convolutions, and under one


class SpeechFeatures(Protocol):
    """Samples to features, some per motion frame."""

    @property
    def width(self) -> int:
        """F, features per step."""
        ...

    @property
    def per_frame(self) -> int:
        """Steps per motion frame."""
        ...

    def __call__(self, samples: F32, frames: int) -> NDArray[np.float16]:
        """Features of exactly ``frames`` motion frames of 16 kHz samples, [per_frame T, F]."""
        ...


class LogMelFeatures:
    """What the engine hears."""

    width = MEL_BANDS
    per_frame = MELS_PER_FRAME

    def __call__(self, samples: F32, frames: int) -> NDArray[np.float16]:
        """Log-mel of exactly ``frames`` motion frames, float16 [4 T, 80]."""
        return speech_features(samples, frames)


class WaveEncoder(Protocol):
    """The part of torchaudio's wav2vec 2.0 and HuBERT models that is used."""

    def extract_features(self, waveforms: Tensor) -> tuple[list[Tensor], Tensor | None]:
        """Output [B, S, F] of every transformer layer for samples [B, N], and lengths."""
        ...


class EncodedFeatures:
    """A pretrained encoder at 50 Hz, two steps to a motion frame.

    Output k of its convolutions sees samples 320 k .. 320 k + 399. With 40 samples of silence on
    both sides its middle is the middle of the k-th 20 ms, and T frames give exactly 2 T outputs:
    no delay, nothing to interpolate.

    Args:
        encoder: The model, in evaluation mode.
        layer: Which transformer layer's output; -1 for the last.
    """

    per_frame = SAMPLES_PER_FRAME // _STRIDE

    def __init__(self, encoder: WaveEncoder, layer: int = -1) -> None:
        self._encoder = encoder
        self._layer = layer
        self.width = len(self(np.zeros(SAMPLES_PER_FRAME, np.float32), 1)[0])

    @torch.no_grad()
    def __call__(self, samples: F32, frames: int) -> NDArray[np.float16]:
        """Features of exactly ``frames`` motion frames.

        Args:
            samples: 16 kHz, float32 [N]; cut, or filled up with silence.
            frames: T.

        Returns:
            float16 [2 T, F].

        Raises:
            ShapeError: If the encoder has another rate.
        """
        edge = (_RECEPTIVE - _STRIDE) // 2
        run = np.pad(cut_or_filled(samples, frames), edge)
        layers, _ = self._encoder.extract_features(torch.from_numpy(run)[None])
        made: NDArray[np.float16] = layers[self._layer][0].half().cpu().numpy()
        if len(made) != self.per_frame * frames:
            raise ShapeError(
                "encoder has another rate",
                got=f"{len(made)} steps for {frames} frames",
                expected=f"{self.per_frame * frames}",
            )
        return made


def load_encoder(name: str, checkpoint: Path | None = None, layer: int = -1) -> SpeechFeatures:
    """Features by name.

    Args:
        name: ``log-mel``, or one of `BUNDLES`.
        checkpoint: Weights already here, a state dict as torchaudio publishes it; by default
            torchaudio fetches and keeps them.
        layer: Which transformer layer's output.

    Returns:
        The features.

    Raises:
        ConfigError: If the name is unknown.
        BackendUnavailable: If torchaudio cannot be imported.
        AssetError: If the weights cannot be read or are of another network.
    """
    if name == "log-mel":
        return LogMelFeatures()
    if name not in BUNDLES:
        raise ConfigError("unknown encoder", got=name, expected=", ".join(["log-mel", *BUNDLES]))
    try:
        audio: Any = importlib.import_module("torchaudio")
        importlib.import_module("torchaudio.pipelines")
    except (ImportError, OSError) as error:
        raise BackendUnavailable(
            "torchaudio cannot be imported",
            got=str(error),
            fix="pip install 'elocute[speech]', of the same version and kind as torch",
        ) from error
    pipeline, builder = BUNDLES[name]
    if checkpoint is None:
        model = getattr(audio.pipelines, pipeline).get_model()
    else:
        model = getattr(audio.models, builder)()
        _load_weights(model, checkpoint)
    return EncodedFeatures(model.eval(), layer)


def _load_weights(model: torch.nn.Module, path: Path) -> None:
    try:
        model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, EOFError, TypeError, UnpicklingError) as error:
        raise AssetError(
            "weights do not fit the encoder",
            got=f"{path}: {type(error).__name__}",
            expected="a state dict as torchaudio publishes it",
        ) from error


def with_features(
    pairs: PairSet, speech: Callable[[str], F32], features: SpeechFeatures
) -> PairSet:
    """The same faces with other features of their speech.

    Args:
        pairs: Pairs of clips whose speech is at hand.
        speech: Samples of a clip by name, 16 kHz.
        features: What to make of them.

    Returns:
        Pairs whose ``mel`` is float16 [M, per_frame T, F].
    """
    frames = pairs.motion.shape[1]
    made = [features(speech(str(name)), frames) for name in pairs.name]
    return replace(pairs, mel=np.stack(made))


def main() -> None:
    """Give pairs of the recorded corpus other features."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grid", type=Path, required=True, help="folder with clips.tsv")
    parser.add_argument("--pairs", type=Path, required=True, help="made from it, without shots")
    parser.add_argument("--encoder", choices=["log-mel", *BUNDLES], required=True)
    parser.add_argument("--checkpoint", type=Path, help="weights already here")
    parser.add_argument("--layer", type=int, default=-1, help="of the transformer")
    parser.add_argument("--out", type=Path, required=True, help=".npz to write")
    options = parser.parse_args()
    features = load_encoder(options.encoder, options.checkpoint, options.layer)
    corpus, pairs = GridCorpus(options.grid), load_pairs(options.pairs)
    with_features(pairs, corpus.speech, features).save(options.out)
    print(f"{len(pairs)} pairs, {features.width} features, {features.per_frame} a frame")


if __name__ == "__main__":
    main()
