"""The training pass."""

from dataclasses import replace

import torch

from stream_engine.models.diffusion import add_noise
from stream_engine.models.talking_face import TalkingFace
from tests.training.test_draws import draws
from tests.training.test_trainer import SMALL
from training.face_pass import FacePass, View, predict


def make_view() -> tuple[TalkingFace, View]:
    torch.manual_seed(0)
    drawing = draws()
    batch = drawing.batch()
    return TalkingFace(SMALL), drawing.view(batch, drawing.windows(24))


def test_some_clips_are_on_their_own_past() -> None:
    """The others on the one they were given; what is denoised is the truth with noise."""
    model, view = make_view()
    view = replace(view, own=(torch.arange(10) < 4)[:, None, None])
    seen = FacePass(model)([view])[0]
    assert torch.equal(seen.past[4:], view.past[4:])
    assert not torch.isclose(seen.past[:4], view.past[:4]).all()
    assert view.clean is not None
    assert torch.equal(seen.noisy, add_noise(view.clean, view.noise, view.time))


def test_gradients_go_through_the_prediction_and_not_through_the_past() -> None:
    """What the model imagined is given, not learned from."""
    model, view = make_view()
    seen = FacePass(model)([view])[0]
    assert seen.predicted.requires_grad
    assert not seen.past.requires_grad
    assert not seen.noisy.requires_grad


def test_without_a_face_the_imagined_one_is_denoised() -> None:
    """Speech alone: what is noised is what the model itself said."""
    model, view = make_view()
    alone = replace(view, clean=None, own=torch.ones_like(view.own))
    seen = FacePass(model)([alone])[0]
    assert torch.equal(seen.noisy, add_noise(seen.past, view.noise, view.time))


def test_the_same_model_finds_the_same_in_the_same_place() -> None:
    """`predict` repeats a pass from what it saw."""
    model, view = make_view()
    seen = FacePass(model)([view])[0]
    assert torch.equal(predict(model, view, seen), seen.predicted)
