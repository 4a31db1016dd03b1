"""What hearing the speech back is worth: one table per split, several seeds, a judge of its own.

    python -m training.ablation --pairs cache/grid.npz --units cache/units.pt
        --speech cache/speech-librispeech.npz cache/speech-kokoro.npz
        --splits words few-10 --seeds 1 2 3 --out runs/ablation

Per split the critics are trained first, each on that split's pairs alone, and a second, unlike one
that only judges. Per seed a base model is trained without them; every variant, the control
included, then goes on from it for as many steps. What is done is kept: a stopped run goes on.
"""

import argparse
import dataclasses
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stream_engine.models.diffusion import respaced_times
from stream_engine.models.mesh_to_speech import MeshToSpeech, MeshToSpeechConfig
from stream_engine.models.motion_sampler import MotionSampler
from stream_engine.models.motion_transformer import TransformerConfig
from stream_engine.models.speech_encoder import EncoderConfig
from stream_engine.models.talking_face import FaceConfig, TalkingFace, encoder_spec, sampler_spec
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.window import profile_named
from stream_engine.runtime.torch_runner import TorchRunner
from training.abas import AbasWeights, Listener
from training.data.corpus.pieces import load_speech
from training.data.splits import SPLITS, Split, split_pairs
from training.dataset import PairSet, coefficient_scale, load_pairs
from training.evaluation.batches import Batch
from training.evaluation.generate import generate
from training.evaluation.lip_reader import LipReader
from training.evaluation.systems import score_system
from training.mesh_to_speech import (
    SECOND,
    Heard,
    build,
    chance_errors,
    hearing_errors,
    load_ear,
    pick,
    save_ear,
    train,
    units_of,
)
from training.mesh_to_speech import Recipe as EarRecipe
from training.recipe import RECIPES, read_recipe
from training.speech_units import load_units
from training.trainer import MOUTH, Material, Recipe, Trainer

