"""torch under CUDA graphs gives what torch gives; skipped where there is no card."""

import numpy as np
import pytest
import torch

from stream_engine.runtime.torch_graph_runner import TorchGraphRunner
from stream_engine.types import RunnerSpec, TensorSpec

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA card"),
]


class Scaled(torch.nn.Module):
    def forward(self, a: torch.Tensor) -> tuple[torch.Tensor]:
        return (3.0 * a,)


def test_every_batch_gets_its_own_answer() -> None:
    """Filled up or not, first or later call: three times what was given."""
    spec = RunnerSpec(
        (TensorSpec("a", "float32", (-1, 4)),), (TensorSpec("b", "float32", (-1, 4)),)
    )
    runner = TorchGraphRunner(Scaled(), spec)
    random = np.random.default_rng(0)
    for sessions in (1, 3, 5, 5, 1):
        given = random.standard_normal((sessions, 4)).astype(np.float32)
        assert np.allclose(runner.run({"a": given})["b"], 3.0 * given)
    runner.close()
