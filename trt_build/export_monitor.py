"""The monitor's two ears to ONNX graphs, half-precision weights and ``monitor.json``.

    python -m trt_build.export_monitor --ears runs/streaming_ear.pt --spoken cache/spoken.npz
        --out stream_engine/assets/monitor

A calibration that is in the folder already stays (`training.sync.calibrate` writes it).
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from stream_engine.assemble_monitor import DESCRIPTION, FACE_EAR, MONITOR_FOLDER, SPEECH_EAR
from stream_engine.config import INT8
from stream_engine.models.streaming_ear import FaceEar, SpeechEar, StreamingEarConfig
from stream_engine.monitor.streaming_ears import face_ear_spec, speech_ear_spec
from stream_engine.types import RunnerSpec
from trt_build.checkpoints import read_streaming_ears
from trt_build.export import export_graph, large_offsets, write_weights
from trt_build.int8 import put_products, watched

_DIGITS = 5
_PIECES = 200
"""Whose ranges are taken."""


class FoldedFaceEar(nn.Module):
    """The face ear with its view of the mesh in its first layer: a constant times a constant."""

    def __init__(self, ear: FaceEar) -> None:
        super().__init__()
        self.ear = ear
        stem = nn.Linear(ear.config.coefficients, ear.config.width)
        with torch.no_grad():
            stem.weight.copy_(ear.trunk.stem.weight @ ear.front.T)
            stem.bias.copy_(ear.trunk.stem.bias)
        self.ear.trunk.stem = stem
        self.ear.front = torch.eye(ear.config.coefficients)

    def forward(self, motion: Tensor, past: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As `FaceEar`."""
        said: tuple[Tensor, Tensor, Tensor] = self.ear(motion, past)
        return said


class Both(nn.Module):
    """Both ears, for one file of weights.

    Args:
        face: Folded.
        speech: As trained.
    """

    def __init__(self, face: FoldedFaceEar, speech: SpeechEar) -> None:
        super().__init__()
        self.face, self.speech = face, speech


def specs_of(config: StreamingEarConfig) -> tuple[RunnerSpec, RunnerSpec]:
    """Inputs and outputs of ears of these sizes: of the face's, of the speech's."""
    past = (config.past_frames, config.width)
    return (
        face_ear_spec(config.coefficients, config.units, config.coarse_bands, past),
        speech_ear_spec(config.mel_bands, config.units, past),
    )


def export_monitor(
    ears: tuple[FaceEar, SpeechEar], about: dict[str, Any], hearing: dict[str, Any], out: Path
) -> None:
    """Write weights, graphs and description into a folder.

    Args:
        ears: Trained, of the same sizes; their weights are rounded to float16, as shipped.
        about: What their training said of them.
        hearing: ``prior`` of the units and mean and spread of an average ``voice``, as lists.
        out: Folder, made if missing.
    """
    config = ears[0].config
    both = Both(FoldedFaceEar(ears[0]), ears[1])
    offsets = write_weights(both, out)
    of_face, of_speech = specs_of(config)
    prefixes, path = ("", "face."), out / f"{FACE_EAR}.onnx"
    export_graph(both.face, of_face, {"motion": "frames"}, offsets, prefixes, path)
    prefixes, path = ("", "speech."), out / f"{SPEECH_EAR}.onnx"
    export_graph(both.speech, of_speech, {"mel": "steps"}, offsets, prefixes, path)
    kept = {}
    if (out / DESCRIPTION).exists():
        kept = json.loads((out / DESCRIPTION).read_text(encoding="utf-8"))
    rounded = {name: [round(v, _DIGITS) for v in values] for name, values in hearing.items()}
    described = {"config": asdict(config), **rounded, "training": about}
    if "calibration" in kept:
        described["calibration"] = kept["calibration"]
    write_description(out, described)


def export_int8(ears: tuple[FaceEar, SpeechEar], spoken: Path, out: Path) -> None:
    """Write the graphs that multiply bytes beside those that are there, for the same weights.

    Args:
        ears: As trained.
        spoken: Faces and speech (`training.data.spoken_faces`) whose ranges are taken.
        out: As `export_monitor` wrote it.
    """
    both = Both(FoldedFaceEar(ears[0]), ears[1])
    rounded = {name: value.half().float() for name, value in both.state_dict().items()}
    both.load_state_dict(rounded)
    with np.load(spoken) as file:
        chosen = slice(None, None, max(1, len(file["motion"]) // _PIECES))
        motion, mel = (torch.from_numpy(file[n][chosen]).float() for n in ("motion", "mel"))
    config = ears[0].config
    past = torch.zeros(len(motion), config.past_frames, config.width)
    with torch.no_grad(), watched(both) as seen:
        both.face(motion, past)
        both.speech(mel, past)
    offsets = large_offsets(both, out)
    put_products(both, seen)
    of_face, of_speech = specs_of(config)
    path = out / f"{FACE_EAR}.{INT8}.onnx"
    export_graph(both.face, of_face, {"motion": "frames"}, offsets, ("", "face."), path)
    path = out / f"{SPEECH_EAR}.{INT8}.onnx"
    export_graph(both.speech, of_speech, {"mel": "steps"}, offsets, ("", "speech."), path)


def write_description(folder: Path, described: dict[str, Any]) -> None:
    """Write ``monitor.json``, a line for each part."""
    parts = [f"{json.dumps(name)}: {json.dumps(part)}" for name, part in described.items()]
    (folder / DESCRIPTION).write_text("{" + ",\n ".join(parts) + "}\n", encoding="utf-8")


def main() -> None:
    """Export a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ears", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=MONITOR_FOLDER)
    parser.add_argument("--spoken", type=Path, help="for graphs in bytes: their ranges")
    options = parser.parse_args()
    face, speech, about = read_streaming_ears(options.ears)
    hearing = {name: about.pop(name) for name in ("prior", "voice")}
    export_monitor((face, speech), about, hearing, options.out)
    if options.spoken is not None:
        export_int8(read_streaming_ears(options.ears)[:2], options.spoken, options.out)
    total = sum(path.stat().st_size for path in options.out.iterdir())
    print(f"{total / 1e6:.1f} MB in {options.out}")


if __name__ == "__main__":
    main()
