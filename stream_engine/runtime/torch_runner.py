"""torch behind the `ModelRunner` seam: the reference every compiled model is held against."""

from collections.abc import Sequence
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from stream_engine.errors import InferenceError
from stream_engine.protocols import Tensors
from stream_engine.runtime.spec import check_inputs
from stream_engine.types import RunnerSpec


class TorchRunner:
    """A module whose arguments and results are named by a spec.

    Thread: any, one at a time.
    Buffers: outputs are the caller's.

    Args:
        module: Takes the inputs of ``spec`` in order, gives a tuple of its outputs in order.
        spec: Names, dtypes and shapes.
    """

    backend = "torch"

    def __init__(self, module: nn.Module, spec: RunnerSpec) -> None:
        self._module = module.eval()
        self.spec = spec

    def run(self, inputs: Tensors) -> dict[str, NDArray[Any]]:
        """Run once.

        Args:
            inputs: One array per input of ``spec``.

        Returns:
            One array per output.

        Raises:
            ShapeError: If a name, dtype or shape does not fit ``spec``.
            InferenceError: If the call fails.
        """
        check_inputs(self.spec, inputs)
        tensors = [torch.from_numpy(inputs[tensor.name]) for tensor in self.spec.inputs]
        try:
            with torch.inference_mode():
                outputs: Sequence[torch.Tensor] = self._module(*tensors)
        except RuntimeError as error:
            raise InferenceError("model call failed", got=str(error)) from error
        names = [output.name for output in self.spec.outputs]
        return {name: out.numpy() for name, out in zip(names, outputs, strict=True)}

    def close(self) -> None:
        """Free the model."""
        del self._module
