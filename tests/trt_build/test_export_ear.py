"""A trained ear to a graph: what is exported is what was trained."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from stream_engine.assemble import EAR_FOLDER, open_ear
from stream_engine.listen import voice_of_recording
from stream_engine.models.mesh_to_speech import MeshToSpeech, MeshToSpeechConfig
from stream_engine.runtime.onnx_runner import OnnxRunner
from stream_engine.runtime.torch_runner import TorchRunner
from tests.contracts.model_runner_contract import check_model_runner
from tests.paths import SAMPLE
from training.evaluation.second_ear import JUDGE_FOLDER
from trt_build.export_ear import Voice, export_ear, load_shipped, read_ear, spec_of, voice_for

SMALL = MeshToSpeechConfig(measurements=12, width=16, heads=2, layers=1, kernel=3, units=7)
TOLERANCE = 3e-5
"""Ten times the largest difference measured; outputs reach 6."""


def difference(model: MeshToSpeech, folder: Path, batch: int, frames: int) -> float:
    """Largest of any output, graph against torch, on faces that move like faces."""
    random = np.random.default_rng(frames)
    inputs = {
        "motion": random.random((batch, frames, 55), np.float32) * 0.5,
        "voice": random.standard_normal((batch, 160)).astype(np.float32),
    }
    runners = (OnnxRunner(folder / "ear.onnx"), TorchRunner(model, spec_of(model.config)))
    compiled, reference = (runner.run(inputs) for runner in runners)
    assert compiled["units"].shape == (batch, 2 * frames, model.config.units)
    assert compiled["mel"].shape == (batch, 4 * frames, model.config.mel_bands)
    return max(float(np.abs(compiled[name] - reference[name]).max()) for name in reference)


@pytest.mark.parametrize("folder", [EAR_FOLDER, JUDGE_FOLDER], ids=["ear", "judge"])
@pytest.mark.parametrize(("batch", "frames"), [(1, 1), (1, 75), (2, 31), (5, 8)])
def test_the_shipped_graph_gives_what_torch_gives(folder: Path, batch: int, frames: int) -> None:
    """ONNX Runtime equals torch on the shipped weights, for any batch and length."""
    assert difference(load_shipped(folder), folder, batch, frames) < TOLERANCE


def test_the_shipped_ear_is_small_and_says_what_it_is() -> None:
    """Under 4 MB in all; sizes, voice and the errors its training reported."""
    assert sum(path.stat().st_size for path in EAR_FOLDER.iterdir()) < 4_000_000
    described = json.loads((EAR_FOLDER / "ear.json").read_text())
    assert set(described) == {"config", "voice", "training"}
    assert len(described["voice"]["values"]) == 160
    assert described["training"]["split"]
    assert "unit_error_words" in json.dumps(described["training"])
    check_model_runner(OnnxRunner(EAR_FOLDER / "ear.onnx"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_checkpoint_becomes_an_ear(tmp_path: Path) -> None:
    """From a training run's file to a folder the engine opens; weights are kept once."""
    torch.manual_seed(0)
    model, out = MeshToSpeech(SMALL), tmp_path / "ear"
    torch.nn.init.normal_(model.front, std=0.2)
    saved = {"weights": model.state_dict(), "config": asdict(SMALL), "split": "random"}
    torch.save(saved | {"report": {"unit_error": 0.5}}, tmp_path / "ear.pt")
    read, about = read_ear(tmp_path / "ear.pt")
    assert about == {"split": "random", "report": {"unit_error": 0.5}}
    export_ear(read, about, Voice("made up", np.full(160, 0.25, np.float32)), out)
    assert difference(load_shipped(out), out, 2, 9) < TOLERANCE
    ear = open_ear(out)
    assert np.array_equal(ear.voice, np.full(160, 0.25, np.float32))
    assert ear.hear(np.zeros((90, 55), np.float32)).units.shape == (180, 7)
    assert {path.name for path in out.iterdir()} == {"ear.json", "ear.onnx", "weights.safetensors"}
    again = voice_for([], out)
    assert again.source == "made up"
    assert np.array_equal(again.values, ear.voice)


def test_the_voice_is_that_of_the_recordings(tmp_path: Path) -> None:
    """Their mean; the shipped sample's for a folder without an ear."""
    sample = voice_of_recording(SAMPLE)
    assert np.allclose(voice_for([], tmp_path).values, sample)
    two = voice_for([SAMPLE, SAMPLE], tmp_path)
    assert np.allclose(two.values, sample)
    assert two.source == "mean over 2 recordings"
