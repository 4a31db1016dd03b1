"""Trained speech units to a graph: what is exported is what was trained."""

from pathlib import Path

import numpy as np
import pytest
import torch

from stream_engine.assemble import UNITS_FOLDER, open_units
from stream_engine.models.speech_units import SpeechUnits, UnitsConfig
from stream_engine.runtime.onnx_runner import OnnxRunner
from tests.contracts.model_runner_contract import check_model_runner
from tests.paths import SAMPLE
from training.data.corpus.speech import read_speech
from training.data.pairs import speech_features
from trt_build.export_units import Closeness, export_units, load_shipped, read_units

TOLERANCE = 7e-6
"""Ten times the largest difference measured; closeness is within -1..1."""


def sample_mel(frames: int = 400) -> np.ndarray:
    """Features of the shipped speech, float32 [4 T, F]."""
    return speech_features(read_speech(SAMPLE), frames).astype(np.float32)


def compare(network: SpeechUnits, folder: Path, mel: np.ndarray) -> None:
    """Graph against torch: closeness within the tolerance, 99.9 % of units the same."""
    compiled = OnnxRunner(folder / "units.onnx").run({"mel": mel})["units"]
    with torch.no_grad():
        reference = Closeness(network)(torch.from_numpy(mel)).numpy()
        named = network(torch.from_numpy(mel)).numpy()
    assert compiled.shape == (len(mel), mel.shape[1] // 2, network.config.units)
    assert np.abs(compiled - reference).max() < TOLERANCE
    assert (compiled.argmax(-1) == named).mean() >= 0.999


@pytest.mark.parametrize(("batch", "steps"), [(1, 1600), (4, 400), (2, 2), (3, 14)])
def test_the_shipped_graph_names_what_torch_names(batch: int, steps: int) -> None:
    """On real speech, for any batch and any whole number of units."""
    mel = sample_mel()[: batch * steps].reshape(batch, steps, -1)
    compare(load_shipped(UNITS_FOLDER), UNITS_FOLDER, mel)


def test_the_shipped_units_are_small_and_tell_sounds_apart() -> None:
    """Under 2.5 MB; 16 seconds of speech hold many units, silence one for most of it."""
    assert sum(path.stat().st_size for path in UNITS_FOLDER.iterdir()) < 2_500_000
    check_model_runner(OnnxRunner(UNITS_FOLDER / "units.onnx"))
    namer = open_units()
    assert len(np.unique(namer.name_units(sample_mel()))) > 40
    silence = speech_features(np.zeros(1, np.float32), 100)
    assert np.bincount(namer.name_units(silence)).max() > 150


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_checkpoint_becomes_a_folder_the_engine_opens(tmp_path: Path) -> None:
    """From the recipe's file to graph, weights and description; nothing else is left."""
    torch.manual_seed(0)
    trained, out = SpeechUnits(UnitsConfig()), tmp_path / "units"
    torch.nn.init.normal_(trained.centroids, std=0.2)
    torch.save(trained.state_dict(), tmp_path / "units.pt")
    export_units(read_units(tmp_path / "units.pt"), out)
    compare(load_shipped(out), out, sample_mel(90)[None])
    assert open_units(out).units == 100
    written = {path.name for path in out.iterdir()}
    assert written == {"units.json", "units.onnx", "weights.safetensors"}
