"""Recipe: speech units, from speech whose phones are known to a small recogniser and its clusters.

    python -m training.speech_units --speech cache/speech-*.npz --pairs cache/grid.npz
        --phones cache/phones-grid_s1.npz --out cache/units.pt

Of the recorded speaker only sentences without test words and outside every test are heard, so that
one set of units serves every split.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from stream_engine.models.speech_units import SpeechUnits, UnitsConfig
from training.data.corpus.labelled import all_speech
from training.dataset import spoken_name
from training.naming import Labelled, Naming, Recipe, phone_errors
from training.place import Place, take_place
from training.recipe import RECIPES, read_recipe
from training.session import Rhythm, add_options, given, learn

TABLES = {"recipe": Recipe}
"""What a recipe file of this network holds."""


def gather(speech: list[Path], pairs: Path, phones: Path) -> Labelled:
    """Speech corpora and the harmless part of the recorded speaker, in one."""
    every = all_speech(speech, pairs, phones, "words")
    return Labelled(every.mel, every.phones[:, 1::2])


class Phones(nn.Module):
    """Log-mel [B, 2 U, F] to phone logits [B, U, P]: what of the units is trained by descent.

    Args:
        units: The model.
    """

    def __init__(self, units: SpeechUnits) -> None:
        super().__init__()
        self.units = units

    def forward(self, mel: Tensor) -> Tensor:
        """Logits of the phones."""
        return self.units.phone_logits(self.units.represent(mel))


@torch.no_grad()
def represent(model: SpeechUnits, mel: NDArray[np.float16], batch: int = 64) -> Tensor:
    """Representation of many clips, float32 [M, U, R]."""
    runs = [
        model.represent(torch.from_numpy(mel[k : k + batch]).float())
        for k in range(0, len(mel), batch)
    ]
    return torch.cat(runs)


@torch.no_grad()
def set_clusters(model: SpeechUnits, points: Tensor, seed: int, rounds: int = 40) -> float:
    """k-means over representations [N, R]; returns the mean squared distance to the clusters."""
    generator = torch.Generator().manual_seed(seed)
    count = len(model.centroids)
    centres = points[torch.randperm(len(points), generator=generator)[:count]].clone()
    for _ in range(rounds):
        model.centroids.copy_(centres)
        nearest = model.nearest(points)
        sums = torch.zeros_like(centres).index_add_(0, nearest, points)
        sizes = torch.bincount(nearest, minlength=count)[:, None]
        fresh = points[torch.randint(len(points), (count,), generator=generator)]
        centres = torch.where(sizes > 0, sums / sizes.clamp_min(1), fresh)
    return float((points - model.centroids[model.nearest(points)]).square().sum(-1).mean())


@torch.no_grad()
def units_of(model: SpeechUnits, mel: NDArray[np.float16], batch: int = 64) -> NDArray[np.int64]:
    """Units of many clips, int64 [M, 2 T]."""
    parts = (torch.from_numpy(mel[k : k + batch]).float() for k in range(0, len(mel), batch))
    units: NDArray[np.int64] = torch.cat([model(part) for part in parts]).numpy()
    return units


def units_of_takes(
    model: SpeechUnits, names: NDArray[np.str_], mel: NDArray[np.float16]
) -> NDArray[np.int64]:
    """Units of clips and of other takes of them: a take says what its clean clip says.

    Args:
        model: Names units.
        names: Of the clips; a take's is ``CLIP#1`` (`training.data.corpus.shots`).
        mel: Features, float16 [M, 4 T, F].

    Returns:
        int64 [M, 2 T].
    """
    clips = np.array([spoken_name(name) for name in names])
    clean = np.flatnonzero(clips == names)
    row = {name: number for number, name in enumerate(clips[clean])}
    units = units_of(model, mel[clean])
    return units[[row[name] for name in clips]]


def run(options: argparse.Namespace, place: Place) -> None:
    """Train, cluster, report, write."""
    read = read_recipe(options.recipe, **TABLES)
    recipe: Recipe = replace(read["recipe"], **given(options, "steps"))
    data = gather(options.speech, options.pairs, options.phones)
    torch.manual_seed(recipe.seed)
    model = SpeechUnits(UnitsConfig())
    network = Phones(model)
    naming = Naming(network, data, recipe, place)
    folder, rhythm = options.out.with_suffix(""), Rhythm(recipe.steps, options.minutes)
    if not learn(naming, folder, rhythm, place) or not place.leads:
        return
    network.cpu().eval()
    report = {"hours": len(data.mel) * data.mel.shape[1] / 360_000}
    report |= phone_errors(network, data, naming.kept)
    points = represent(model, data.mel[::2]).flatten(0, 1)
    report["cluster_distance"] = set_clusters(model, points, recipe.seed)
    torch.save(model.state_dict(), options.out)
    print(json.dumps(report))


def main() -> None:
    """Train, or go on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, nargs="+", required=True)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--phones", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="model; its run is beside it")
    add_options(parser, RECIPES / "speech_units.toml", minutes=60.0)
    options = parser.parse_args()
    with take_place(options.device, options.threads) as place:
        run(options, place)


if __name__ == "__main__":
    main()
