"""Recipe: mesh-to-speech, from pairs to a frozen critic that hears speech in a moving face.

    python -m training.mesh_to_speech --pairs cache/grid.npz --units cache/units.pt
        --split few-10 --front mouth2s --out runs/m2s/few-10-mouth2s.pt

The first file of pairs is split; of the others, labelled ones, all is learned from. Reports unit
error and mel L1 on the split's own test clips, beside chance. A second model, of another seed and
size (``--second``), never supervises anything: it only judges. Checkpoint and curves are in the
folder named like ``--out`` without its ending; the same command goes on there.
"""

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.models.mesh_to_speech import MeshToSpeech, MeshToSpeechConfig, voice_of
from training.data.splits import add_split, split_pairs
from training.dataset import PairSet, coefficient_scale, load_pairs
from training.fronts import FRONTS, front_matrix
from training.hearing import Heard, Hearing, Recipe, train
from training.place import Place, take_place
from training.recipe import RECIPES, read_recipe
from training.session import Rhythm, add_options, given, learn
from training.speech_units import units_of_takes
from trt_build.checkpoints import read_units

__all__ = ["SECOND", "TABLES", "Heard", "Hearing", "Recipe", "train"]

SECOND = MeshToSpeechConfig(width=96, layers=4, kernel=9, heads=3)
"""Sizes of the judge."""


TABLES = {"recipe": Recipe, "sizes": MeshToSpeechConfig}
"""What a recipe file of this network holds."""


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


def build(front: str, scale: Tensor, config: MeshToSpeechConfig, seed: int) -> MeshToSpeech:
    """An untrained model with the given view of the face."""
    torch.manual_seed(seed)
    matrix = front_matrix(front, load_head_asset(), scale)
    model = MeshToSpeech(replace(config, measurements=matrix.shape[1]))
    model.front.copy_(matrix)
    return model


def run(options: argparse.Namespace, place: Place) -> None:
    """Train on a split, judge on its test clips, write model and errors."""
    read = read_recipe(options.recipe, **TABLES)
    recipe: Recipe = replace(read["recipe"], **given(options, "steps", "seed"))
    units, pairs = read_units(options.units), load_pairs(options.pairs[0])
    split = split_pairs(pairs, options.split)
    heard = Heard(units_of_takes(units, pairs.name, pairs.mel), pairs.mel)
    recorded = pairs.select(split.train)
    chosen = PairSet.join([recorded, *(load_pairs(path, "train") for path in options.pairs[1:])])
    learned = Heard(units_of_takes(units, chosen.name, chosen.mel), chosen.mel)
    scale = coefficient_scale(recorded.motion)
    model = build(options.front, scale, SECOND if options.second else read["sizes"], recipe.seed)
    hearing = Hearing(chosen, learned, model, scale, recipe, place)
    rhythm = Rhythm(recipe.steps, options.minutes, saves=100)
    if not learn(hearing, options.out.with_suffix(""), rhythm, place) or not place.leads:
        return
    model.cpu().eval()
    test = pick(heard, split.test)
    judged = torch.from_numpy(split.judged[split.test])
    real = torch.from_numpy(pairs.motion[split.test])
    known = pick(heard, split.train)
    of_known = torch.from_numpy(recorded.motion), known, torch.from_numpy(recorded.speaking)
    report = {
        "real": hearing_errors(model, real, test, judged),
        "chance": chance_errors(known, test, judged),
        "learned": hearing_errors(model, *of_known),
    }
    clips = {"recorded": len(recorded), "labelled": int(chosen.labelled.sum())}
    about = {"front": options.front, "split": options.split, "clips": clips, "report": report}
    save_ear(options.out, model, about)
    print(json.dumps(about))


def main() -> None:
    """Train one model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, nargs="+", required=True, help="the first is split")
    parser.add_argument("--units", type=Path, required=True)
    add_split(parser)
    parser.add_argument("--front", choices=FRONTS, default="mouth2s")
    parser.add_argument("--second", action="store_true", help="the judge's size")
    parser.add_argument("--seed", type=int, help="instead of the recipe's")
    parser.add_argument("--out", type=Path, required=True, help="model; its run is beside it")
    add_options(parser, RECIPES / "mesh_to_speech.toml", minutes=60.0)
    options = parser.parse_args()
    with take_place(options.device, options.threads) as place:
        run(options, place)


if __name__ == "__main__":
    main()
