"""Recipe: the motion diffusion model, from training pairs to a checkpoint.

    python -m training.motion --pairs cache/grid.npz --run runs/motion --minutes 60
    python -m training.motion --pairs cache/*.npz --run runs/abas --from runs/motion/checkpoint.pt
        --units cache/units.pt --ear runs/m2s/mouth2s.pt --speech cache/speech-*.npz

Every batch cuts its clips into windows of one random size, so that one checkpoint serves every
latency profile. With ``--ear`` a frozen mesh-to-speech model hears the speech back (AbAS). Resumes
from the run folder's checkpoint; logs one JSON line per 50 steps.
"""

import argparse
import dataclasses
import json
import time
from pathlib import Path

import numpy as np
import torch

from stream_engine.models.diffusion import LATEST_TIME, add_noise
from stream_engine.models.motion_transformer import TransformerConfig
from stream_engine.models.speech_encoder import EncoderConfig
from stream_engine.models.talking_face import FaceConfig
from training.abas import AbasWeights, Listener
from training.data.corpus.pieces import load_speech
from training.dataset import PairSet, join_pairs, load_pairs
from training.mesh_to_speech import load_ear, units_of
from training.noise import smooth_noise
from training.recipe import RECIPES, read_recipe
from training.speech_units import load_units
from training.trainer import MOUTH, Material, Recipe, Trainer


@torch.no_grad()
def validate(trainer: Trainer, pairs: PairSet) -> dict[str, float]:
    """Lip gap and width correlation of one-step predictions of 3-frame windows, true past."""
    model = trainer.averaged
    generator = torch.Generator().manual_seed(0)
    clean = torch.from_numpy(pairs.motion) / model.scale
    frames = clean.shape[1]
    first = torch.arange(frames) // 3 * 3
    time = torch.full((len(clean), frames, 1), LATEST_TIME)
    noisy = add_noise(clean, smooth_noise(clean.shape, generator), time)
    speech = model.encode(torch.from_numpy(pairs.mel).float())
    predicted = model.transformer.teacher_forced(clean, noisy, time, speech, first)
    measured = predicted @ trainer.lips[:, -2:]
    truth = torch.from_numpy(pairs.gap), torch.from_numpy(pairs.width)
    scores = {}
    for column, (name, real) in enumerate(zip(("gap", "width"), truth, strict=True)):
        rows = zip(measured[..., column], real, strict=True)
        each = [torch.corrcoef(torch.stack([a, b]))[0, 1] for a, b in rows]
        scores[f"validation_{name}_pcc"] = float(torch.stack(each).mean())
    return scores


def gather(options: argparse.Namespace) -> Material:
    """Everything a run learns from: training pairs of all files, and speech without faces."""
    pairs = join_pairs([load_pairs(path, "train") for path in options.pairs])
    if options.units is None:
        return Material(pairs)
    units = load_units(options.units)
    known = units_of(units, pairs.mel)
    if not options.speech:
        return Material(pairs, known)
    speech = np.concatenate([load_speech(path).mel for path in options.speech])
    return Material(pairs, known, speech, units_of(units, speech))


def prepare(options: argparse.Namespace) -> Trainer:
    """A trainer as the recipe file and the command line want it."""
    tables = {
        "recipe": Recipe,
        "abas": AbasWeights,
        "encoder": EncoderConfig,
        "transformer": TransformerConfig,
    }
    read = read_recipe(options.recipe, **tables)
    recipe: Recipe = read["recipe"]
    if options.steps:
        recipe = dataclasses.replace(recipe, steps=options.steps)
    trainer = Trainer(recipe, gather(options), FaceConfig(read["encoder"], read["transformer"]))
    if options.begin:
        saved = torch.load(options.begin, weights_only=True)
        trainer.model.load_state_dict(saved["averaged"])
        trainer.averaged.load_state_dict(saved["averaged"])
    if options.ear:
        trainer.listen(Listener(load_ear(options.ear), trainer.model.scale, MOUTH, read["abas"]))
    return trainer


def main() -> None:
    """Train for a while, or to the end of the schedule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, nargs="+", required=True)
    parser.add_argument("--run", type=Path, required=True, help="folder of checkpoint and log")
    parser.add_argument("--recipe", type=Path, default=RECIPES / "motion.toml")
    parser.add_argument("--from", type=Path, dest="begin", help="checkpoint whose weights to take")
    parser.add_argument("--units", type=Path, help="speech units, for AbAS")
    parser.add_argument("--ear", type=Path, help="frozen mesh-to-speech model: train with AbAS")
    parser.add_argument("--speech", type=Path, nargs="*", help="speech without faces, for AbAS")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--steps", type=int, help="instead of the recipe's")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.run.mkdir(parents=True, exist_ok=True)
    trainer = prepare(options)
    recorded = next(path for path in options.pairs)
    validation = load_pairs(recorded, "validation")
    checkpoint = options.run / "checkpoint.pt"
    if checkpoint.exists():
        trainer.load(checkpoint)
    began, log = time.monotonic(), (options.run / "log.jsonl").open("a", encoding="utf-8")
    while trainer.step < trainer.recipe.steps and time.monotonic() - began < options.minutes * 60:
        line: dict[str, float] = trainer.train_step()
        if trainer.step % 50 == 0:
            line |= {"step": trainer.step, "seconds": round(time.monotonic() - began, 1)}
            if trainer.step % 250 == 0:
                line |= validate(trainer, validation)
                trainer.save(checkpoint)
            print(json.dumps(line), file=log, flush=True)
    trainer.save(checkpoint)


if __name__ == "__main__":
    main()
