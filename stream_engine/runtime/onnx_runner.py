"""ONNX Runtime behind the `ModelRunner` seam; the default on a CPU."""

from pathlib import Path
from typing import Any

import onnxruntime
from numpy.typing import NDArray

from stream_engine.config import INT8
from stream_engine.errors import AssetError, InferenceError
from stream_engine.protocols import Tensors
from stream_engine.runtime.spec import check_inputs
from stream_engine.types import RunnerSpec, TensorSpec

_DTYPES = {f"tensor({name})": name for name in ("float16", "int64", "int32", "uint8")}
_DTYPES["tensor(float)"] = "float32"


def _spec(values: list[Any]) -> tuple[TensorSpec, ...]:
    return tuple(
        TensorSpec(
            value.name,
            _DTYPES.get(value.type, value.type),
            tuple(size if isinstance(size, int) else -1 for size in value.shape),
        )
        for value in values
    )


def graph_path(folder: Path, model: str, precision: str = "fp32") -> Path:
    """Where a model's graph is.

    Args:
        folder: Of the graphs.
        model: Name of the graph.
        precision: ``int8`` for the one that multiplies bytes.

    Returns:
        The file.

    Raises:
        AssetError: If it is not there.
    """
    path = folder / (f"{model}.{INT8}.onnx" if precision == INT8 else f"{model}.onnx")
    if not path.exists():
        raise AssetError(
            "model file is missing",
            got=str(path),
            fix="reinstall elocute, or python -m trt_build.export and trt_build.export_int8",
        )
    return path


class OnnxRunner:
    """One ONNX graph on the CPU, one intra-op thread, no spinning.

    Thread: any, several at once.
    Buffers: outputs are the caller's.

    Args:
        path: The ``.onnx`` file.
        threads: Intra-op threads. One by default: thread pools that spin beside other work on
            few cores cost far more than they win.
    """

    backend = "onnxruntime-cpu"

    def __init__(self, path: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise AssetError(
                "model cannot be loaded", got=f"{path}: {error}", fix="reinstall elocute"
            ) from error
        self.spec = RunnerSpec(
            _spec(self._session.get_inputs()), _spec(self._session.get_outputs())
        )

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
        names = [output.name for output in self.spec.outputs]
        try:
            outputs = self._session.run(names, dict(inputs))
        except Exception as error:
            raise InferenceError("model call failed", got=str(error)) from error
        return dict(zip(names, outputs, strict=True))

    def close(self) -> None:
        """Free the model."""
        del self._session
