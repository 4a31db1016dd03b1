"""Shipped graphs made fit for a compiler: whole, plain and in one precision."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import onnx
import onnx_ir
from onnx import TensorProto, helper, numpy_helper
from onnx_ir.passes import common
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxscript import optimizer

from stream_engine.assemble import EAR_FOLDER, MODEL_FOLDER
from stream_engine.errors import AssetError
from stream_engine.motion.window import LatencyProfile

EAR_FRAMES = (25, 75, 75)
"""Fewest, usual and most frames that the ear is asked for at once."""

_KEPT_WIDE = ["Range", "Sin", "Cos", "IsNaN"]
"""Positions are counted and turned in full precision: 11 bits do not tell frame 2049 from 2048."""

_NOT_IN_BF16 = ["ConvTranspose"]
"""TensorRT-RTX 1.4 "could not infer output types for operation: deconv" of bfloat16."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """One graph with its free sizes fixed.

    Attributes:
        model: Name of the graph.
        path: Where it is.
        shapes: What the sizes were fixed to.
        lengths: Of each free size after the batch: fewest, usual, most.
    """

    model: str
    path: Path
    shapes: str
    lengths: dict[str, tuple[int, int, int]]


def of_profile(profile: LatencyProfile, steps: int, folder: Path | None = None) -> list[Compiled]:
    """The speech encoder and a sampler for one latency profile.

    Args:
        profile: Fixes hop and window.
        steps: Diffusion steps of the sampler.
        folder: Where the graphs are; the shipped ones by default.

    Returns:
        Both.
    """
    window, hops = profile.window_frames, (profile.hop_frames, profile.sparing.hop_frames)
    lengths = dict.fromkeys(("speech", "noise"), (window, window, window))
    hop = (hops[0], hops[0], hops[1])  # the longer one while the engine spares
    lengths |= dict.fromkeys(("emitted", "emitted_speech", "emitted_mask"), hop)
    lengths["mel"] = (4 * hops[0], 4 * hops[0], 4 * hops[1])
    return [
        Compiled(name, (folder or MODEL_FOLDER) / f"{name}.onnx", profile.name, lengths)
        for name in ("speech_encoder", f"motion_sampler_{steps}")
    ]


def of_ear(folder: Path | None = None) -> Compiled:
    """The mesh-to-speech model, for windows of one to three seconds."""
    return Compiled("ear", (folder or EAR_FOLDER) / "ear.onnx", "any", {"motion": EAR_FRAMES})


def chosen(profiles: Iterable[LatencyProfile], steps: Iterable[int]) -> list[Compiled]:
    """All that a server with these profiles and step counts can use, each once, and the ear."""
    found = {
        (graph.model, graph.shapes): graph
        for profile, count in itertools.product(profiles, steps)
        for graph in of_profile(profile, count)
    }
    return [*found.values(), of_ear()]


def read_graph(path: Path, precision: str) -> onnx.ModelProto:
    """Read a shipped graph for a strongly typed network.

    Weights are widened and folded, sequences become splits, and what is computed is computed in
    one precision but for positions. Inputs and outputs stay float32.

    Args:
        path: The graph, its weights beside it.
        precision: One of ``PRECISIONS``.

    Returns:
        The whole model.

    Raises:
        AssetError: If there is no such graph.
    """
    if not path.exists():
        raise AssetError(
            "no graph to compile",
            got=str(path),
            fix="reinstall elocute, or python -m trt_build.export",
        )
    model = _folded(onnx.load(str(path)))
    if precision == "fp32":
        return model
    wide = _KEPT_WIDE + (_NOT_IN_BF16 if precision == "bf16" else [])
    half: onnx.ModelProto = convert_float_to_float16(model, keep_io_types=True, op_block_list=wide)
    return half if precision == "fp16" else _brain_float(half)


def _folded(model: onnx.ModelProto) -> onnx.ModelProto:
    """Compute what depends on no input, and drop what is not needed.

    As ``optimizer.optimize`` without its rewrite rules: they find three nodes of 1,440 to leave
    out of four steps, and take nine tenths of 17 s, as every rule looks at every node.
    """
    graph = onnx_ir.serde.deserialize_model(model)
    common.InlinePass()(graph)
    for _ in range(2):
        optimizer.fold_constants(graph)
        common.RemoveUnusedNodesPass()(graph)
    common.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0)(graph)
    common.DeduplicateInitializersPass()(graph)
    common.CommonSubexpressionEliminationPass()(graph)
    common.RemoveUnusedNodesPass()(graph)
    common.NameFixPass()(graph)
    folded: onnx.ModelProto = onnx_ir.serde.serialize_model(graph)
    return folded


def _brain_float(model: onnx.ModelProto) -> onnx.ModelProto:
    """Turn float16 into bfloat16, everywhere."""
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT16:
            tensor.CopyFrom(_as_brain_float(tensor))
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name in ("to", "dtype") and attribute.i == TensorProto.FLOAT16:
                attribute.i = TensorProto.BFLOAT16
            elif attribute.t.data_type == TensorProto.FLOAT16:
                attribute.t.CopyFrom(_as_brain_float(attribute.t))
    for value in model.graph.value_info:
        if value.type.tensor_type.elem_type == TensorProto.FLOAT16:
            value.type.tensor_type.elem_type = TensorProto.BFLOAT16
    return model


def _as_brain_float(tensor: TensorProto) -> TensorProto:
    values = numpy_helper.to_array(tensor).astype("float32")
    return helper.make_tensor(
        tensor.name, TensorProto.BFLOAT16, tensor.dims, values.flatten().tolist()
    )
