"""Trained weights to ONNX graphs: speech encoder, and sampler with its steps unrolled.

The weights are written once, as float16 safetensors; every graph refers into that one file
(ONNX external data) and widens them to float32 when loaded.

    python -m trt_build.export --checkpoint runs/motion/checkpoint.pt --out FOLDER
"""

import argparse
import json
import struct
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import torch
from onnx import TensorProto, helper
from safetensors.torch import save_file
from torch import Tensor, nn

from stream_engine.models.diffusion import respaced_times
from stream_engine.models.motion_sampler import MotionSampler
from stream_engine.models.talking_face import (
    TalkingFace,
    encoder_spec,
    sampler_spec,
)
from stream_engine.runtime.torch_face import WEIGHTS_FILE
from stream_engine.types import RunnerSpec
from trt_build.checkpoints import read_motion
from trt_build.cpu_ops import TRANSLATIONS

STEP_COUNTS = (1, 2, 4)
_OPSET = 20
_SMALLEST_SHARED = 64  # smaller tensors stay in the graph
_EXAMPLE_LENGTHS = {"hop": 2, "steps": 8, "window": 5, "frames": 6}


def example_inputs(spec: RunnerSpec, lengths: dict[str, str]) -> tuple[Tensor, ...]:
    """Inputs of more than one slot and frame, so that no dimension is specialised."""
    generator = torch.Generator().manual_seed(0)
    inputs = []
    for tensor in spec.inputs:
        free = _EXAMPLE_LENGTHS[lengths[tensor.name]] if tensor.name in lengths else 0
        shape = [3, *(free if size == -1 else size for size in tensor.shape[1:])]
        value = torch.randn(shape, generator=generator)
        inputs.append((value > 0).float() if tensor.name.endswith("mask") else value)
    return tuple(inputs)


def export_graph(
    module: nn.Module,
    spec: RunnerSpec,
    lengths: dict[str, str],
    offsets: dict[str, tuple[int, int]],
    prefixes: tuple[str, str],
    path: Path,
) -> None:
    """Export one module beside the weights file it refers to.

    Constants are left unfolded: folding would keep a transposed copy of some weights in the graph.
    The runtime folds when it loads it.

    Args:
        module: Takes and gives the tensors of ``spec`` in order.
        spec: Names and shapes.
        lengths: Name of the free length of each input that has one: hop, steps (four to a hop),
            window or frames.
        offsets: Byte range of each tensor in the weights file.
        prefixes: Start of the module's parameter names, and of the same ones in the file.
        path: The graph.
    """
    names = {"batch", "hop", *lengths.values()} - {"steps"}
    dims = {name: torch.export.Dim(name, min=1, max=4096) for name in names}
    dims["steps"] = 4 * dims["hop"]
    shapes = []
    for tensor in spec.inputs:
        shape = {0: dims["batch"]}
        if tensor.name in lengths:
            shape[1] = dims[lengths[tensor.name]]
        shapes.append(shape)
    exported = torch.export.export(  # strict: len(tensor) stays a free size
        module, example_inputs(spec, lengths), dynamic_shapes=tuple(shapes), strict=True
    )
    program = torch.onnx.export(
        exported,
        dynamo=True,
        opset_version=_OPSET,
        input_names=[tensor.name for tensor in spec.inputs],
        output_names=[tensor.name for tensor in spec.outputs],
        optimize=False,
        custom_translation_table=TRANSLATIONS,
        verbose=False,
    )
    assert program is not None
    with TemporaryDirectory() as scratch:  # large graphs are written as several files
        program.save(f"{scratch}/graph.onnx")
        graph = onnx.load(f"{scratch}/graph.onnx")
    share_weights(graph, offsets, prefixes)
    onnx.save(graph, str(path))


