"""Operations and bytes counted, against counting by hand."""

import sys

import pytest
import torch
from torch import nn

from stream_engine.models.talking_face import FaceConfig, TalkingFace
from stream_engine.motion.window import PROFILES
from trt_build.roofline import (
    HopCount,
    byte_product_ops,
    copy_bytes_s,
    count_hop,
    main,
    operations_of,
    product_flops,
)


def test_a_layer_has_the_operations_that_a_hand_counts() -> None:
    """Linear 5 to 7 over 6 rows; a convolution of 3 over 8 steps; attention of 4 over 9 keys."""
    assert operations_of(nn.Linear(5, 7), [torch.ones(2, 3, 5)]) == 2 * 6 * 5 * 7
    assert operations_of(nn.Conv1d(4, 10, 3), [torch.ones(1, 4, 10)]) == 2 * 8 * 10 * 4 * 3

    class Attention(nn.Module):
        def forward(self, query: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
            return nn.functional.scaled_dot_product_attention(query, keys, keys)

    inputs = [torch.ones(1, 2, 4, 16), torch.ones(1, 2, 9, 16)]
    assert operations_of(Attention(), inputs) == 2 * 2 * (2 * 4 * 9 * 16)


def test_state_has_the_bytes_of_its_shapes() -> None:
    """Cache, mask, mel past and convolution past of each session, in and out; weights once."""
    model = TalkingFace(FaceConfig())
    one, four = (count_hop(model, PROFILES["balanced"], 1, batch) for batch in (1, 4))
    state = 4 * 2 * 25 * 256 + 25 + 4 * 80 + 20 * 192
    assert (one.state_bytes, four.state_bytes) == (2 * 4 * state, 4 * 2 * 4 * state)
    # mel; emitted frame, its features and mask; speech and noise of the window; what is made.
    other = 4 * 80 + (55 + 192 + 1) + 3 * (192 + 55) + (192 + 3 * 55)
    assert (one.other_bytes, four.other_bytes) == (4 * other, 4 * 4 * other)
    assert one.weight_bytes == four.weight_bytes == 4 * sum(p.numel() for p in model.parameters())
    assert 3.9 < four.operations / one.operations <= 4.0


def test_the_floor_is_the_longer_of_the_two() -> None:
    """Operations at first, then bytes."""
    count = HopCount(operations=1000, weight_bytes=60, state_bytes=30, other_bytes=10)
    assert count.floor_s(flops=100.0, bytes_s=100.0) == 10.0
    assert count.floor_s(flops=1000.0, bytes_s=10.0) == 10.0


def test_ceilings_are_measured() -> None:
    """Small ones, here."""
    assert product_flops(64) > 1e7
    assert byte_product_ops(64) > 1e7
    assert copy_bytes_s(100_000) > 1e7


@pytest.mark.slow
def test_the_command_prints_a_floor_and_three_backends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The process's own affinity is left alone here."""
    monkeypatch.setattr("os.sched_setaffinity", lambda pid, cores: None, raising=False)
    monkeypatch.setattr(sys, "argv", ["roofline", "--batch", "2", "--hops", "3"])
    main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split()[0] == "2"
    hops = ("onnxruntime, int8: ", "onnxruntime, fp32: ", "torch, fp32: ")
    for line, name in zip(lines[3:6], hops, strict=True):
        assert line.strip().startswith(name)
    assert "not measured" in lines[6]
