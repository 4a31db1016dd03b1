"""Recipe: few-step students of a trained motion model.

    python -m training.distill --pairs cache/grid.npz --teacher runs/motion/checkpoint.pt
        --run runs/student --minutes 60

Consistency distillation: from any noise level the student must say at once what it would say one
teacher step later (Song et al. 2023), so that one or two steps end where the teacher's many do.
Lips are held to the recorded lips as well (task losses on the student's x̂0): there a sample's
scatter is an error. Brows, lids and head are not: there scatter is life. The context is the
student's own, sampled as in service and rolled on over several hops, against exposure bias.
"""

import argparse
import math
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from stream_engine.models.diffusion import respaced_times, sample
from stream_engine.models.motion_transformer import TransformerConfig
from stream_engine.models.speech_encoder import EncoderConfig
from stream_engine.models.talking_face import FaceConfig, TalkingFace
from training.dataset import PairSet, load_pairs
from training.draws import MOUTH, Batch, Material, Recipe
from training.face_pass import FacePass, View, predict
from training.motion import validate
from training.place import HERE, Place, take_place
from training.recipe import RECIPES, read_recipe
from training.session import Rhythm, add_options, given, learn
from training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class DistillSettings:
    """How a student learns.

    Attributes:
        levels: Noise levels of the teacher's sampling; as many steps as it takes.
        consistency: Weight of the consistency of the whole face.
        mouth: Share of that weight which the mouth keeps.
        task: Weight of the lips' own losses on the student's x̂0.
        hops: Hops over which the student's own past is rolled on.
        sampling_steps: Steps per window in that past.
    """

    levels: int = 12
    consistency: float = 1.0
    mouth: float = 0.3
    task: float = 1.0
    hops: int = 3
    sampling_steps: int = 2


def noise_levels(count: int) -> Tensor:
    """Times of the teacher's sampling, ascending from 0, float32 [count + 1]."""
    return torch.tensor([0.0, *reversed(respaced_times(count))])


def teacher_step(noisy: Tensor, clean: Tensor, time: Tensor, earlier: Tensor) -> Tensor:
    """One DDIM step from ``time`` to ``earlier``, given the clean motion the teacher sees.

    Source: Song et al. 2021, eq. 12 with eta 0.
    """
    angle, following = time * (math.pi / 2), earlier * (math.pi / 2)
    residual = (noisy - angle.cos() * clean) / angle.sin().clamp_min(1e-4)
    return following.cos() * clean + following.sin() * residual


class RolledPass(FacePass):
    """A pass whose own past is sampled as in service, and rolled on over several hops.

    Args:
        model: What learns.
        settings: Hops and steps.
    """

    def __init__(self, model: TalkingFace, settings: DistillSettings) -> None:
        super().__init__(model)
        self._settings = settings

    @torch.no_grad()
    def _imagine(self, view: View, speech: Tensor) -> Tensor:
        times = respaced_times(self._settings.sampling_steps)
        past = view.past
        for hop in range(self._settings.hops):
            held = past

            def say(noisy: Tensor, now: Tensor, held: Tensor = held) -> Tensor:
                at = now.expand(-1, noisy.shape[1], 1)
                forward = self.model.transformer.teacher_forced
                return forward(held, noisy, at, speech, view.first).float()

            # One draw serves every hop: each clip takes its neighbour's noise.
            past = sample(say, view.imagined_from.float().roll(hop, dims=0), times)
        return past


class Distiller(Trainer):
    """Trains a student against a frozen teacher.

    Args:
        recipe: Settings of the run.
        material: Pairs.
        teacher: The trained model; the student begins as a copy of it.
        settings: How the student learns.
        place: Where to compute.
    """

    def __init__(
        self,
        recipe: Recipe,
        material: Material,
        teacher: TalkingFace,
        settings: DistillSettings,
        place: Place = HERE,
    ) -> None:
        self.settings = settings
        super().__init__(recipe, material, teacher.config, place)
        self.teacher = teacher.to(place.device).eval().requires_grad_(False)
        for mine in (self.model, self.averaged):
            mine.load_state_dict(teacher.state_dict())
        self._levels = noise_levels(settings.levels).to(place.device)

    def _face_pass(self) -> FacePass:
        return RolledPass(self.model, self.settings)

    def losses(self, batch: Batch, first: Tensor) -> dict[str, Tensor]:
        """Consistency with the teacher's next step, lips like the recorded ones.

        Args:
            batch: Pairs.
            first: First frame of each frame's window, int64 [T].

        Returns:
            Scalars by name.
        """
        drawn = self._draws.view(batch, first)
        level = torch.bucketize(drawn.time, self._levels).clamp(1, self.settings.levels)
        view = replace(drawn, time=self._levels[level])
        seen = self._pass([view])[0]
        earlier = self._levels[level - 1]
        with torch.no_grad():
            found = predict(self.teacher, view, seen)
            stepped = teacher_step(seen.noisy, found, view.time, earlier)
            following = replace(view, time=earlier)
            said = predict(self.averaged, following, replace(seen, noisy=stepped))
            target = torch.where(earlier == 0.0, found, said)
        mouth = MOUTH.to(first.device)
        weight = torch.where(mouth, self.settings.mouth, 1.0) * self.settings.consistency
        terms = {"consistency": (weight * (seen.predicted - target).square()).mean()}
        lips_only = replace(seen, predicted=torch.where(mouth, seen.predicted, batch.clean))
        task = self._pair_losses(batch, view, lips_only)
        return terms | {name: self.settings.task * term for name, term in task.items()}


def main() -> None:
    """Distil for a while, or to the end of the schedule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, nargs="+", required=True, help="the first validates")
    parser.add_argument("--teacher", type=Path, required=True, help="checkpoint of training.motion")
    parser.add_argument("--run", "--run-folder", type=Path, required=True)
    add_options(parser, RECIPES / "distill.toml", minutes=120.0)
    options = parser.parse_args()
    tables = {
        "recipe": Recipe,
        "distill": DistillSettings,
        "encoder": EncoderConfig,
        "transformer": TransformerConfig,
    }
    read = read_recipe(options.recipe, **tables)
    recipe: Recipe = replace(read["recipe"], **given(options, "steps"))
    teacher = TalkingFace(FaceConfig(read["encoder"], read["transformer"]))
    saved = torch.load(options.teacher, map_location="cpu", weights_only=True)
    teacher.load_state_dict(saved["averaged"])
    with take_place(options.device, options.threads) as place:
        material = Material(PairSet.join([load_pairs(path, "train") for path in options.pairs]))
        student = Distiller(recipe, material, teacher, read["distill"], place)
        validation = load_pairs(options.pairs[0], "validation")
        rhythm = Rhythm(recipe.steps, options.minutes)
        learn(student, options.run, rhythm, place, lambda: validate(student, validation))


if __name__ == "__main__":
    main()
