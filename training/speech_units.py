"""Recipe: speech units, from speech whose phones are known to a small recogniser and its clusters.

    python -m training.speech_units --speech cache/speech-*.npz --pairs cache/grid.npz
        --phones cache/phones-grid_s1.npz --out cache/units.pt --minutes 10

Of the recorded speaker only sentences without test words and outside every test are heard, so that
one set of units serves every split.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from stream_engine.models.speech_units import SpeechUnits, UnitsConfig
from training.data.augment import augment_speech
from training.data.corpus.phone_times import load_phones
from training.data.corpus.pieces import load_speech
from training.data.splits import split_pairs
from training.dataset import load_pairs


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a run.

    Attributes:
        batch: Clips per step.
        rate: Highest learning rate.
        steps: Steps of the schedule.
        smoothing: Label smoothing.
        held_out: Share of clips kept for the report.
        seed: Seed of everything random.
    """

    batch: int = 16
    rate: float = 2e-3
    steps: int = 1500
    smoothing: float = 0.1
    held_out: float = 0.08
    seed: int = 3


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


def train(data: Labelled, recipe: Recipe, minutes: float) -> tuple[SpeechUnits, dict[str, float]]:
    """Teach the recogniser its phones.

    Args:
        data: Labelled speech.
        recipe: Settings.
        minutes: Longest time.

    Returns:
        The model, clusters not yet set, and its error on clips held out.
    """
    torch.manual_seed(recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    model = SpeechUnits(UnitsConfig())
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, recipe.steps)
    order = torch.randperm(len(data.mel), generator=generator).numpy()
    kept, used = np.split(order, [round(len(order) * recipe.held_out)])
    began = time.monotonic()
    for step in range(recipe.steps):
        rows = used[torch.randint(len(used), (recipe.batch,), generator=generator).numpy()]
        mel = augment_speech(torch.from_numpy(data.mel[rows]).float(), generator)
        phones = torch.from_numpy(data.phones[rows]).long()
        logits = model.phone_logits(model.represent(mel))
        loss = functional.cross_entropy(
            logits.flatten(0, 1), phones.flatten(), label_smoothing=recipe.smoothing
        )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 100 == 0:
            print(json.dumps({"step": step, "loss": round(float(loss.detach()), 3)}), flush=True)
        if time.monotonic() - began > minutes * 60:
            break
    return model.eval(), phone_errors(model, data, kept)


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


def load_units(path: Path) -> SpeechUnits:
    """Read what this recipe wrote."""
    model = SpeechUnits(UnitsConfig())
    model.load_state_dict(torch.load(path, weights_only=True))
    return model.eval()


def main() -> None:
    """Train, cluster, report, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, nargs="+", required=True)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--phones", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--steps", type=int, default=1500)
    options = parser.parse_args()
    torch.set_num_threads(1)
    recipe = Recipe(steps=options.steps)
    data = gather(options.speech, options.pairs, options.phones)
    print(f"{len(data.mel)} clips, {len(data.mel) * data.mel.shape[1] / 360_000:.2f} h", flush=True)
    model, report = train(data, recipe, options.minutes)
    points = represent(model, data.mel[::2]).flatten(0, 1)
    report["cluster_distance"] = set_clusters(model, points, recipe.seed)
    torch.save(model.state_dict(), options.out)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
