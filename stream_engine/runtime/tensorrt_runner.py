"""TensorRT or TensorRT-RTX behind the `ModelRunner` seam."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import EngineMismatch, InferenceError, ShapeError
from stream_engine.protocols import Tensors
from stream_engine.runtime.cuda import Cuda
from stream_engine.runtime.spec import batch_sizes, check_inputs, filled_shapes
from stream_engine.runtime.tensorrt_package import find_tensorrt
from stream_engine.telemetry.spans import device_time, recording
from stream_engine.types import RunnerSpec, TensorSpec

_WARM_UP = 2
"""Calls before a graph is captured: the first compile kernels and allocate."""


@dataclass(slots=True)
class _Bound:
    """Buffers of one set of shapes, bound once, and the graph of copies and model over them."""

    inputs: dict[str, NDArray[Any]]
    outputs: dict[str, NDArray[Any]]
    graph: Any


class TensorRTRunner:
    """One engine on this machine's card.

    Batches are filled up to the next of `batch_sizes`. For each set of shapes buffers are bound
    once, the host's in pinned memory, and the copies in, the model and the copies out are captured
    as one CUDA graph: a call is one launch and one wait. Two runners on two threads have a stream
    each, so that one's copies overlap the other's model.

    Thread: any, one at a time.
    Buffers: outputs are the caller's.
    State: on card and host the inputs and outputs of each batch size that was used.

    Args:
        engine: As `read_engine` gives it.
        batch: Largest batch it was built for.

    Raises:
        BackendUnavailable: If TensorRT, CUDA or a card are missing.
        EngineMismatch: If this version of TensorRT cannot open it.
    """

    def __init__(self, engine: bytes, batch: int) -> None:
        trt, package = find_tensorrt()
        self.backend = package
        self._cuda = Cuda()
        self._log = trt.Logger(trt.Logger.ERROR)
        self._runtime = trt.Runtime(self._log)
        self._engine = self._runtime.deserialize_cuda_engine(engine)
        if self._engine is None:
            raise EngineMismatch(
                "an engine cannot be opened on this card",
                got=f"{self._cuda.card.name}, {package}",
                fix="elocute build on this machine",
            )
        self._context = _open_context(trt, self._engine)
        self._sizes = batch_sizes(batch)
        self._bound: dict[tuple[tuple[int, ...], ...], _Bound] = {}
        self.spec = _spec(trt, self._engine)

    def run(self, inputs: Tensors) -> dict[str, NDArray[Any]]:
        """Run once.

        Args:
            inputs: One array per input of ``spec``.

        Returns:
            One array per output.

        Raises:
            ShapeError: If a name, dtype or shape does not fit ``spec``, or the batch is too large.
            InferenceError: If the call fails.
        """
        check_inputs(self.spec, inputs)
        sessions, shapes = filled_shapes(self.spec, inputs, self._sizes)
        if shapes not in self._bound:
            self._bound[shapes] = self._bind(shapes)
        bound = self._bound[shapes]
        for name, value in inputs.items():
            bound.inputs[name][:sessions] = value
        timed = recording()
        spent_ms = self._cuda.run(bound.graph, timed)
        if timed:
            device_time("CUDA graph", spent_ms)
        return {name: value[:sessions].copy() for name, value in bound.outputs.items()}

    def close(self) -> None:
        """Free the model and its memory."""
        self._bound.clear()
        del self._context, self._engine, self._runtime
        self._cuda.close()

    def _bind(self, shapes: tuple[tuple[int, ...], ...]) -> _Bound:
        for tensor, wanted in zip(self.spec.inputs, shapes, strict=True):
            if not self._context.set_input_shape(tensor.name, wanted):
                raise ShapeError(
                    f"model input {tensor.name} is outside what was built", got=str(wanted)
                )
        arrays: dict[str, NDArray[Any]] = {}
        addresses: dict[str, int] = {}
        for tensor in (*self.spec.inputs, *self.spec.outputs):
            shape = tuple(self._context.get_tensor_shape(tensor.name))
            arrays[tensor.name] = self._cuda.pinned_array(shape, tensor.dtype)
            addresses[tensor.name] = self._cuda.device_memory(arrays[tensor.name].nbytes)
            self._context.set_tensor_address(tensor.name, addresses[tensor.name])
        inputs = {tensor.name: arrays[tensor.name] for tensor in self.spec.inputs}
        outputs = {tensor.name: arrays[tensor.name] for tensor in self.spec.outputs}

        def work() -> None:
            for name, array in inputs.items():
                self._cuda.upload(array, addresses[name])
            if not self._context.execute_async_v3(int(self._cuda.stream)):
                raise InferenceError("TensorRT refused a call", got=str(shapes))
            for name, array in outputs.items():
                self._cuda.download(addresses[name], array)

        for _ in range(_WARM_UP):
            work()
            self._cuda.wait()
        return _Bound(inputs, outputs, self._cuda.capture(work))


def _open_context(trt: Any, engine: Any) -> Any:
    """A context; TensorRT-RTX's compiles for the very shapes before it first runs them."""
    strategy = getattr(trt, "DynamicShapesKernelSpecializationStrategy", None)
    if strategy is None or not hasattr(engine, "create_runtime_config"):
        return engine.create_execution_context()
    config = engine.create_runtime_config()
    config.dynamic_shapes_kernel_specialization_strategy = strategy.EAGER
    return engine.create_execution_context(config)


def _spec(trt: Any, engine: Any) -> RunnerSpec:
    found: dict[Any, list[TensorSpec]] = {trt.TensorIOMode.INPUT: [], trt.TensorIOMode.OUTPUT: []}
    for index in range(engine.num_io_tensors):
        name = engine.get_tensor_name(index)
        dtype = np.dtype(trt.nptype(engine.get_tensor_dtype(name))).name
        shape = tuple(engine.get_tensor_shape(name))
        found[engine.get_tensor_mode(name)].append(TensorSpec(name, dtype, shape))
    inputs, outputs = found.values()
    return RunnerSpec(tuple(inputs), tuple(outputs))
