"""Fewer steps."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from stream_engine.models.diffusion import LATEST_TIME, add_noise, respaced_times, sample
from stream_engine.models.talking_face import TalkingFace
from tests.training.pairs_for_tests import made_up_pairs
from tests.training.test_trainer import SMALL, make_trainer
from training.distill import (
    Distiller,
    DistillSettings,
    RolledPass,
    noise_levels,
    shifted,
    teacher_step,
)
from training.face_pass import Seen, View, predict
from training.trainer import Material, Recipe


def test_levels_rise_from_clean_to_noise() -> None:
    """As many steps as asked for, the last where sampling begins."""
    levels = noise_levels(4)
    assert levels[0] == 0.0
    assert float(levels[-1]) == pytest.approx(LATEST_TIME)
    assert len(levels) == 5
    assert (levels.diff() > 0).all()


def test_a_teacher_step_is_a_step_of_the_sampler() -> None:
    """Two teacher steps by hand end where the engine's two-step sampler ends."""
    noise = torch.randn(2, 3, 5)

    def predict(noisy: torch.Tensor, time: float) -> torch.Tensor:
        return 0.3 * noisy + time

    levels = noise_levels(2)
    x = noise
    for now in (2, 1):
        time = levels[now].expand(2, 1, 1)
        x = teacher_step(x, predict(x, time), time, levels[now - 1])
    made = sample(predict, noise, (LATEST_TIME, LATEST_TIME / 2))
    assert torch.allclose(x, made, atol=1e-4)


def test_a_step_to_the_same_level_goes_nowhere() -> None:
    """And a step with the true clean motion stays on the true path."""
    clean, noise = torch.randn(1, 4, 6), torch.randn(1, 4, 6)
    time, earlier = torch.tensor(0.7), torch.tensor(0.4)
    noisy = add_noise(clean, noise, time)
    assert torch.allclose(teacher_step(noisy, clean, time, time), noisy, atol=1e-5)
    there = add_noise(clean, noise, earlier)
    assert torch.allclose(teacher_step(noisy, clean, time, earlier), there, atol=1e-5)


def test_shifted_windows_begin_in_the_middle_of_the_others() -> None:
    """They cover every frame once; only the first is shorter."""
    assert shifted(torch.tensor([0, 1, 1, 3, 3, 5])).tolist() == [0, 1, 2, 2, 4, 4]
    assert shifted(torch.tensor([0, 0, 0, 0, 4, 4, 4, 4])).tolist() == [0, 0, 2, 2, 2, 2, 6, 6]


def test_a_past_rolled_on_for_long_is_that_of_the_stream() -> None:
    """As many turns as frames: each comes of a window that begins with it, after all before it."""
    torch.manual_seed(0)
    trainer, frames = make_trainer(), 12
    model = trainer.model.eval()
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    noise, mel = torch.randn(2, frames, 55), torch.randn(2, 4 * frames, 80)
    first = torch.arange(frames) // 2 * 2
    nothing = torch.zeros_like(noise)
    always = torch.ones(2, 1, 1, dtype=torch.bool)
    view = View(mel, None, nothing, always, nothing, noise, torch.ones(2, frames, 1), first)
    speech = model.encode(mel)
    passed = RolledPass(model, DistillSettings(turns=frames))
    rolled = passed._imagine(view, speech)

    streamed, at = torch.zeros_like(noise), torch.arange(frames)
    for frame in range(frames):
        windows = torch.where(at < frame, at, frame + (at - frame) // 2 * 2)
        now = streamed

        def say(noisy: Tensor, time: float, now: Tensor = now, windows: Tensor = windows) -> Tensor:
            everywhere = torch.full_like(noisy[:, :, :1], time)
            return model.transformer.teacher_forced(now, noisy, everywhere, speech, windows)

        with torch.no_grad():
            said = sample(say, noise, respaced_times(1))
        streamed = torch.where((at == frame)[None, :, None], said, streamed)
    assert streamed.std() > 0.1
    assert torch.allclose(rolled, streamed, atol=1e-4)
    twice = RolledPass(model, DistillSettings(turns=2))._imagine(view, speech)
    assert not torch.allclose(twice, streamed, atol=1e-2)


def make_distiller(teacher: TalkingFace) -> Distiller:
    recipe = Recipe(batch=8, rate=1e-3, warm_up=5, steps=60, ema=0.9)
    settings = DistillSettings(levels=6, mouth=1.0, task=0.0, turns=1)
    return Distiller(recipe, Material(made_up_pairs(16)), teacher, settings)


@pytest.mark.slow
def test_a_student_says_in_one_step_more_of_what_the_teacher_says_in_many() -> None:
    """After a little distillation one step is nearer to the teacher's six."""
    trainer = make_trainer(120)
    for _ in range(120):
        trainer.train_step()
    teacher = trainer.averaged
    distiller = make_distiller(teacher)
    weights = teacher.state_dict()
    before = {name: value.clone() for name, value in weights.items()}
    first = torch.arange(24) // 3 * 3
    mel = torch.from_numpy(made_up_pairs(6, seed=5).mel).float()
    past = torch.zeros(6, 24, SMALL.transformer.coefficients)
    noise = torch.randn(6, 24, 55, generator=torch.Generator().manual_seed(0))

    @torch.no_grad()
    def say(model: TalkingFace, steps: int) -> torch.Tensor:
        speech = model.encode(mel)

        def predict(noisy: torch.Tensor, time: float) -> torch.Tensor:
            at = torch.full_like(noisy[:, :, :1], time)
            return model.transformer.teacher_forced(past, noisy, at, speech, first)

        return sample(predict, noise, respaced_times(steps))

    wanted = say(teacher, 6)
    far = (say(teacher, 1) - wanted).square().mean()
    terms = [distiller.train_step() for _ in range(60)]
    near = (say(distiller.averaged, 1) - wanted).square().mean()
    assert near < 0.8 * far
    assert all(term["sample"] >= 0 for term in terms)
    assert all(torch.equal(before[name], value) for name, value in weights.items())


def test_the_teachers_sample_is_the_samplers() -> None:
    """From the latest level it is what the engine's sampler gives of the same noise and past."""
    teacher = make_trainer(1).averaged
    distiller = make_distiller(teacher)
    batch = distiller._draws.batch()
    first = torch.arange(24) // 3 * 3
    drawn = distiller._draws.view(batch, first)
    levels = noise_levels(6)
    view = replace(drawn, time=levels[6].expand_as(drawn.time))
    noisy = torch.randn(8, 24, 55)
    seen = Seen(torch.zeros(8, 24, 55), batch.past, noisy)
    made = distiller._teachers_sample(view, seen)

    @torch.no_grad()
    def ask(noisy: torch.Tensor, time: float) -> torch.Tensor:
        asked = replace(view, time=torch.full_like(noisy[:, :, :1], time))
        return predict(teacher, asked, replace(seen, noisy=noisy))

    assert torch.allclose(made, sample(ask, noisy, respaced_times(6)), atol=1e-4)


def test_the_latest_level_is_asked_most() -> None:
    """Pure noise is where one step begins; every other level comes up as well."""
    distiller = make_distiller(make_trainer(1).averaged)
    drawn = [distiller._draw_level() for _ in range(400)]
    assert set(drawn) == set(range(1, 7))
    assert 0.4 < drawn.count(6) / 400 < 0.6
