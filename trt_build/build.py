"""A graph to a TensorRT engine, for this machine's card or for another, ahead of time."""

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from stream_engine.errors import BackendError
from stream_engine.runtime.engine_manifest import (
    ENGINE_SUFFIX,
    EngineManifest,
    graph_hash,
    write_engine,
)
from stream_engine.runtime.tensorrt_package import capability_of, find_tensorrt
from trt_build.graphs import Compiled, read_graph


@dataclass(frozen=True, slots=True)
class Target:
    """What engines are built for.

    Attributes:
        precision: Of what is computed.
        batch: Most sessions in a call; half of it is what kernels are chosen for.
        capability: Compute capability, such as ``8.9``.
        ahead: Build for a card that is not in this machine.
    """

    precision: str
    batch: int
    capability: str
    ahead: bool


@dataclass(frozen=True, slots=True)
class Built:
    """What came of one graph.

    Attributes:
        path: The engine.
        size: In bytes.
        seconds: What it took; 0 if it was there already.
    """

    path: Path
    size: int
    seconds: float


def build(graph: Compiled, target: Target, folder: Path) -> Built:
    """Build one engine, unless the folder has it.

    Args:
        graph: What.
        target: For what.
        folder: Where engines, manifests and TensorRT's timings are kept.

    Returns:
        Where it is.

    Raises:
        BackendError: If it cannot be parsed or built: it says which node.
        BackendUnavailable: If TensorRT is missing, or cannot build for the card.
    """
    trt, package = find_tensorrt()
    manifest = EngineManifest(
        model=graph.model,
        graph=graph_hash(graph.path),
        shapes=graph.shapes,
        batch=target.batch,
        precision=target.precision,
        package=package,
        capability=target.capability,
    )
    path = folder / (manifest.key + ENGINE_SUFFIX)
    if path.exists():
        return Built(path, path.stat().st_size, 0.0)
    began = time.monotonic()
    model = _prepared(graph.path, target.precision, manifest.graph)
    # TensorRT-RTX chooses kernels on the card, when it runs: there is nothing to time here.
    timings = folder / f"timing-{target.capability}.cache" if trt.__name__ == "tensorrt" else None
    engine = _compile(trt, model, graph, target, timings)
    seconds = time.monotonic() - began
    return Built(write_engine(folder, manifest, engine, seconds), len(engine), seconds)


@lru_cache(maxsize=1)
def _prepared(path: Path, precision: str, digest: str) -> bytes:
    """A graph for several cards is prepared once; the digest tells when it has changed."""
    return bytes(read_graph(path, precision).SerializeToString())


def _compile(
    trt: ModuleType, model: bytes, graph: Compiled, target: Target, timings: Path | None
) -> bytes:
    logger = _Complaints(trt)
    builder = trt.Builder(logger.logger)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger.logger)
    if not parser.parse(model):
        errors = [str(parser.get_error(k)) for k in range(parser.num_errors)]
        raise BackendError(f"{graph.model} cannot be parsed", got="; ".join(errors[:3]))
    config = builder.create_builder_config()
    config.add_optimization_profile(_shapes(builder, network, graph, target.batch))
    if target.ahead:
        config.num_compute_capabilities = 1
        config.set_compute_capability(capability_of(trt, target.capability), 0)
    if timings is not None:
        kept = timings.read_bytes() if timings.exists() else b""
        config.set_timing_cache(config.create_timing_cache(kept), ignore_mismatch=False)
    serialized = builder.build_serialized_network(network, config)
    if serialized is None:
        raise BackendError(f"{graph.model} cannot be built", got=logger.last or "no reason given")
    if timings is not None:
        timings.parent.mkdir(parents=True, exist_ok=True)
        timings.write_bytes(bytes(config.get_timing_cache().serialize()))
    return bytes(serialized)


def _shapes(builder: Any, network: Any, graph: Compiled, batch: int) -> Any:
    """The free sizes: batches from one to the largest, lengths as the graph says."""
    profile = builder.create_optimization_profile()
    for index in range(network.num_inputs):
        tensor = network.get_input(index)
        lengths = graph.lengths.get(tensor.name, (0, 0, 0))
        sizes = zip((1, max(1, batch // 2), batch), lengths, strict=True)
        fixed = list(tensor.shape)[1:]
        wanted = [
            [sessions, *(length if size < 0 else size for size in fixed)]
            for sessions, length in sizes
        ]
        profile.set_shape(tensor.name, *wanted)
    return profile


class _Complaints:
    """TensorRT's log: the last error is kept, nothing is printed."""

    def __init__(self, trt: ModuleType) -> None:
        self.last = ""
        outer = self

        class Logger(trt.ILogger):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                trt.ILogger.__init__(self)

            def log(self, severity: Any, message: str) -> None:
                if severity <= trt.ILogger.ERROR:
                    outer.last = message

        self.logger = Logger()
