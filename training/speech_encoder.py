"""Recipe: the motion model's speech encoder, taught what is said before it sees a face.

    python -m training.speech_encoder --speech cache/speech-*.npz --pairs cache/grid.npz
        --phones cache/phones-grid_s1.npz --out cache/encoder.pt

Speech with known phones is plenty, faces are few. From each feature the encoder gives, the phones
of that motion frame and of the two before it are to be told (later speech makes earlier sounds
clear), so what the motion model begins with hears any voice. Of the recorded speaker only the
split's own training clips are heard.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.models.speech_encoder import EncoderConfig, SpeechEncoder
from training.data.corpus.labelled import all_speech
from training.data.corpus.phones import PHONES
from training.data.corpus.pieces import SpeechSet
from training.data.splits import SPLITS
from training.naming import Labelled, Naming, Recipe, phone_errors
from training.place import Place, take_place
from training.recipe import RECIPES, read_recipe
from training.session import Rhythm, add_options, given, learn, learn_at_once

TABLES = {"recipe": Recipe, "encoder": EncoderConfig}
"""What a recipe file of this network holds; the encoder's sizes are the motion model's."""

_FRAMES_BACK = 3
_STEPS = (1, 3)  # of the four in a motion frame


class Recognised(nn.Module):
    """An encoder with a head: log-mel [B, 4 T, F] to phone logits [B, T, 3, 2, P].

    Args:
        encoder: What is to be kept.
    """

    def __init__(self, encoder: SpeechEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.config.width, _FRAMES_BACK * len(_STEPS) * len(PHONES))

    def forward(self, mel: Tensor) -> Tensor:
        """Logits of the phones of each frame and of the frames before it."""
        heard = self.encoder(mel, *self.encoder.initial_state(len(mel)))[0]
        logits: Tensor = self.head(heard).unflatten(-1, (_FRAMES_BACK, len(_STEPS), len(PHONES)))
        return logits


def targets(phones: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Phones to be told from each frame's feature.

    Args:
        phones: One every 10 ms, uint8 [M, 4 T].

    Returns:
        Two each of the frame, the one before and the one before that, uint8 [M, T, 3, 2]; silence
        before the clip.
    """
    frames = phones.reshape(len(phones), -1, MELS_PER_FRAME)[..., _STEPS]
    back = [np.roll(frames, late, axis=1) for late in range(_FRAMES_BACK)]
    for late, shifted in enumerate(back):
        shifted[:, :late] = 0
    return np.stack(back, axis=2)


def gather(options: argparse.Namespace) -> Labelled:
    """Speech corpora, and the split's own recordings."""
    return asked(all_speech(options.speech, options.pairs, options.phones, options.split))


def asked(speech: SpeechSet) -> Labelled:
    """What an encoder is asked of each clip."""
    return Labelled(speech.mel, targets(speech.phones))


def teach(network: Recognised, data: Labelled, recipe: Recipe) -> SpeechEncoder:
    """Teach an encoder phones, in one go on the CPU.

    Args:
        network: The encoder and its head.
        data: Labelled speech.
        recipe: Settings.

    Returns:
        The encoder.
    """
    learn_at_once(Naming(network, data, recipe), recipe.steps)
    return network.encoder


def run(options: argparse.Namespace, place: Place) -> None:
    """Train, report, write the encoder."""
    read = read_recipe(options.recipe, **TABLES)
    recipe: Recipe = replace(read["recipe"], **given(options, "steps"))
    torch.manual_seed(recipe.seed)
    network, data = Recognised(SpeechEncoder(read["encoder"])), gather(options)
    naming = Naming(network, data, recipe, place)
    folder, rhythm = options.out.with_suffix(""), Rhythm(recipe.steps, options.minutes)
    if not learn(naming, folder, rhythm, place) or not place.leads:
        return
    network.cpu().eval()
    torch.save(network.encoder.state_dict(), options.out)
    hours = len(data.mel) * data.mel.shape[1] / 360_000
    print(json.dumps({"hours": hours} | phone_errors(network, data, naming.kept)))


def main() -> None:
    """Train, or go on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, nargs="+", required=True)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--phones", type=Path, required=True)
    parser.add_argument("--split", choices=SPLITS, default="random")
    parser.add_argument("--out", type=Path, required=True, help="weights; the run is beside it")
    add_options(parser, RECIPES / "speech_encoder.toml", minutes=60.0)
    options = parser.parse_args()
    with take_place(options.device, options.threads) as place:
        run(options, place)


if __name__ == "__main__":
    main()
