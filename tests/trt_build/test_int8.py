"""A model in bytes says what it said, within its ranges."""

import pytest
import torch
from torch import nn

from stream_engine.models.talking_face import TalkingFace
from tests.trt_build.test_export import SMALL
from trt_build.int8 import Int8Block, Product, Taps, as_int8, watched


def random_face() -> TalkingFace:
    """A small random model."""
    torch.manual_seed(4)
    model = TalkingFace(SMALL)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.2)
    return model.eval()


def test_ranges_are_seen_only_while_watched() -> None:
    """They grow with what is given, contain 0, and stop growing afterwards."""
    face = random_face()
    with torch.no_grad(), watched(face) as seen:
        face.encode(torch.full((1, 8, 80), 2.0))
        before = seen["encoder.stem"]
        face.encode(torch.full((1, 8, 80), -3.0))
    assert before == (0.0, 2.0)
    assert seen["encoder.stem"] == (-3.0, 2.0)
    with torch.no_grad():
        face.encode(torch.full((1, 8, 80), 9.0))
    assert seen["encoder.stem"] == (-3.0, 2.0)
    assert not any(name.startswith("transformer") for name in seen)


@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(5, 1, 1), (4, 4, 1), (3, 1, 4)])
def test_taps_are_the_convolution(kernel: int, stride: int, dilation: int) -> None:
    """Within what seven and eight bits round away."""
    torch.manual_seed(5)
    conv = nn.Conv1d(6, 10, kernel, stride=stride, dilation=dilation)
    x = torch.randn(3, 6, 24)
    seen = float(x.min()), float(x.max())
    with torch.no_grad():
        wanted, found = conv(x), Taps(conv, seen)(x)
    assert found.shape == wanted.shape
    assert (found - wanted).abs().max() < 0.05 * wanted.std()


def test_parts_are_the_whole() -> None:
    """Cut before the product or after it."""
    torch.manual_seed(6)
    layer, x = nn.Linear(12, 18), torch.randn(2, 5, 12)
    made = Product(layer.weight.data, layer.bias.data, (-4.0, 4.0))
    assert torch.equal(torch.cat(made.in_parts(x, 3), dim=-1), made(x))
    assert (made(x) - layer(x)).abs().max() < 0.05


def test_a_column_of_zeros_and_an_input_never_below_zero_are_fine() -> None:
    """No division by zero; zero is level 0 then."""
    made = Product(torch.zeros(3, 4), torch.ones(3), (0.0, 2.0))
    assert made(torch.rand(1, 4)).tolist() == [[1.0, 1.0, 1.0]]
    assert int(made.zero) == 0


def test_the_whole_model_is_close_and_the_trained_one_untouched() -> None:
    """Encoder and denoiser, on what the ranges were taken from."""
    face = random_face()
    mel, noisy = torch.randn(2, 40, 80), torch.randn(2, 10, 55)
    first = torch.arange(10) // 5 * 5

    def say(model: TalkingFace) -> torch.Tensor:
        speech = model.encode(mel)
        time = torch.full_like(noisy[..., :1], 0.5)
        said: torch.Tensor = model.transformer.teacher_forced(noisy, noisy, time, speech, first)
        return said

    with torch.no_grad():
        with watched(face) as seen:
            wanted = say(face)
        made = as_int8(face, seen)
        cache, mask = face.transformer.initial_cache(2)
        given = noisy, torch.full((2, 1, 1), 0.5), face.encode(mel), cache, mask
        apart = made.transformer.denoise(*given) - face.transformer.denoise(*given)
        assert apart.abs().max() < 0.2 * wanted.std()
        assert torch.equal(say(face), wanted)
    assert all(isinstance(block, Int8Block) for block in made.transformer.blocks)
    assert not any(isinstance(m, Product) for m in face.modules())
