"""Recipe: mesh-to-speech, from pairs to a frozen critic that hears speech in a moving face.

    python -m training.mesh_to_speech --pairs cache/grid.npz --units cache/units.pt
        --split few-10 --front mouth2s --out runs/m2s/few-10-mouth2s.pt

Reports unit error and mel L1 on the split's own test clips, beside chance. A second model, of
another seed and size (``--second``), never supervises anything: it only judges.
"""

import argparse
import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.models.mesh_to_speech import MeshToSpeech, MeshToSpeechConfig, voice_of
from stream_engine.models.speech_units import SpeechUnits
from training.data.augment import augment_speech
from training.data.splits import SPLITS, Split, split_pairs
from training.dataset import PairSet, coefficient_scale, load_pairs
from training.fronts import FRONTS, front_matrix
from training.noise import smooth_noise
from training.speech_units import load_units

SECOND = MeshToSpeechConfig(width=96, layers=4, kernel=9, heads=3)
"""Sizes of the judge."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a run.

    Attributes:
        batch: Clips per step.
        rate: Highest learning rate.
        steps: Steps of the schedule.
        smoothing: Label smoothing of the units.
        mel_weight: Of the mel's error against the units'.
        noise: Spread of the error put on the motion, in spreads of each coefficient.
        seed: Seed of everything random.
    """

    batch: int = 16
    rate: float = 1.5e-3
    steps: int = 500
    smoothing: float = 0.1
    mel_weight: float = 2.0
    noise: float = 0.25
    seed: int = 11


@dataclass(frozen=True, slots=True)
class Heard:
    """What should be heard in each clip.

    Attributes:
        units: int64 [M, 2 T].
        mel: float16 [M, 4 T, F].
    """

    units: NDArray[np.int64]
    mel: NDArray[np.float16]


@torch.no_grad()
def units_of(model: SpeechUnits, mel: NDArray[np.float16], batch: int = 64) -> NDArray[np.int64]:
    """Units of many clips, int64 [M, 2 T]."""
    parts = (torch.from_numpy(mel[k : k + batch]).float() for k in range(0, len(mel), batch))
    units: NDArray[np.int64] = torch.cat([model(part) for part in parts]).numpy()
    return units


def hearing_loss(
    logits: Tensor, drawn: Tensor, units: Tensor, mel: Tensor, recipe: Recipe
) -> dict[str, Tensor]:
    """Cross-entropy of units; L1 and spectral convergence of the mel, weighted.

    Source: Choi, Kim & Ro 2023, eq. 3 and 4.
    """
    named = functional.cross_entropy(
        logits.flatten(0, 1), units.flatten(), label_smoothing=recipe.smoothing
    )
    gap = drawn - mel
    convergence = gap.square().sum((1, 2)).sqrt() / mel.square().sum((1, 2)).sqrt()
    return {"units": named, "mel": recipe.mel_weight * (gap.abs().mean() + convergence.mean())}


def train(
    pairs: PairSet, heard: Heard, model: MeshToSpeech, scale: Tensor, recipe: Recipe
) -> MeshToSpeech:
    """Teach a model to hear.

    Args:
        pairs: Faces and speech to learn from.
        heard: Their units and mel.
        model: Its front already set.
        scale: Spread of each coefficient, float32 [D].
        recipe: Settings.

    Returns:
        The model, in evaluation mode.
    """
    generator = torch.Generator().manual_seed(recipe.seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=0.05)
    for step in range(recipe.steps):
        for group in optimiser.param_groups:
            wave = 0.5 * (1.0 + math.cos(math.pi * step / recipe.steps))
            group["lr"] = recipe.rate * min(1.0, (step + 1) / 50) * (0.02 + 0.98 * wave)
        rows = torch.randint(len(pairs), (recipe.batch,), generator=generator).numpy()
        motion = torch.from_numpy(pairs.motion[rows])
        motion = motion * (0.85 + 0.3 * torch.rand(len(rows), 1, 1, generator=generator))
        error = torch.rand(len(rows), 1, 1, generator=generator) * recipe.noise
        motion = motion + error * smooth_noise(motion.shape, generator) * scale
        mel = augment_speech(torch.from_numpy(heard.mel[rows]).float(), generator)
        logits, drawn = model(motion, voice_of(mel))
        terms = hearing_loss(logits, drawn, torch.from_numpy(heard.units[rows]), mel, recipe)
        optimiser.zero_grad(set_to_none=True)
        torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 100 == 0:
            print(json.dumps({"step": step} | {k: round(float(v.detach()), 3) for k, v in terms.items()}))
    return model.eval()


