"""Recipe: the motion diffusion model, from training pairs to a checkpoint.

    python -m training.motion --pairs cache/grid.npz --run runs/motion --encoder cache/encoder.pt
    python -m training.motion --pairs cache/*.npz --run runs/abas --from runs/motion/checkpoint.pt
        --units cache/units.pt --ear runs/m2s/mouth2s.pt --speech cache/speech-*.npz
    torchrun --nproc_per_node 4 -m training.motion --recipe training/recipes/motion_gpu.toml
        --pairs cache/grid.npz --run-folder runs/motion

Every batch cuts its clips into windows of one random size, so that one checkpoint serves every
latency profile. With ``--ear`` a frozen mesh-to-speech model hears the speech back (AbAS). The same
command again goes on from the run folder's checkpoint; its curves are beside it in ``curves.csv``.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from stream_engine.models.diffusion import LATEST_TIME, add_noise
from stream_engine.models.motion_transformer import TransformerConfig
from stream_engine.models.speech_encoder import EncoderConfig
from stream_engine.models.talking_face import FaceConfig
from training.abas import AbasWeights, Listener
from training.data.corpus.pieces import SpeechSet, load_speech
from training.data.splits import add_split, pairs_to_learn
from training.dataset import PairSet, load_pairs
from training.noise import smooth_noise
from training.place import Place, take_place
from training.recipe import RECIPES, read_recipe
from training.session import Rhythm, add_options, given, learn
from training.speech_units import units_of_takes
from training.trainer import MOUTH, Material, Recipe, Trainer
from trt_build.checkpoints import read_ear, read_encoder, read_motion, read_units

TABLES = {
    "recipe": Recipe,
    "abas": AbasWeights,
    "encoder": EncoderConfig,
    "transformer": TransformerConfig,
}
"""What a recipe file of this network holds."""


@torch.no_grad()
def validate(trainer: Trainer, pairs: PairSet) -> dict[str, float]:
    """Lip gap and width correlation of one-step predictions of 3-frame windows, true past."""
    model, device = trainer.averaged, trainer.place.device
    generator = torch.Generator().manual_seed(0)
    clean = torch.from_numpy(pairs.motion).to(device) / model.scale
    frames = clean.shape[1]
    first = torch.arange(frames, device=device) // 3 * 3
    time = torch.full((len(clean), frames, 1), LATEST_TIME, device=device)
    noisy = add_noise(clean, smooth_noise(clean.shape, generator).to(device), time)
    speech = model.encode(torch.from_numpy(pairs.mel).float().to(device))
    predicted = model.transformer.teacher_forced(clean, noisy, time, speech, first)
    measured = (predicted @ trainer.lips[:, -2:]).cpu()
    truth = torch.from_numpy(pairs.gap), torch.from_numpy(pairs.width)
    scores = {}
    for column, (name, real) in enumerate(zip(("gap", "width"), truth, strict=True)):
        rows = zip(measured[..., column], real, strict=True)
        each = [torch.corrcoef(torch.stack([a, b]))[0, 1] for a, b in rows]
        scores[f"validation_{name}_pcc"] = float(torch.stack(each).mean())
    return scores


def gather(options: argparse.Namespace) -> Material:
    """Everything a run learns from: training pairs of all files, and speech without faces."""
    pairs = pairs_to_learn(options.pairs, options.split)
    if options.units is None:
        return Material(pairs)
    units = read_units(options.units)
    known = units_of_takes(units, pairs.name, pairs.mel)
    if not options.speech:
        return Material(pairs, known)
    speech = SpeechSet.join([load_speech(path) for path in options.speech])
    return Material(pairs, known, speech.mel, units_of_takes(units, speech.name, speech.mel))


def prepare(options: argparse.Namespace, place: Place) -> Trainer:
    """A trainer as the recipe file and the command line want it."""
    read = read_recipe(options.recipe, **TABLES)
    recipe: Recipe = replace(read["recipe"], **given(options, "steps"))
    config = FaceConfig(read["encoder"], read["transformer"])
    trainer = Trainer(recipe, gather(options), config, place)
    if options.encoder:
        trainer.take_encoder(read_encoder(options.encoder, config.encoder))
    if options.begin:
        trainer.take(read_motion(options.begin, config))
    if options.ear:
        ear = read_ear(options.ear)[0].to(place.device)
        mouth = MOUTH.to(place.device)
        reference = read_motion(options.reference, config) if options.reference else None
        trainer.listen(Listener(ear, trainer.model.scale, mouth, read["abas"]), reference)
    return trainer


def main() -> None:
    """Train for a while, or to the end of the schedule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, nargs="+", required=True, help="the first validates")
    # torchrun stumbles over --run, the beginning of two options of its own.
    parser.add_argument(
        "--run", "--run-folder", type=Path, required=True, help="folder of checkpoint and curves"
    )
    parser.add_argument("--encoder", type=Path, help="speech encoder that was taught phones")
    parser.add_argument("--from", type=Path, dest="begin", help="checkpoint whose weights to take")
    parser.add_argument("--units", type=Path, help="speech units, for AbAS")
    parser.add_argument("--ear", type=Path, help="frozen mesh-to-speech model: train with AbAS")
    parser.add_argument(
        "--reference", type=Path, help="what all but the mouth is held to; --from by default"
    )
    parser.add_argument("--speech", type=Path, nargs="*", help="speech without faces, for AbAS")
    add_split(parser)
    add_options(parser, RECIPES / "motion.toml", minutes=180.0)
    options = parser.parse_args()
    with take_place(options.device, options.threads) as place:
        trainer = prepare(options, place)
        validation = load_pairs(options.pairs[0], "validation")
        rhythm = Rhythm(trainer.recipe.steps, options.minutes)
        learn(trainer, options.run, rhythm, place, lambda: validate(trainer, validation))


if __name__ == "__main__":
    main()
