"""Operations and bytes of a hop, the time they must take at least here, and the time they take.

    python -m trt_build.roofline --profile balanced --steps 1 --batch 1 16 64

Counted in the model itself; what this machine can do is measured in the same run, on one core.
"""

import argparse
import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from stream_engine.assemble import MODEL_FOLDER, open_hop
from stream_engine.config import INT8, SHIPPED_STEPS
from stream_engine.models.diffusion import respaced_times
from stream_engine.models.motion_sampler import MotionSampler
from stream_engine.models.talking_face import TalkingFace, encoder_spec, sampler_spec
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.window import PROFILES, LatencyProfile
from stream_engine.runtime.onnx_runner import OnnxRunner
from stream_engine.runtime.torch_face import TorchFace, load_face
from stream_engine.types import RunnerSpec
from trt_build.bench import time_hops

FLOAT_BYTES = 4
_SQUARE, _COPIED_BYTES, _TRIES = 1536, 256_000_000, 5

CARD, CARD_FLOPS, CARD_BYTES_S, BUS_BYTES_S = "H100, bf16", 798e12, 3.0e12, 50e9
"""A card's product of 8192-squares and its copies, as read on one; the bus is assumed."""


@dataclass(frozen=True, slots=True)
class HopCount:
    """What one hop of a batch of sessions needs.

    Attributes:
        operations: Of products, convolutions and attention; a multiplication and an addition are 2.
        weight_bytes: Read once a batch, float32.
        state_bytes: Of the state in, and of the state out.
        other_bytes: Of all other inputs and outputs.
    """

    operations: int
    weight_bytes: int
    state_bytes: int
    other_bytes: int

    @property
    def moved_bytes(self) -> int:
        """What has to be read and written at least."""
        return self.weight_bytes + self.state_bytes + self.other_bytes

    def floor_s(self, flops: float, bytes_s: float) -> float:
        """Least seconds it can take: operations or bytes, whichever takes longer."""
        return max(self.operations / flops, self.moved_bytes / bytes_s)


def operations_of(module: nn.Module, inputs: Sequence[Tensor]) -> int:
    """Count a call's products, convolutions and attention.

    Args:
        module: Called once.
        inputs: Its arguments.

    Returns:
        Operations, two for each multiplication and addition.
    """
    # The CPU's fused attention is not known to the counter: as products it is.
    attention = sdpa_kernel(SDPBackend.MATH)
    with torch.inference_mode(), attention, FlopCounterMode(display=False) as counter:
        module(*inputs)
    return int(counter.get_total_flops())


def inputs_of(spec: RunnerSpec, profile: LatencyProfile, batch: int) -> dict[str, Tensor]:
    """Inputs of a hop, by name."""
    hop, window = profile.hop_frames, profile.window_frames
    free = {"mel": 4 * hop, "speech": window, "noise": window}
    found = {}
    for tensor in spec.inputs:
        rest = [free.get(tensor.name, hop) if n == -1 else n for n in tensor.shape[1:]]
        found[tensor.name] = torch.ones(batch, *rest)
    return found


def count_hop(model: TalkingFace, profile: LatencyProfile, steps: int, batch: int) -> HopCount:
    """Count encoder and sampler.

    Args:
        model: Both.
        profile: Hop and window.
        steps: Diffusion steps.
        batch: Sessions.

    Returns:
        Operations and bytes of the batch.
    """
    config = model.config
    sampler = MotionSampler(model.transformer, model.scale, respaced_times(steps))
    halves = (
        (model.encoder, encoder_spec(config.encoder)),
        (
            sampler,
            sampler_spec(config.transformer),
        ),
    )
    operations = state = other = 0
    for module, spec in halves:
        inputs = inputs_of(spec, profile, batch)
        operations += operations_of(module, list(inputs.values()))
        kept = {tensor.name.removeprefix("new_") for tensor in spec.outputs}
        sizes = {name: value.numel() * FLOAT_BYTES for name, value in inputs.items()}
        state += 2 * sum(size for name, size in sizes.items() if name in kept)
        other += sum(size for name, size in sizes.items() if name not in kept)
    made = profile.hop_frames * config.encoder.width
    made += profile.window_frames * config.transformer.coefficients
    weights = sum(value.numel() for value in model.parameters()) * FLOAT_BYTES
    return HopCount(operations, weights, state, other + batch * made * FLOAT_BYTES)


def _best_s(work: Callable[[], object]) -> float:
    """Shortest of several goes."""
    times = []
    for _ in range(_TRIES):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def product_flops(size: int = _SQUARE) -> float:
    """Operations a second in a product of two squares, on torch's threads."""
    square = torch.ones(size, size)
    return 2.0 * size**3 / _best_s(lambda: square @ square)


