"""A trained speech-units network to one ONNX graph, half-precision weights and ``units.json``.

python -m trt_build.export_units --units cache/units.pt --out stream_engine/assets/units
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn

from stream_engine.assemble import UNITS_FOLDER
from stream_engine.models.speech_encoder import EncoderConfig
from stream_engine.models.speech_units import UNIT_HZ, SpeechUnits, UnitsConfig
from stream_engine.monitor.units import units_spec
from stream_engine.runtime.torch_face import WEIGHTS_FILE
from stream_engine.types import RunnerSpec
from trt_build.checkpoints import read_units
from trt_build.export import export_graph, write_weights


class Closeness(nn.Module):
    """Log-mel [B, 4 T, F] to how close each unit is, [B, 2 T, K]: what is exported.

    Args:
        network: The trained network.
    """

    def __init__(self, network: SpeechUnits) -> None:
        super().__init__()
        self.network = network

    def forward(self, mel: Tensor) -> Tensor:
        """Highest for the nearest unit, which is the one that is named."""
        return self.network.closeness(self.network.represent(mel))


def load_shipped(folder: Path) -> SpeechUnits:
    """The shipped weights as a network again: the reference the graph is held against."""
    sizes = json.loads((folder / "units.json").read_text(encoding="utf-8"))["config"]
    encoder = sizes.pop("encoder")
    encoder["dilations"] = tuple(encoder["dilations"])
    network = SpeechUnits(UnitsConfig(encoder=EncoderConfig(**encoder), **sizes))
    weights = load_file(folder / WEIGHTS_FILE)
    network.load_state_dict({name: value.float() for name, value in weights.items()})
    return network.eval()


def spec_of(config: UnitsConfig) -> RunnerSpec:
    """Input and output of a network of these sizes."""
    return units_spec(config.units, config.encoder.mel_bands)


def export_units(network: SpeechUnits, out: Path) -> None:
    """Write weights, graph and ``units.json`` into a folder.

    Args:
        network: The trained network; its weights are rounded to float16, as shipped.
        out: Folder, made if missing.
    """
    offsets = write_weights(network, out)
    config = network.config
    shapes = spec_of(config), {"mel": "steps"}
    prefixes = ("network.", "")
    export_graph(Closeness(network), *shapes, offsets, prefixes, out / "units.onnx")
    described = {
        "is": "speech units: log-mel [B, 4 T, F] to how close each unit is, [B, 2 T, K]",
        "units_hz": UNIT_HZ,
        "lookahead_ms": 1000 * config.delay // UNIT_HZ,
        "config": asdict(config),
    }
    (out / "units.json").write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Export a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=UNITS_FOLDER)
    options = parser.parse_args()
    export_units(read_units(options.units), options.out)
    total = sum(path.stat().st_size for path in options.out.iterdir())
    print(f"{total / 1e6:.1f} MB in {options.out}")


if __name__ == "__main__":
    main()