@torch.no_grad()
def hearing_errors(
    model: MeshToSpeech, motion: Tensor, heard: Heard, judged: Tensor
) -> dict[str, float]:
    """Share of units misheard and mel L1, in all and where words are judged.

    Args:
        model: The ear.
        motion: Faces, float32 [M, T, D].
        heard: What was said.
        judged: Frames that count, bool [M, T].

    Returns:
        Errors by name.
    """
    mel = torch.from_numpy(heard.mel).float()
    logits, drawn = model(motion, voice_of(mel))
    wrong = (logits.argmax(-1) != torch.from_numpy(heard.units)).float()
    away = (drawn - mel).abs().mean(-1)
    of_units, of_mel = judged.repeat_interleave(2, 1), judged.repeat_interleave(4, 1)
    named = functional.cross_entropy(
        logits.flatten(0, 1), torch.from_numpy(heard.units).flatten(), reduction="none"
    )
    return {
        "unit_error": float(wrong.mean()),
        "unit_error_words": float(wrong[of_units].mean()),
        "nats_words": float(named.view(wrong.shape)[of_units].mean()),
        "mel_l1": float(away.mean()),
        "mel_l1_words": float(away[of_mel].mean()),
    }


def chance_errors(train: Heard, test: Heard, judged: Tensor) -> dict[str, float]:
    """The same for an ear that always names the commonest unit and draws the mean mel."""
    common = np.bincount(train.units.ravel()).argmax()
    in_words = np.repeat(judged.numpy(), 2, axis=1)
    away = np.abs(test.mel.astype(np.float32) - train.mel.astype(np.float32).mean((0, 1)))
    of_mel = np.repeat(judged.numpy(), 4, axis=1)
    best_in_words = np.bincount(test.units[in_words]).max() / in_words.sum()
    return {
        "unit_error": float((test.units != common).mean()),
        "unit_error_words": float(1.0 - best_in_words),
        "mel_l1": float(away.mean()),
        "mel_l1_words": float(away.mean(-1)[of_mel].mean()),
    }


def pick(heard: Heard, rows: NDArray[np.int64]) -> Heard:
    """Some of the clips."""
    return Heard(heard.units[rows], heard.mel[rows])


def save_ear(path: Path, model: MeshToSpeech, about: dict[str, Any]) -> None:
    """Write weights, sizes and what they were trained on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"weights": model.state_dict(), "config": asdict(model.config), **about}, path)


def load_ear(path: Path) -> MeshToSpeech:
    """Read a model this recipe wrote, frozen."""
    saved = torch.load(path, weights_only=True)
    model = MeshToSpeech(MeshToSpeechConfig(**saved["config"]))
    model.load_state_dict(saved["weights"])
    return model.eval().requires_grad_(False)


def build(front: str, scale: Tensor, config: MeshToSpeechConfig, seed: int) -> MeshToSpeech:
    """An untrained model with the given view of the face."""
    torch.manual_seed(seed)
    matrix = front_matrix(front, load_head_asset(), scale)
    model = MeshToSpeech(replace(config, measurements=matrix.shape[1]))
    model.front.copy_(matrix)
    return model


def run(pairs: PairSet, split: Split, units: SpeechUnits, options: argparse.Namespace) -> None:
    """Train on a split, judge on its test clips, write model and errors."""
    heard = Heard(units_of(units, pairs.mel), pairs.mel)
    chosen = pairs.select(split.train)
    scale = coefficient_scale(chosen.motion)
    recipe = Recipe(steps=options.steps, seed=options.seed)
    config = SECOND if options.second else MeshToSpeechConfig()
    model = build(options.front, scale, config, recipe.seed)
    train(chosen, pick(heard, split.train), model, scale, recipe)
    judged = torch.from_numpy(split.judged[split.test])
    real = torch.from_numpy(pairs.motion[split.test])
    report = {
        "real": hearing_errors(model, real, pick(heard, split.test), judged),
        "chance": chance_errors(pick(heard, split.train), pick(heard, split.test), judged),
        "learned": hearing_errors(
            model,
            torch.from_numpy(chosen.motion),
            pick(heard, split.train),
            torch.from_numpy(chosen.speaking),
        ),
    }
    about = {"front": options.front, "split": options.split, "report": report}
    save_ear(options.out, model, about)
    print(json.dumps(about))


def main() -> None:
    """Train one model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--units", type=Path, required=True)
    parser.add_argument("--split", choices=SPLITS, default="random")
    parser.add_argument("--front", choices=FRONTS, default="mouth2s")
    parser.add_argument("--second", action="store_true", help="the judge's size")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    pairs = load_pairs(options.pairs)
    run(pairs, split_pairs(pairs, options.split), load_units(options.units), options)


if __name__ == "__main__":
    main()