def share_weights(
    graph: onnx.ModelProto, offsets: dict[str, tuple[int, int]], prefixes: tuple[str, str]
) -> None:
    """Replace large initialisers by references into the weights file, widened by a Cast.

    Args:
        graph: Changed in place.
        offsets: Byte range of each tensor in the weights file.
        prefixes: Start of the module's parameter names, and of the same ones in the file.
    """
    kept, casts = [], []
    for tensor in graph.graph.initializer:
        key = prefixes[1] + tensor.name.removeprefix(prefixes[0])
        if key not in offsets:
            kept.append(tensor)
            continue
        begin, end = offsets[key]
        shared = TensorProto(
            name=tensor.name + "_half",
            data_type=TensorProto.FLOAT16,
            dims=tensor.dims,
            data_location=TensorProto.EXTERNAL,
        )
        place = {"location": WEIGHTS_FILE, "offset": str(begin), "length": str(end - begin)}
        for name, value in place.items():
            shared.external_data.add(key=name, value=value)
        kept.append(shared)
        casts.append(helper.make_node("Cast", [shared.name], [tensor.name], to=TensorProto.FLOAT))
    nodes = list(graph.graph.node)
    for node in nodes:  # the exporter's stack traces: half of the file
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    del graph.graph.initializer[:], graph.graph.node[:], graph.graph.value_info[:]
    graph.graph.initializer.extend(kept)
    graph.graph.node.extend(casts + nodes)


def tensor_offsets(path: Path) -> dict[str, tuple[int, int]]:
    """Absolute byte range of every tensor of a safetensors file."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    start = 8 + length
    return {
        name: (start + entry["data_offsets"][0], start + entry["data_offsets"][1])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def write_weights(model: nn.Module, out: Path) -> dict[str, tuple[int, int]]:
    """Write a model's weights in half precision, and round the model to what was written.

    Args:
        model: Changed in place, so that the graphs' constants come from what is shipped.
        out: Folder, made if missing.

    Returns:
        Byte range in the file of every tensor large enough for graphs to refer to.
    """
    out.mkdir(parents=True, exist_ok=True)
    halves = {name: value.half().contiguous() for name, value in model.state_dict().items()}
    save_file(halves, out / WEIGHTS_FILE)
    model.load_state_dict({name: value.float() for name, value in halves.items()})
    return large_offsets(model, out)


def large_offsets(model: nn.Module, out: Path) -> dict[str, tuple[int, int]]:
    """Byte range in a folder's weights of every tensor large enough for graphs to refer to."""
    large = {
        name for name, value in model.state_dict().items() if value.numel() >= _SMALLEST_SHARED
    }
    return {k: v for k, v in tensor_offsets(out / WEIGHTS_FILE).items() if k in large}


def export_model(model: TalkingFace, out: Path, step_counts: tuple[int, ...] = STEP_COUNTS) -> None:
    """Write weights, graphs and ``model.json`` into a folder.

    Args:
        model: The trained model; its weights are rounded to float16, as shipped.
        out: Folder, made if missing.
        step_counts: One sampler graph for each.
    """
    offsets = write_weights(model, out)
    export_graphs(model, offsets, out, step_counts)
    described = {"config": asdict(model.config), "steps": step_counts, "opset": _OPSET}
    (out / "model.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def export_graphs(
    model: TalkingFace,
    offsets: dict[str, tuple[int, int]],
    out: Path,
    step_counts: tuple[int, ...],
    suffix: str = "",
) -> None:
    """Write encoder and samplers beside a weights file.

    Args:
        model: Weights as in the file.
        offsets: Byte range of each tensor in the weights file.
        out: Where that file is.
        step_counts: One sampler graph for each.
        suffix: Of the graphs' names.
    """
    config = model.config
    of_encoder = encoder_spec(config.encoder), {"mel": "steps"}
    prefixes, path = ("", "encoder."), out / f"speech_encoder{suffix}.onnx"
    export_graph(model.encoder, *of_encoder, offsets, prefixes, path)
    lengths = {name: "hop" for name in ("emitted", "emitted_speech", "emitted_mask")}
    lengths |= {"speech": "window", "noise": "window"}
    for steps in step_counts:
        sampler = MotionSampler(model.transformer, model.scale, respaced_times(steps))
        of_sampler = sampler_spec(config.transformer), lengths
        prefixes, path = ("model.", "transformer."), out / f"motion_sampler_{steps}{suffix}.onnx"
        export_graph(sampler, *of_sampler, offsets, prefixes, path)


def main() -> None:
    """Export a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    export_model(read_motion(options.checkpoint), options.out)
    total = sum(path.stat().st_size for path in options.out.iterdir())
    print(f"{total / 1e6:.1f} MB in {options.out}")


if __name__ == "__main__":
    main()
