"""A trained mesh-to-speech model to one ONNX graph, half-precision weights and ``ear.json``.

    python -m trt_build.export_ear --ear runs/m2s/ear.pt --out stream_engine/assets/ear

The default voice is taken from the recordings given with ``--voice``; without any, the voice
already in the folder stays, or the shipped sample's is taken.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import load_file

from stream_engine.assemble import EAR_FOLDER
from stream_engine.listen import voice_of_recording
from stream_engine.models.mesh_to_speech import MeshToSpeech, MeshToSpeechConfig
from stream_engine.monitor.ear import ear_spec
from stream_engine.runtime.torch_face import WEIGHTS_FILE
from stream_engine.types import F32, RunnerSpec
from trt_build.checkpoints import read_ear
from trt_build.export import export_graph, write_weights

SAMPLE = EAR_FOLDER.parent / "sample.wav"
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Voice:
    """The voice an ear draws unless told otherwise.

    Attributes:
        source: Where it is from, in words.
        values: float32 [2 F].
    """

    source: str
    values: F32


def load_shipped(folder: Path) -> MeshToSpeech:
    """The shipped weights as a model again: the reference the graph is held against."""
    described = json.loads((folder / "ear.json").read_text(encoding="utf-8"))
    model = MeshToSpeech(MeshToSpeechConfig(**described["config"]))
    weights = load_file(folder / WEIGHTS_FILE)
    model.load_state_dict({name: value.float() for name, value in weights.items()})
    return model.eval()


def spec_of(config: MeshToSpeechConfig) -> RunnerSpec:
    """Inputs and outputs of an ear of these sizes."""
    return ear_spec(config.coefficients, config.units, config.mel_bands)


def export_ear(model: MeshToSpeech, about: dict[str, Any], voice: Voice, out: Path) -> None:
    """Write weights, graph and ``ear.json`` into a folder.

    Args:
        model: The trained model; its weights are rounded to float16, as shipped.
        about: What its training said of it, kept as it is.
        voice: Its default voice.
        out: Folder, made if missing.
    """
    offsets = write_weights(model, out)
    shapes = spec_of(model.config), {"motion": "frames"}
    export_graph(model, *shapes, offsets, ("", ""), out / "ear.onnx")
    values = [round(float(value), _DIGITS) for value in voice.values]
    described = {
        "config": asdict(model.config),
        "voice": {"from": voice.source, "values": values},
        "training": about,
    }
    text = ",\n ".join(f"{json.dumps(key)}: {json.dumps(part)}" for key, part in described.items())
    (out / "ear.json").write_text("{" + text + "}\n", encoding="utf-8")


def voice_for(recordings: list[Path], out: Path) -> Voice:
    """The default voice of an ear.

    Args:
        recordings: Speech of one speaker.
        out: Folder that may hold an ear already.

    Returns:
        Mean over the recordings; without any, the voice of the ear in the folder, or the shipped
        sample's.
    """
    if not recordings and (out / "ear.json").exists():
        kept = json.loads((out / "ear.json").read_text(encoding="utf-8"))["voice"]
        return Voice(kept["from"], np.array(kept["values"], np.float32))
    if not recordings:
        return Voice("the shipped sample", voice_of_recording(SAMPLE))
    values: F32 = np.mean([voice_of_recording(path) for path in recordings], axis=0)
    return Voice(f"mean over {len(recordings)} recordings", values)


def main() -> None:
    """Export a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ear", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=EAR_FOLDER)
    parser.add_argument("--voice", type=Path, nargs="+", default=[], metavar="SPEECH")
    options = parser.parse_args()
    model, about = read_ear(options.ear)
    voice = voice_for(options.voice, options.out)
    export_ear(model, about, voice, options.out)
    total = sum(path.stat().st_size for path in options.out.iterdir())
    print(f"{total / 1e6:.1f} MB in {options.out}; voice: {voice.source}")


if __name__ == "__main__":
    main()