CONTROL = "no M2S"
JUDGE = "judge"


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of the table.

    Attributes:
        ear: Which critic supervises; none for the control.
        weights: How.
    """

    ear: str | None
    weights: AbasWeights = field(default_factory=AbasWeights)


VARIANTS = {
    CONTROL: Variant(None),
    "face2s": Variant("face2s", AbasWeights(mouth_only=False)),
    "exp2s": Variant("exp2s", AbasWeights(mouth_only=False)),
    "mouth2s": Variant("mouth2s", AbasWeights(mouth_only=False)),
    "mouth2s + speech": Variant("mouth2s", AbasWeights(mouth_only=False, speech_share=0.67)),
    "best mix": Variant("mouth2s", AbasWeights(speech_share=0.67)),
}


class Ablation:
    """Everything the runs of one split share.

    Args:
        options: Command line.
        name: Split.
    """

    def __init__(self, options: argparse.Namespace, name: str) -> None:
        self.options = options
        self.name = name
        self.folder: Path = options.out / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.pairs: PairSet = load_pairs(options.pairs)
        self.split: Split = split_pairs(self.pairs, name)
        units = load_units(options.units)
        self.heard = Heard(units_of(units, self.pairs.mel), self.pairs.mel)
        unseen = np.setdiff1d(self.split.heard, self.split.train)
        others = [load_speech(path).mel for path in options.speech]
        speech = np.concatenate([self.pairs.mel[unseen], *others])
        self.material = Material(
            self.pairs.select(self.split.train),
            self.heard.units[self.split.train],
            speech,
            units_of(units, speech),
        )
        self.scale = coefficient_scale(self.material.pairs.motion)
        tables = {"recipe": Recipe, "encoder": EncoderConfig, "transformer": TransformerConfig}
        small = read_recipe(RECIPES / "small.toml", **tables)
        self.recipe: Recipe = small["recipe"]
        self.config = FaceConfig(small["encoder"], small["transformer"])
        self.reader = LipReader()

    def ear(self, name: str) -> MeshToSpeech:
        """A critic of this split, or its judge; trained if there is none yet."""
        path = self.folder / f"{name}.pt"
        if not path.exists():
            judge = name == JUDGE
            recipe = EarRecipe(steps=self.options.ear_steps, seed=77 if judge else 11)
            config = SECOND if judge else MeshToSpeechConfig()
            front = "mouth2s" if judge else name
            model = build(front, self.scale, config, recipe.seed)
            learned = pick(self.heard, self.split.train)
            train(self.material.pairs, learned, model, self.scale, recipe)
            test = pick(self.heard, self.split.test)
            judged = torch.from_numpy(self.split.judged[self.split.test])
            real = torch.from_numpy(self.pairs.motion[self.split.test])
            report = {
                "split": self.name,
                "ear": name,
                "real": hearing_errors(model, real, test, judged),
                "chance": chance_errors(learned, test, judged),
            }
            save_ear(path, model, report)
            self.note("ears.jsonl", report)
        return load_ear(path)

    def note(self, file: str, line: dict[str, Any]) -> None:
        """Add a line to a results file."""
        with (self.options.out / file).open("a", encoding="utf-8") as log:
            print(json.dumps(line), file=log, flush=True)

    def base(self, seed: int) -> Path:
        """Checkpoint of the model before any ear; trained if there is none yet."""
        path = self.folder / f"base-{seed}.pt"
        if not path.exists():
            trainer = Trainer(
                dataclasses.replace(self.recipe, seed=seed), self.material, self.config
            )
            while trainer.step < self.recipe.steps:
                trainer.train_step()
            trainer.save(path)
        return path

    def run(self, label: str, variant: Variant, seed: int) -> None:
        """Go on from the base with one variant, score it, note it; unless that is done."""
        done = self.options.out / "results.jsonl"
        if done.exists():
            lines = [json.loads(line) for line in done.read_text(encoding="utf-8").splitlines()]
            if any(
                (x["split"], x["variant"], x["seed"]) == (self.name, label, seed) for x in lines
            ):
                return
        steps = self.options.steps
        recipe = dataclasses.replace(
            self.recipe, seed=100 + seed, steps=steps, rate=6e-4, warm_up=20
        )
        trainer = Trainer(recipe, self.material, self.config)
        saved = torch.load(self.base(seed), weights_only=True)
        trainer.model.load_state_dict(saved["averaged"])
        trainer.averaged.load_state_dict(saved["averaged"])
        if variant.ear is not None:
            ear = self.ear(variant.ear)
            trainer.listen(Listener(ear, trainer.model.scale, MOUTH, variant.weights))
        began = time.monotonic()
        terms = [trainer.train_step() for _ in range(steps)]
        seconds = time.monotonic() - began
        trainer.save(self.folder / f"{label.replace(' ', '-')}-{seed}.pt")
        last = {k: float(np.mean([t[k] for t in terms[-50:] if k in t])) for k in terms[-1]}
        scores = self.score(trainer.averaged)
        about = {"split": self.name, "variant": label, "seed": seed, "seconds": round(seconds)}
        self.note("results.jsonl", about | {"terms": last, "scores": scores})

    def score(self, model: TalkingFace) -> dict[str, Any]:
        """Scores of a model on the split's test clips, as the engine runs it."""
        hop = hop_of(model, self.options.profile, self.options.sampling_steps)
        rows = self.split.test
        pairs = self.pairs.select(rows)
        batch = Batch(
            numbers=rows,
            mel=pairs.mel.astype(np.float32),
            motion=pairs.motion,
            gap=pairs.gap,
            width=pairs.width,
            loudness=pairs.loudness,
            speaking=pairs.speaking,
            judged=self.split.judged[rows],
            valid=np.ones_like(pairs.speaking),
        )
        seeds = range(self.options.samples)
        clips = score_system(hop, self.reader, batch, seeds)
        scores: dict[str, Any] = {
            row: {name: float(np.nanmean(values)) for name, values in of.items()}
            for row, of in clips.items()
        }
        first = torch.from_numpy(generate(hop, batch.mel, [0], rows.tolist())[0])
        judged = torch.from_numpy(batch.judged)
        heard = pick(self.heard, rows)
        scores["judge"] = hearing_errors(self.ear(JUDGE), first, heard, judged)
        return scores


def hop_of(model: TalkingFace, profile: str, steps: int) -> MotionHop:
    """The engine's hop around a model in torch."""
    config = model.config
    sampler = MotionSampler(model.transformer, model.scale, respaced_times(steps))
    return MotionHop(
        TorchRunner(model.encoder, encoder_spec(config.encoder)),
        TorchRunner(sampler, sampler_spec(config.transformer)),
        profile_named(profile),
    )


def main() -> None:
    """Run what is not done yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--units", type=Path, required=True)
    parser.add_argument("--speech", type=Path, nargs="*", default=[])
    parser.add_argument("--splits", nargs="+", choices=SPLITS, default=["words", "few-10"])
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--steps", type=int, default=300, help="after the base")
    parser.add_argument("--ear-steps", type=int, default=400)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--sampling-steps", type=int, default=2)
    parser.add_argument("--profile", default="balanced")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for seed in options.seeds:
        for name in options.splits:
            ablation = Ablation(options, name)
            for label in options.variants:
                ablation.run(label, VARIANTS[label], seed)


if __name__ == "__main__":
    main()
