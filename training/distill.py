"""Recipe: few-step students of a trained motion model.

    python -m training.distill --pairs cache/grid.npz --teacher runs/motion/checkpoint.pt
        --run runs/student --minutes 60

The student learns to say at once what the teacher arrives at after all its steps, from the very
same noise (Luhman & Luhman 2021): a sampler of diffusion is a plain function of its noise, and here
a smooth one of few numbers. Lips are held to the recorded lips as well (task losses on the
student's x̂0): there a sample's scatter is an error. Brows, lids and head are not: there scatter is
life. The context is the student's own, made by overlapping windows as in service, against exposure
bias.
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
from training.data.splits import add_split, pairs_to_learn
from training.dataset import load_pairs
from training.draws import MOUTH, Batch, Material, Recipe
from training.face_pass import FacePass, Seen, View, half_precision, predict
from training.motion import validate
from training.place import HERE, Place, take_place
from training.recipe import RECIPES, read_recipe
from training.session import Rhythm, add_options, given, learn
from training.trainer import Trainer
from trt_build.checkpoints import read_motion


@dataclass(frozen=True, slots=True)
class DistillSettings:
    """How a student learns.

    Attributes:
        levels: Steps of the teacher's sampling; the student is asked at their noise levels.
        latest: Share of steps in which it is asked at the latest of them, pure noise; else at an
            earlier one, on its own way there.
        sample: Weight of the distance from the teacher's sample, whole face.
        mouth: Share of that weight which the mouth keeps.
        task: Weight of the lips' own losses on the student's x̂0.
        turns: How often the student's own past is made anew, each time after the last.
        sampling_steps: Steps per window in that past.
    """

    levels: int = 4
    latest: float = 0.5
    sample: float = 20.0
    mouth: float = 0.1
    task: float = 1.0
    turns: int = 4
    sampling_steps: int = 1


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


def shifted(first: Tensor) -> Tensor:
    """The same windows half a window later; a shorter one fills the beginning.

    Args:
        first: First frame of each frame's window, int64 [T].

    Returns:
        Likewise, int64 [T].
    """
    at = torch.arange(len(first), device=first.device)
    size = (at - first).max() + 1
    by = (size // 2).clamp_min(1)
    return torch.where(at < by, 0, first[(at - by).clamp_min(0)] + by)


class RolledPass(FacePass):
    """A pass whose own past is made as in service: windows that overlap, one noise for each frame.

    In service a frame comes from the window that begins with it, after frames that came likewise.
    So two sets of windows take turns, half a window apart, each after what the other one said; each
    frame is taken from the window in which it stands earlier. After as many turns as there are
    frames, windows of two say what streaming says; a few turns come close.

    Args:
        model: What learns.
        settings: Turns and steps.
    """

    def __init__(self, model: TalkingFace, settings: DistillSettings) -> None:
        super().__init__(model)
        self._settings = settings

    @torch.no_grad()
    def _imagine(self, view: View, speech: Tensor) -> Tensor:
        times = respaced_times(self._settings.sampling_steps)
        at = torch.arange(len(view.first), device=view.first.device)
        windows = view.first, shifted(view.first)
        earlier = at - windows[1] < at - windows[0]  # in the shifted windows
        noise, past = view.noise.float(), view.past
        for turn in range(self._settings.turns):
            held, now = past, turn % 2

            def say(
                noisy: Tensor, time: float, held: Tensor = held, first: Tensor = windows[now]
            ) -> Tensor:
                everywhere = torch.full_like(noisy[:, :, :1], time)
                forward = self.model.transformer.teacher_forced
                return forward(held, noisy, everywhere, speech, first).float()

            said = sample(say, noise, times)
            taken = earlier if now else ~earlier
            past = torch.where(taken[None, :, None], said, held) if turn else said
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
        self.take(teacher)
        self._levels = noise_levels(settings.levels).to(place.device)

    def _face_pass(self) -> FacePass:
        return RolledPass(self.model, self.settings)

    def losses(self, batch: Batch, first: Tensor) -> dict[str, Tensor]:
        """Distance from the teacher's sample, lips like the recorded ones.

        Args:
            batch: Pairs.
            first: First frame of each frame's window, int64 [T].

        Returns:
            Scalars by name.
        """
        drawn, level = self._draws.view(batch, first), self._draw_level()
        view = replace(drawn, time=self._levels[-1].expand_as(drawn.time))
        if level == self.settings.levels:
            seen = self._pass([view])[0]
            start = seen.noisy
        else:  # a later step of the student's own sampling: from there, too, to the same place
            with torch.no_grad():
                said = self._pass([view])[0]
            start, own = said.noisy, torch.zeros_like(view.own)
            view = replace(view, clean=said.predicted, past=said.past, own=own)
            seen = self._pass([replace(view, time=self._levels[level].expand_as(view.time))])[0]
        mouth = MOUTH.to(first.device)
        weight = torch.where(mouth, self.settings.mouth, 1.0) * self.settings.sample
        apart = seen.predicted - self._teachers_sample(view, replace(seen, noisy=start))
        lips_only = replace(seen, predicted=torch.where(mouth, seen.predicted, batch.clean))
        task = self._pair_losses(batch, view, lips_only)
        terms = {name: self.settings.task * term for name, term in task.items()}
        return {"sample": (weight * apart.square()).mean()} | terms

    def _draw_level(self) -> int:
        levels = self.settings.levels
        if levels == 1 or float(torch.rand((), generator=self.generator)) < self.settings.latest:
            return levels
        return int(torch.randint(1, levels, (), generator=self.generator))

    @torch.no_grad()
    def _teachers_sample(self, view: View, seen: Seen) -> Tensor:
        """Where the teacher arrives from pure noise and the student's past, float32 [B, T, D]."""
        with half_precision(view.mel.device):
            speech = self.teacher.encode(view.mel)
        noisy = seen.noisy
        for step in range(self.settings.levels, 0, -1):
            now, earlier = self._levels[step], self._levels[step - 1]
            asked = replace(view, time=now.expand_as(view.time))
            found = predict(self.teacher, asked, replace(seen, noisy=noisy), speech)
            noisy = teacher_step(noisy, found, now, earlier)
        return noisy


def main() -> None:
    """Distil for a while, or to the end of the schedule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, nargs="+", required=True, help="the first validates")
    parser.add_argument("--teacher", type=Path, required=True, help="checkpoint of training.motion")
    parser.add_argument("--run", "--run-folder", type=Path, required=True)
    add_split(parser)
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
    teacher = read_motion(options.teacher, FaceConfig(read["encoder"], read["transformer"]))
    with take_place(options.device, options.threads) as place:
        material = Material(pairs_to_learn(options.pairs, options.split))
        student = Distiller(recipe, material, teacher, read["distill"], place)
        validation = load_pairs(options.pairs[0], "validation")
        rhythm = Rhythm(recipe.steps, options.minutes)
        learn(student, options.run, rhythm, place, lambda: validate(student, validation))


if __name__ == "__main__":
    main()
