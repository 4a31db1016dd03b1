"""What hearing the speech back is worth: one table per split, several seeds, a judge of its own.

    python -m training.ablation --pairs cache/grid.npz --units cache/units.pt
        --phones cache/phones-grid_s1.npz
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
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stream_engine.models.talking_face import TalkingFace
from stream_engine.motion.window import profile_named
from training.abas import AbasWeights, Listener
from training.data.splits import SPLITS
from training.evaluation.baselines import fit_baselines
from training.evaluation.batches import Batch, batch_of_pairs
from training.evaluation.generate import generate
from training.evaluation.hops import hop_of
from training.evaluation.intervals import summarise
from training.evaluation.lip_reader import LipReader
from training.evaluation.metrics import ClipScores, LipTrack, score_clips
from training.evaluation.scoring import FLOOR
from training.evaluation.systems import real_track, score_system
from training.experiment import JUDGE, OWN, WIDE, Experiment
from training.mesh_to_speech import hearing_errors, pick
from training.recipe import RECIPES
from training.trainer import MOUTH, Trainer
from trt_build.checkpoints import read_motion

CONTROL = "no M2S"
TAUGHT_CONTROL = "taught, no M2S"
RIDGE = "ridge on log-mel"


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of the table.

    Attributes:
        ear: Which critic supervises; none for the control.
        weights: How.
        labelled: Learn from labelled pairs as well.
        own: Hear, without faces, the speaker's own other clips instead of other voices; with
            ``labelled``, learn from those with labelled faces.
        taught: Go on from the base whose speech encoder was taught phones.
        weights_of: Variant whose trained weights are judged again, nothing trained.
        face_noise: Spread of the start noise of everything but the mouth, when it is judged.
    """

    ear: str | None
    weights: AbasWeights = field(default_factory=AbasWeights)
    labelled: bool = False
    own: bool = False
    taught: bool = False
    weights_of: str = ""
    face_noise: float = 1.0

    @property
    def control(self) -> str:
        """The row that trains as long from the same base, without an ear."""
        return TAUGHT_CONTROL if self.taught else CONTROL


_PAIRS = AbasWeights(mouth_only=False)
_SPEECH = AbasWeights(mouth_only=False, speech_share=1.0)
_MIX = AbasWeights(speech_share=1.0, hold=40.0)

VARIANTS = {
    CONTROL: Variant(None),
    "face2s": Variant("face2s", _PAIRS),
    "exp2s": Variant("exp2s", _PAIRS),
    "mouth2s": Variant("mouth2s", _PAIRS),
    "mouth2s + speech": Variant("mouth2s", _SPEECH),
    "best mix": Variant(WIDE, _MIX),
    "best mix, own voice": Variant(OWN, _MIX, own=True),
    "best mix, lively": Variant(None, weights_of="best mix", face_noise=1.2),
    TAUGHT_CONTROL: Variant(None, taught=True),
    "taught, best mix": Variant(WIDE, _MIX, taught=True),
    "taught, best mix, own voice": Variant(OWN, _MIX, own=True, taught=True),
    "labelled, no M2S": Variant(None, labelled=True),
    "labelled, own voice, no M2S": Variant(None, labelled=True, own=True),
    "labelled, best mix": Variant(WIDE, _MIX, labelled=True),
}


