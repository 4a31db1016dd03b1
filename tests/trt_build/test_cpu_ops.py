"""What ONNX Runtime does whole is what torch does by the plain formula."""

from pathlib import Path

import numpy as np
import pytest
import torch
from onnxruntime import InferenceSession
from torch import Tensor, nn
from torch.nn import functional

from stream_engine.models.motion_transformer import rotate
from trt_build.cpu_ops import TRANSLATIONS, attend, product, to_bytes, turn

RANDOM = torch.Generator().manual_seed(3)


def drawn(*shape: int) -> Tensor:
    """Normal numbers."""
    return torch.randn(*shape, generator=RANDOM)


class AllFour(nn.Module):
    """Every operation once."""

    def forward(self, x: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Product, turned frames and attention of ``x`` [B, T, 16]."""
        scale, zero = torch.tensor(0.03), torch.tensor(120, dtype=torch.uint8)
        scales = weight.abs().amax(1) / 63
        levels = torch.round(weight / scales[:, None]).to(torch.int8)
        made = product(to_bytes(x, scale, zero), levels.t(), scale, scales, zero, bias)
        angles = torch.arange(32)[:, None] * torch.tensor([1.0, 0.1, 0.01, 0.001])
        turned = turn(x, angles.cos(), angles.sin(), torch.tensor([5]))
        mask = torch.zeros(x.shape[0], 1, x.shape[1], x.shape[1])
        return made, turned, attend(turned, x, made, mask, 2)


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # torch, of itself
@pytest.mark.slow
def test_onnx_runtime_gives_the_same(tmp_path: Path) -> None:
    """Whole numbers exactly, the rest to rounding."""
    given = drawn(3, 7, 16), drawn(16, 16), drawn(16)
    program = torch.onnx.export(
        AllFour().eval(), given, dynamo=True, custom_translation_table=TRANSLATIONS, verbose=False
    )
    assert program is not None
    program.save(str(tmp_path / "four.onnx"))
    session = InferenceSession(tmp_path / "four.onnx", providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    got = session.run(None, dict(zip(names, (x.numpy() for x in given), strict=True)))
    for ours, theirs in zip(AllFour()(*given), got, strict=True):
        assert np.abs(ours.numpy() - theirs).max() < 1e-5


def test_bytes_are_levels_and_stop_at_the_ends() -> None:
    """Rounded to even, 0 stays 0, what is outside the range becomes its end."""
    scale, zero = torch.tensor(0.5), torch.tensor(10, dtype=torch.uint8)
    found = to_bytes(torch.tensor([-99.0, -0.5, 0.0, 0.25, 0.75, 99.0, 999.0]), scale, zero)
    assert found.tolist() == [0, 9, 10, 10, 12, 208, 255]


def test_a_product_of_bytes_is_the_product_of_what_they_stand_for() -> None:
    """Level less the level of zero, times scale."""
    x = torch.randint(0, 256, (2, 5, 8), generator=RANDOM, dtype=torch.uint8)
    weight = torch.randint(-63, 64, (8, 3), generator=RANDOM, dtype=torch.int8)
    scale, zero, scales = torch.tensor(0.1), torch.tensor(77, dtype=torch.uint8), drawn(3).abs()
    found = product(x, weight, scale, scales, zero, torch.ones(3))
    wanted = (0.1 * (x.float() - 77)) @ (weight * scales) + 1
    assert torch.allclose(found, wanted, atol=1e-3)


def test_turned_frames_are_rotated_heads() -> None:
    """From the position that is given on."""
    x, half = drawn(2, 6, 16), 4
    rates = 100.0 ** (-torch.arange(half) / half)
    angles = torch.arange(16)[:, None] * rates
    heads = x.reshape(2, 6, 2, 8).transpose(1, 2)
    wanted = rotate(heads, torch.arange(3, 9)).transpose(1, 2).flatten(-2)
    assert torch.allclose(turn(x, angles.cos(), angles.sin(), torch.tensor([3])), wanted, atol=1e-5)


def test_attention_does_not_see_what_is_hidden() -> None:
    """Keys with a large negative bias have no say."""
    query, key, value = drawn(2, 3, 8), drawn(2, 5, 8), drawn(2, 5, 8)
    bias = torch.zeros(2, 1, 3, 5)
    bias[..., 3:] = -1e9
    found = attend(query, key, value, bias, 2)
    heads = (x.reshape(2, -1, 2, 4).transpose(1, 2) for x in (query, key[:, :3], value[:, :3]))
    wanted = functional.scaled_dot_product_attention(*heads).transpose(1, 2).flatten(-2)
    assert torch.allclose(found, wanted, atol=1e-5)
