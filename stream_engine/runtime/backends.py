"""Which library runs the motion models: chosen by name, never silently another than was wanted."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stream_engine.config import AUTO, INT8, PRECISIONS, MotionConfig
from stream_engine.cores import usable_cores
from stream_engine.errors import BackendUnavailable
from stream_engine.motion.window import LatencyProfile
from stream_engine.protocols import ModelRunner

_COMPUTES_IN = {
    "onnxruntime": (INT8, "fp32"),
    "tensorrt": ("fp16", *(name for name in PRECISIONS if name != "fp16")),
    "torch": ("fp32",),
}
"""By backend, what is best first."""


@dataclass(frozen=True, slots=True)
class MotionModels:
    """What one engine thread works with.

    Attributes:
        encoder: Speech encoder.
        samplers: Motion samplers, the one with the steps wanted first, then ever fewer.
    """

    encoder: ModelRunner
    samplers: Sequence[ModelRunner]


class Backend(Protocol):
    """Opens models; one for a process."""

    @property
    def name(self) -> str:
        """For logs, metrics and ``doctor``."""
        ...

    @property
    def engine_threads(self) -> int:
        """Engine threads of use."""
        ...

    def open(self, profile: LatencyProfile, step_counts: Sequence[int]) -> MotionModels:
        """Give the models of one engine thread and profile, one sampler for each step count."""
        ...

    def close(self) -> None:
        """Free every model that was opened."""
        ...


class OnnxBackend:
    """ONNX Runtime on the CPU: models are loaded once, and all threads share them.

    Args:
        folder: Of the graphs.
        precision: ``int8`` for graphs that multiply bytes.
    """

    def __init__(self, folder: Path, precision: str = "fp32") -> None:
        from stream_engine.runtime.onnx_runner import OnnxRunner, graph_path

        self._make = OnnxRunner
        self._path = graph_path
        self._folder, self._precision = folder, precision
        self._runners: dict[str, ModelRunner] = {}
        self.name = OnnxRunner.backend + ("-int8" if precision == INT8 else "")
        self.engine_threads = usable_cores()  # each call takes one core

    def open(self, profile: LatencyProfile, step_counts: Sequence[int]) -> MotionModels:
        """Give the models; the profile does not matter."""
        samplers = [self._runner(f"motion_sampler_{steps}") for steps in step_counts]
        return MotionModels(self._runner("speech_encoder"), samplers)

    def close(self) -> None:
        """Free the models."""
        for runner in self._runners.values():
            runner.close()
        self._runners.clear()

    def _runner(self, name: str) -> ModelRunner:
        if name not in self._runners:
            self._runners[name] = self._make(self._path(self._folder, name, self._precision))
        return self._runners[name]


class _Separate:
    """Models that each thread opens for itself: a runner owns its buffers and its stream."""

    engine_threads = 2  # one's copies overlap the other's model
    name = ""

    def __init__(self) -> None:
        self._opened: list[ModelRunner] = []

    def close(self) -> None:
        """Free the models."""
        for runner in self._opened:
            runner.close()
        self._opened.clear()

    def _keep(self, encoder: ModelRunner, samplers: list[ModelRunner]) -> MotionModels:
        self._opened += [encoder, *samplers]
        return MotionModels(encoder, samplers)


class TensorRTBackend(_Separate):
    """Engines that ``elocute build`` wrote, on this machine's card.

    Args:
        folder: Of the graphs the engines must have been built from.
        engines: Of the engines.
        precision: Which of them.

    Raises:
        BackendUnavailable: If TensorRT, CUDA or a card are missing.
    """

    def __init__(self, folder: Path, engines: Path, precision: str) -> None:
        from stream_engine.runtime.cuda import Cuda
        from stream_engine.runtime.tensorrt_package import find_tensorrt

        super().__init__()
        _, self.name = find_tensorrt()
        cuda = Cuda()
        self._capability = cuda.card.capability
        cuda.close()
        self._folder, self._engines, self._precision = folder, engines, precision

    def open(self, profile: LatencyProfile, step_counts: Sequence[int]) -> MotionModels:
        """Open the engines of a profile; EngineMismatch if one is missing."""
        samplers = [self._runner(f"motion_sampler_{steps}", profile) for steps in step_counts]
        return self._keep(self._runner("speech_encoder", profile), samplers)

    def _runner(self, model: str, profile: LatencyProfile) -> ModelRunner:
        from stream_engine.runtime.engine_manifest import EngineManifest, graph_hash, largest_engine
        from stream_engine.runtime.tensorrt_runner import TensorRTRunner

        wanted = EngineManifest(
            model=model,
            graph=graph_hash(self._folder / f"{model}.onnx"),
            shapes=profile.name,
            batch=0,
            precision=self._precision,
            package=self.name,
            capability=self._capability,
        )
        engine, found = largest_engine(self._engines, wanted)
        return TensorRTRunner(engine, found.batch)


class TorchBackend(_Separate):
    """torch with the shipped weights, under CUDA graphs where there is a card.

    Args:
        folder: Of the weights.

    Raises:
        BackendUnavailable: If torch is missing.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        # By name: serving must not need torch, nor be seen to.
        self._face = importlib.import_module("stream_engine.runtime.torch_face").TorchFace(folder)
        self.name = self._face.backend
        if not self._face.on_card:
            self.engine_threads = usable_cores()

    def open(self, profile: LatencyProfile, step_counts: Sequence[int]) -> MotionModels:
        """Make runners of the models; the profile does not matter."""
        samplers = [self._face.sampler(steps) for steps in step_counts]
        return self._keep(self._face.encoder(), samplers)


def choose_backend(motion: MotionConfig, folder: Path) -> Backend:
    """Open the backend that is wanted.

    Args:
        motion: ``auto`` is TensorRT if there is a folder of engines, and ONNX Runtime otherwise.
        folder: Of graphs and weights.

    Returns:
        The backend.

    Raises:
        BackendUnavailable: If it cannot be had: it says why.
    """
    wanted = motion.backend
    if wanted == AUTO:
        wanted = "tensorrt" if motion.engines else "onnxruntime"
    known = _COMPUTES_IN[wanted]
    precision = known[0] if motion.precision == AUTO else motion.precision
    if precision not in known:
        raise BackendUnavailable(
            f"{wanted} does not compute in {precision}",
            got=f"motion.backend {motion.backend}, motion.engines {motion.engines!r}",
            expected=f"motion.precision {AUTO}, {' or '.join(known)}",
            fix="set motion.precision or motion.backend",
        )
    if wanted == "tensorrt":
        return TensorRTBackend(folder, Path(motion.engines or "engines"), precision)
    return TorchBackend(folder) if wanted == "torch" else OnnxBackend(folder, precision)