def byte_product_ops(size: int = _SQUARE) -> float:
    """Operations a second in a product of bytes, by ONNX Runtime on one thread."""
    square = np.ones((size, size))
    product = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "b"], ["c"])],
        "product",
        [helper.make_tensor_value_info("a", TensorProto.UINT8, square.shape)],
        [helper.make_tensor_value_info("c", TensorProto.INT32, square.shape)],
        [numpy_helper.from_array(square.astype(np.int8), "b")],
    )
    opsets = [helper.make_opsetid("", 18)]
    model = helper.make_model(product, opset_imports=opsets, ir_version=10)
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / "product.onnx"
        onnx.save(model, str(path))
        runner = OnnxRunner(path)
    given = {"a": square.astype(np.uint8)}
    return 2.0 * size**3 / _best_s(lambda: runner.run(given))


def copy_bytes_s(size: int = _COPIED_BYTES) -> float:
    """Bytes a second read and written in a copy; small ones stay in the caches."""
    source = np.ones(size, np.uint8)
    target = np.ones_like(source)
    return 2.0 * size / _best_s(lambda: np.copyto(target, source))


def _hops(folder: Path, profile: LatencyProfile, steps: int) -> dict[str, MotionHop]:
    """By name; the one whose weights are bytes first."""
    torch_face = TorchFace(folder)
    by_torch = MotionHop(torch_face.encoder(), torch_face.sampler(steps), profile)
    by_onnx = {f"onnxruntime, {p}": open_hop(folder, profile, steps, p) for p in (INT8, "fp32")}
    return {**by_onnx, f"{torch_face.backend}, fp32": by_torch}


def _say_hops(hops: dict[str, MotionHop], floors_ms: dict[str, float], batch: int, n: int) -> None:
    for name, hop in hops.items():
        took_ms, floor_ms = time_hops(hop, batch, n).p50, floors_ms[name.split(", ")[1]]
        print(f"        {name}: {took_ms:.2f} ms a hop; floor {floor_ms / took_ms:.0%} of it")


def _say_card(count: HopCount, batch: int) -> None:
    """What a card would need at least: arithmetic, nothing was measured."""
    half = count.moved_bytes / 2
    compute, memory = count.operations / CARD_FLOPS, half / CARD_BYTES_S
    bus = count.state_bytes / BUS_BYTES_S  # float32 at the border of the graph
    figures = f"operations {1e6 * compute:.2f}, bytes {1e6 * memory:.2f}, state by the bus"
    print(f"        {CARD} (arithmetic, not measured), us: {figures} {1e6 * bus:.0f}, B {batch}")


def main() -> None:
    """Print what is counted, what this machine can do, and how far each backend is from it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="balanced")
    parser.add_argument("--steps", type=int, choices=(1, 2, 4), default=SHIPPED_STEPS)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--hops", type=int, default=100)
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    profile, model = PROFILES[options.profile], load_face(options.model)
    hops = _hops(options.model, profile, options.steps)
    flops, byte_ops, bytes_s = product_flops(), byte_product_ops(), copy_bytes_s()
    print(f"{profile.name}, {options.steps} steps; one core: {flops / 1e9:.0f} GFLOP/s, ", end="")
    print(f"{byte_ops / 1e9:.0f} of bytes, ", end="")
    cached = copy_bytes_s(model_bytes := count_hop(model, profile, 1, 1).weight_bytes // 2)
    print(f"copy {bytes_s / 1e9:.1f} GB/s, {model_bytes / 1e6:.0f} MB of it {cached / 1e9:.1f}")
    print(
        "batch    MFLOP  weights MB  state MB  other MB  FLOP/B  ops ms  bytes ms  floor ms  int8"
    )
    for batch in options.batch:
        count = count_hop(model, profile, options.steps, batch)
        sizes = (count.weight_bytes / 1e6, count.state_bytes / 1e6, count.other_bytes / 1e6)
        row = f"{batch:5d} {count.operations / 1e6:8.1f} " + " ".join(f"{s:9.2f}" for s in sizes)
        in_bytes = dataclasses.replace(count, weight_bytes=count.weight_bytes // FLOAT_BYTES)
        floors_s = {
            "fp32": count.floor_s(flops, bytes_s),
            INT8: in_bytes.floor_s(byte_ops, bytes_s),
        }
        floors_ms = {name: 1e3 * floor for name, floor in floors_s.items()}
        parts = (1e3 * count.operations / flops, 1e3 * count.moved_bytes / bytes_s)
        row += f" {count.operations / count.moved_bytes:7.1f} "
        print(row + " ".join(f"{part:8.3f}" for part in (*parts, *floors_ms.values())))
        _say_hops(hops, floors_ms, batch, options.hops)
        _say_card(count, batch)


if __name__ == "__main__":
    main()
