"""Recipe: speech units, from speech whose phones are known to a small recogniser and its clusters.

    python -m training.speech_units --speech cache/speech-*.npz --pairs cache/grid.npz
        --phones cache/phones-grid_s1.npz --out cache/units.pt

Of the recorded speaker only sentences without test words and outside every test are heard, so that
one set of units serves every split.
"""

import argparse
import json
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.lr_scheduler import OneCycleLR

from stream_engine.models.speech_units import SpeechUnits, UnitsConfig
from training.data.augment import augment_speech
from training.data.corpus.phone_times import load_phones
from training.data.corpus.pieces import load_speech
from training.data.splits import split_pairs
from training.dataset import load_pairs, spoken_name
from training.face_pass import half_precision
from training.optimisation import Descending, Optimisation
from training.place import HERE, Place, take_place
from training.recipe import RECIPES, read_recipe
from training.session import Rhythm, add_options, given, learn


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a run.

    Attributes:
        batch: Clips per step and process.
        rate: Highest learning rate.
        steps: Steps of the schedule.
        smoothing: Label smoothing.
        held_out: Share of clips kept for the report.
        half: Products in bfloat16; worth it on a GPU.
        seed: Seed of everything random.
    """

    batch: int = 16
    rate: float = 2e-3
    steps: int = 1500
    smoothing: float = 0.1
    held_out: float = 0.08
    half: bool = False
    seed: int = 3


TABLES = {"recipe": Recipe}
"""What a recipe file of this network holds."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Speech with a phone every 20 ms: float16 [M, 2 U, F] and uint8 [M, U]."""

    mel: NDArray[np.float16]
    phones: NDArray[np.uint8]


def gather(speech: list[Path], pairs: Path, phones: Path) -> Labelled:
    """Speech corpora and the harmless part of the recorded speaker, in one."""
    sets = [load_speech(path) for path in speech]
    recorded, times = load_pairs(pairs), load_phones(phones)
    rows = split_pairs(recorded, "words").train
    rows = np.array([row for row in rows if recorded.name[row] in times])
    steps = recorded.mel.shape[1]
    labels = np.zeros((len(rows), steps), np.uint8)
    for target, row in enumerate(rows):
        track = times[str(recorded.name[row])][:steps]
        labels[target, : len(track)] = track
    mel = np.concatenate([*(s.mel for s in sets), recorded.mel[rows]])
    every = np.concatenate([*(s.phones for s in sets), labels])
    return Labelled(mel, every[:, 1::2])


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


class Naming(Descending):
    """Teaches a recogniser its phones.

    Args:
        data: Labelled speech.
        recipe: Settings.
        place: Where to compute.
    """

    def __init__(self, data: Labelled, recipe: Recipe, place: Place = HERE) -> None:
        torch.manual_seed(recipe.seed)
        self._data, self._recipe, self._device = data, recipe, place.device
        self.model = SpeechUnits(UnitsConfig()).to(place.device)
        optimiser = torch.optim.AdamW(self.model.parameters(), lr=recipe.rate, weight_decay=0.02)
        self._schedule = OneCycleLR(optimiser, recipe.rate, recipe.steps)
        super().__init__(Optimisation(self.model, optimiser, place, recipe.seed))
        self._pass = place.spread(Phones(self.model))
        # One division for all processes, whatever each draws afterwards.
        order = torch.randperm(len(data.mel), generator=HERE.generator(recipe.seed)).numpy()
        if place.leads:
            torch.randperm(len(data.mel), generator=self._descent.generator)
        self.kept, self._used = np.split(order, [round(len(order) * recipe.held_out)])

    def advance(self) -> dict[str, Tensor]:
        """One step of the optimiser; terms of the loss, still on the device."""
        recipe, g, device = self._recipe, self._descent.generator, self._device
        rows = self._used[torch.randint(len(self._used), (recipe.batch,), generator=g).numpy()]
        mel = augment_speech(torch.from_numpy(self._data.mel[rows]).float().to(device), g)
        phones = torch.from_numpy(self._data.phones[rows]).long().to(device)
        with half_precision(device) if recipe.half else nullcontext():
            logits = self._pass(mel).float()
        named = functional.cross_entropy(
            logits.flatten(0, 1), phones.flatten(), label_smoothing=recipe.smoothing
        )
        terms = self._descent.descend({"phones": named})
        self._schedule.step()
        return terms

    def state(self) -> dict[str, Any]:
        """Everything needed to go on; asked on every process."""
        return super().state() | {"schedule": self._schedule.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        super().restore(state)
        self._schedule.load_state_dict(state["schedule"])


@torch.no_grad()
def phone_errors(model: SpeechUnits, data: Labelled, rows: NDArray[np.int64]) -> dict[str, float]:
    """Share of 20 ms steps named wrongly, in all and in speech only."""
    said = represent(model, data.mel[rows])
    named = model.phone_logits(said).argmax(-1).numpy()
    wrong, speech = named != data.phones[rows], data.phones[rows] > 0
    return {"phone_error": float(wrong.mean()), "speech_error": float(wrong[speech].mean())}


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


def load_units(path: Path) -> SpeechUnits:
    """Read what this recipe wrote."""
    model = SpeechUnits(UnitsConfig())
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return model.eval()


def run(options: argparse.Namespace, place: Place) -> None:
    """Train, cluster, report, write."""
    read = read_recipe(options.recipe, **TABLES)
    recipe: Recipe = replace(read["recipe"], **given(options, "steps"))
    data = gather(options.speech, options.pairs, options.phones)
    naming = Naming(data, recipe, place)
    folder, rhythm = options.out.with_suffix(""), Rhythm(recipe.steps, options.minutes)
    if not learn(naming, folder, rhythm, place) or not place.leads:
        return
    model = naming.model.cpu().eval()
    report = {"hours": len(data.mel) * data.mel.shape[1] / 360_000}
    report |= phone_errors(model, data, naming.kept)
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
