"""The reference runner."""

import numpy as np
import pytest
import torch

from stream_engine.errors import InferenceError
from stream_engine.runtime.torch_runner import TorchRunner
from stream_engine.types import RunnerSpec, TensorSpec

SPEC = RunnerSpec(
    (TensorSpec("a", "float32", (-1, -1)), TensorSpec("b", "float32", (-1, -1))),
    (TensorSpec("product", "float32", (-1, -1)),),
)


class Product(torch.nn.Module):
    def forward(self, a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor]:
        return (a @ b,)


def test_inputs_go_in_by_name() -> None:
    """The order of the mapping does not matter."""
    left, right = np.ones((2, 3), np.float32), np.full((3, 4), 2.0, np.float32)
    out = TorchRunner(Product(), SPEC).run({"b": right, "a": left})
    assert np.array_equal(out["product"], left @ right)


def test_a_call_that_fails_is_an_inference_error() -> None:
    """Shapes that the spec allows and the module does not."""
    with pytest.raises(InferenceError, match="model call failed"):
        TorchRunner(Product(), SPEC).run(
            {"a": np.ones((2, 3), np.float32), "b": np.ones((2, 3), np.float32)}
        )
