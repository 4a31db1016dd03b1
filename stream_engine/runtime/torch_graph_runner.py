"""torch on a card behind the `ModelRunner` seam, each set of shapes captured as a CUDA graph."""

from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from stream_engine.errors import InferenceError
from stream_engine.protocols import Tensors
from stream_engine.runtime.spec import batch_sizes, check_inputs, filled_shapes
from stream_engine.telemetry.spans import device_time
from stream_engine.types import RunnerSpec

_WARM_UP = 3
_MOST = 4096


@dataclass(slots=True)
class _Bound:
    """Pinned buffers of one set of shapes and the graph over them."""

    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]
    graph: "torch.cuda.CUDAGraph"


class TorchGraphRunner:
    """A module on the card; copies in, module and copies out are one graph.

    Batches are filled up to the next of `batch_sizes`, as by `TensorRTRunner`, with which it is to
    be compared.

    Thread: any, one at a time.
    Buffers: outputs are the caller's.

    Args:
        module: On the card; takes the inputs of ``spec`` in order, gives its outputs in order.
        spec: Names, dtypes and shapes.
    """

    backend = "torch-cuda-graph"

    def __init__(self, module: nn.Module, spec: RunnerSpec) -> None:
        self._module = module.eval()
        self._sizes = batch_sizes(_MOST)
        self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._bound: dict[tuple[tuple[int, ...], ...], _Bound] = {}
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
        sessions, shapes = filled_shapes(self.spec, inputs, self._sizes)
        try:
            if shapes not in self._bound:
                self._bound[shapes] = self._bind(shapes)
            bound = self._bound[shapes]
            for name, value in inputs.items():
                bound.inputs[name][:sessions] = torch.from_numpy(value)
            began, ended = (
                torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
                for _ in range(2)
            )
            with torch.cuda.stream(self._stream):
                began.record()
                bound.graph.replay()
                ended.record()
            self._stream.synchronize()
            device_time("CUDA graph", began.elapsed_time(ended))
        except RuntimeError as error:
            raise InferenceError("model call failed", got=str(error)) from error
        return {name: value[:sessions].numpy().copy() for name, value in bound.outputs.items()}

    def close(self) -> None:
        """Free graphs and buffers."""
        self._bound.clear()

    def _bind(self, shapes: tuple[tuple[int, ...], ...]) -> _Bound:
        names = [tensor.name for tensor in self.spec.inputs]
        inputs = {
            n: torch.zeros(shape).pin_memory() for n, shape in zip(names, shapes, strict=True)
        }
        outputs: dict[str, Tensor] = {}

        def work() -> None:
            there = [value.to("cuda", non_blocking=True) for value in inputs.values()]
            made = self._module(*there)
            for tensor, value in zip(self.spec.outputs, made, strict=True):
                if tensor.name not in outputs:
                    outputs[tensor.name] = torch.zeros(value.shape).pin_memory()
                outputs[tensor.name].copy_(value, non_blocking=True)

        with torch.inference_mode(), torch.cuda.stream(self._stream):
            for _ in range(_WARM_UP):
                work()
            self._stream.synchronize()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=self._stream):
                work()
        return _Bound(inputs, outputs, graph)