class Ablation(Experiment):
    """Runs and scores the variants on one split."""

    def run(self, label: str, variant: Variant, seed: int) -> None:
        """Go on from the base with one variant, score it, note it; unless that is done."""
        if self._done(label, seed):
            return
        began = time.monotonic()
        terms: dict[str, float] = {}
        if variant.weights_of:
            path = self._checkpoint(variant.weights_of, seed)
        else:
            path, terms = self._train(label, variant, seed)
        seconds = time.monotonic() - began
        scores = self.score(read_motion(path, self.config), variant)
        about = {"split": self.name, "variant": label, "seed": seed, "seconds": round(seconds)}
        self.note("results.jsonl", about | {"terms": terms, "scores": scores})

    def bounds(self) -> None:
        """Score what needs no model: lips of another clip, and ridge regression."""
        for label in (FLOOR, RIDGE):
            if not self._done(label, 0):
                lips = {name: found.mean for name, found in summarise(self._bound(label)).items()}
                about = {"split": self.name, "variant": label, "seed": 0}
                self.note("results.jsonl", about | {"scores": {"one sample": lips}})

    def _test(self) -> Batch:
        rows = self.split.test
        return batch_of_pairs(self.pairs.select(rows), self.split.judged[rows])

    def _bound(self, label: str) -> ClipScores:
        batch, reader = self._test(), LipReader()
        real = real_track(reader, batch)
        if label == FLOOR:
            other = LipTrack(*(np.roll(x, 1, axis=0) for x in (real.gap, real.width, real.points)))
            return score_clips(other, real, batch.judged)
        ahead = profile_named(self.options.profile).lookahead_frames
        ridge = fit_baselines(self.material.pairs, [ahead])
        made = np.stack([ridge.ridge(mel, ahead) for mel in batch.mel])
        return score_clips(reader.read(made), real, batch.judged)

    def _done(self, label: str, seed: int) -> bool:
        path = self.options.out / "results.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        rows = [json.loads(line) for line in lines]
        return any((x["split"], x["variant"], x["seed"]) == (self.name, label, seed) for x in rows)

    def _checkpoint(self, label: str, seed: int) -> Path:
        name = "-".join(label.replace(",", "").split())
        return self.folder / f"{name}-{seed}.pt"

    def _train(self, label: str, variant: Variant, seed: int) -> tuple[Path, dict[str, float]]:
        """Go on from the base; where the weights are, and the last terms of the loss."""
        steps = self.options.steps
        recipe = dataclasses.replace(
            self.recipe, seed=100 + seed, steps=steps, rate=6e-4, warm_up=20
        )
        material = self.material
        if variant.labelled:
            material = self.widened(variant.own)
        elif variant.own:
            material = self.own_voice()
        trainer = Trainer(recipe, material, self.config)
        trainer.take(read_motion(self.base(seed, variant.taught), self.config))
        if variant.ear is not None:
            ear = self.ear(variant.ear)
            reference = read_motion(self._reference(variant, seed), self.config)
            trainer.listen(Listener(ear, trainer.model.scale, MOUTH, variant.weights), reference)
        terms = [trainer.train_step() for _ in range(steps)]
        path = self._checkpoint(label, seed)
        trainer.save(path)
        return path, {k: float(np.mean([t[k] for t in terms[-50:]])) for k in terms[-1]}

    def _reference(self, variant: Variant, seed: int) -> Path:
        """Checkpoint of the variant's control; trained and scored if it is not yet."""
        self.run(variant.control, VARIANTS[variant.control], seed)
        return self._checkpoint(variant.control, seed)

    def score(self, model: TalkingFace, variant: Variant) -> dict[str, Any]:
        """Scores of a model on the split's test clips, as the engine runs it."""
        hop = hop_of(model, self.options.profile, self.options.sampling_steps)
        batch = self._test()
        seeds = range(self.options.samples)
        spread = torch.where(MOUTH, 1.0, variant.face_noise).numpy()
        clips = score_system(hop, LipReader(), batch, seeds, spread)
        scores: dict[str, Any] = {
            row: {name: found.mean for name, found in summarise(of).items()}
            for row, of in clips.items()
        }
        first = torch.from_numpy(generate(hop, batch.mel, [0], spread=spread)[0])
        judged = torch.from_numpy(batch.judged)
        heard = pick(self.heard, self.split.test)
        scores["judge"] = hearing_errors(self.ear(JUDGE), first, heard, judged)
        return scores


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--units", type=Path, required=True)
    parser.add_argument("--phones", type=Path, required=True)
    parser.add_argument("--speech", type=Path, nargs="*", default=[])
    parser.add_argument("--recipe", type=Path, default=RECIPES / "small.toml", help="its base")
    parser.add_argument("--splits", nargs="+", choices=SPLITS, default=["words", "few-10"])
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--ears", nargs="*", default=[], help="more critics to train and report")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--steps", type=int, default=300, help="after the base")
    parser.add_argument("--base-steps", type=int, help="instead of the recipe's")
    parser.add_argument("--encoder-steps", type=int, default=900, help="on phones")
    parser.add_argument("--ear-steps", type=int, default=400)
    parser.add_argument("--fit-steps", type=int, default=700, help="of the articulation model")
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--sampling-steps", type=int, default=2)
    parser.add_argument("--profile", default="balanced")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args(arguments)


def main() -> None:
    """Run what is not done yet."""
    options = options_of()
    torch.set_num_threads(1)
    for seed in options.seeds:
        for name in options.splits:
            ablation = Ablation(options, name)
            ablation.bounds()
            for row in options.variants:
                ablation.run(row, VARIANTS[row], seed)
            for ear in options.ears:
                ablation.ear(ear)


if __name__ == "__main__":
    main()
