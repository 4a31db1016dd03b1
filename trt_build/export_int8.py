"""Graphs that multiply bytes, for CPUs, beside the ones that are there: ``*.int8.onnx``.

    python -m trt_build.export_int8 --model stream_engine/assets/motion --speech FILES

Ranges are those of speech that is played through the model; many voices make good ranges. Weights
are not written again: the graphs round those that are there when they are loaded.
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch

from stream_engine.assemble import MODEL_FOLDER
from stream_engine.audio.file_source import speech_for_model
from stream_engine.config import INT8
from stream_engine.models.diffusion import respaced_times
from stream_engine.models.motion_sampler import MotionSampler
from stream_engine.models.talking_face import TalkingFace, encoder_spec, sampler_spec
from stream_engine.motion.window import PROFILES
from stream_engine.runtime.backends import MotionModels
from stream_engine.runtime.torch_face import load_face
from stream_engine.runtime.torch_runner import TorchRunner
from stream_engine.types import F32
from trt_build.export import STEP_COUNTS, export_graphs, large_offsets
from trt_build.int8 import Range, as_int8, watched
from trt_build.verify import motion_of


def ranges_of(face: TalkingFace, speech: Iterable[F32], steps: int = 1) -> dict[str, Range]:
    """What every layer is given while a model speaks, in every profile.

    Args:
        face: The model.
        speech: Recordings, 16 kHz, float32 [N] each.
        steps: Diffusion steps; later steps see less noise and stay inside these ranges.

    Returns:
        Range by name of the layer.
    """
    sampler = MotionSampler(face.transformer, face.scale, respaced_times(steps))
    models = MotionModels(
        TorchRunner(face.encoder, encoder_spec(face.config.encoder)),
        [TorchRunner(sampler, sampler_spec(face.config.transformer))],
    )
    names = sorted(PROFILES)
    with watched(face) as seen:
        for place, recording in enumerate(speech):
            motion_of(models, PROFILES[names[place % len(names)]], recording)
    return seen


def export_int8(
    folder: Path, speech: Iterable[F32], step_counts: Sequence[int] = STEP_COUNTS
) -> None:
    """Write the graphs of a folder's weights.

    Args:
        folder: As `trt_build.export` wrote it.
        speech: Recordings for the ranges, 16 kHz, float32 [N] each.
        step_counts: One sampler graph for each.

    Raises:
        AssetError: If the folder holds no model.
    """
    face = load_face(folder)
    made = as_int8(face, ranges_of(face, speech))
    export_graphs(made, large_offsets(face, folder), folder, tuple(step_counts), f".{INT8}")


def main() -> None:
    """Export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--speech", type=Path, nargs="+", required=True, help="recordings")
    options = parser.parse_args()
    torch.set_num_threads(1)
    export_int8(options.model, (speech_for_model(path) for path in options.speech))


if __name__ == "__main__":
    main()
