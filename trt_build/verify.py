"""``elocute verify``: does every backend say what the reference says, and what of it is seen?

The reference is torch, float32, with the shipped weights. Held against it are ONNX Runtime on the
shipped graphs, in bytes and in floats, ONNX Runtime on what is given to TensorRT (so that a
precision can be judged without a card), and engines where there is a card.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from stream_engine.assemble import MODEL_FOLDER
from stream_engine.config import INT8
from stream_engine.heads import head_mesh
from stream_engine.motion.arkit import ARKIT_COUNT, INDEX, MOUTH_NAMES
from stream_engine.motion.generator import MotionGenerator
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.performance import Performance
from stream_engine.motion.window import LatencyProfile
from stream_engine.pipeline import SpeechToMotion
from stream_engine.runtime.backends import MotionModels, OnnxBackend, TorchBackend
from stream_engine.runtime.onnx_runner import OnnxRunner
from stream_engine.types import F32, MODEL_RATE_HZ, AudioChunk
from trt_build.graphs import of_profile, read_graph
from trt_build.parity import TOLERANCES, Overheard, Parity, apart, seeded_inputs


@dataclass(frozen=True, slots=True)
class Candidate:
    """A backend to be held against the reference.

    Attributes:
        name: For the report.
        precision: What it computes in.
        models: Encoder and one sampler.
    """

    name: str
    precision: str
    models: MotionModels


def on_this_machine(
    profile: LatencyProfile, steps: int, precision: str, scratch: Path
) -> Iterator[Candidate]:
    """ONNX Runtime on the shipped graphs, and on what TensorRT is given.

    Args:
        profile: Latency profile.
        steps: Diffusion steps.
        precision: Of what TensorRT is given; bfloat16 has no kernels on a CPU and is left out.
        scratch: Folder for graphs.

    Yields:
        One after the other.
    """
    for held in (INT8, "fp32"):
        models = OnnxBackend(MODEL_FOLDER, held).open(profile, [steps])
        yield Candidate("onnxruntime", held, models)
    if precision == "bf16":
        return
    runners = []
    for graph in of_profile(profile, steps):
        path = scratch / f"{graph.model}-{precision}.onnx"
        onnx.save(read_graph(graph.path, precision), str(path))
        runners.append(OnnxRunner(path))
    yield Candidate("onnxruntime, compiled graph", precision, MotionModels(runners[0], runners[1:]))


def verify(
    candidates: Iterator[Candidate], profile: LatencyProfile, steps: int, speech: F32
) -> Iterator[Parity]:
    """Hold backends against torch.

    Args:
        candidates: What is held.
        profile: Latency profile.
        steps: Diffusion steps.
        speech: Real speech, 16 kHz, float32 [N].

    Yields:
        One for each.
    """
    torch_models = TorchBackend(MODEL_FOLDER).open(profile, [steps])
    reference = Overheard(torch_models.encoder), Overheard(torch_models.samplers[0])
    wanted = lips_of(motion_of(MotionModels(reference[0], reference[1:]), profile, speech))
    met = [one.inputs for one in reference]  # before anything else is run
    for candidate in candidates:
        outputs: dict[str, float] = {}
        heard: dict[str, float] = {}
        others = (candidate.models.encoder, candidate.models.samplers[0])
        for one, other, inputs in zip(reference, others, met, strict=True):
            outputs |= apart(one, other, seeded_inputs(one.spec, profile))
            heard |= apart(one, other, inputs)
        lips = lips_of(motion_of(candidate.models, profile, speech))
        drift = float(np.linalg.norm(lips - wanted, axis=-1).max(axis=-1).mean())
        tolerance = TOLERANCES[candidate.precision]
        name = f"{candidate.name}, {candidate.precision}"
        yield Parity(name, profile.name, steps, outputs, heard, drift, tolerance)


def verify_here(
    profile: LatencyProfile, steps: int, precision: str, speech: F32, engines: Path | None
) -> list[Parity]:
    """Verify all that this machine can run.

    Args:
        profile: Latency profile.
        steps: Diffusion steps.
        precision: Of graphs and engines.
        speech: Real speech, 16 kHz, float32 [N].
        engines: Folder of engines for this machine's card; none by default.

    Returns:
        One for each backend.

    Raises:
        BackendUnavailable: If there are engines and no card to run them.
        EngineMismatch: If an engine is missing.
    """
    with TemporaryDirectory() as scratch:

        def candidates() -> Iterator[Candidate]:
            yield from on_this_machine(profile, steps, precision, Path(scratch))
            if engines is not None:
                from stream_engine.runtime.backends import TensorRTBackend

                backend = TensorRTBackend(MODEL_FOLDER, engines, precision)
                yield Candidate(backend.name, precision, backend.open(profile, [steps]))
                backend.close()

        return list(verify(candidates(), profile, steps, speech))


def motion_of(models: MotionModels, profile: LatencyProfile, speech: F32) -> F32:
    """The model's own motion of speech, window after window, float32 [T, D]."""
    mouth = [INDEX[name] for name in MOUTH_NAMES]
    hop = MotionHop(models.encoder, models.samplers[0], profile)
    stream = SpeechToMotion(MotionGenerator(Performance(hop, shared=mouth)))
    runs = [*stream.feed(AudioChunk(0, speech, MODEL_RATE_HZ)), *stream.finish()]
    return np.concatenate([run.coefficients for run in runs])


def lips_of(motion: F32) -> NDArray[np.floating[Any]]:
    """Where the default head's lips are, with the head held still, in mm, [T, P, 3]."""
    mesh, still = head_mesh("default"), motion.copy()
    still[:, ARKIT_COUNT:] = 0.0
    contour = np.concatenate([mesh.asset.inner_lip, mesh.asset.outer_lip])
    blocks = [
        mesh.pose_many(still[at : at + 64]).positions[:, contour] for at in range(0, len(still), 64)
    ]
    return 1000.0 * np.concatenate(blocks)
