"""Trained ears to graphs: what is exported is what was trained."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from stream_engine.assemble_monitor import MONITOR_FOLDER, read_calibration, read_monitor
from stream_engine.models.streaming_ear import FaceEar, SpeechEar, StreamingEarConfig
from stream_engine.runtime.onnx_runner import OnnxRunner
from stream_engine.runtime.torch_runner import TorchRunner
from tests.contracts.model_runner_contract import check_model_runner
from trt_build.export_monitor import (
    Both,
    FoldedFaceEar,
    export_monitor,
    specs_of,
    write_description,
)

TOLERANCE = 1e-4
"""Several times the largest difference measured; outputs reach 20."""


@pytest.fixture(scope="module")
def shipped() -> tuple[Both, StreamingEarConfig]:
    """The shipped weights in torch."""
    sizes = read_monitor()["config"]
    config = StreamingEarConfig(**sizes | {"dilations": tuple(sizes["dilations"])})
    both = Both(FoldedFaceEar(FaceEar(config, 9)), SpeechEar(config))
    weights = load_file(MONITOR_FOLDER / "weights.safetensors")
    both.load_state_dict({name: value.float() for name, value in weights.items()}, strict=False)
    return both.eval().requires_grad_(False), config


@pytest.mark.parametrize(("batch", "frames"), [(1, 1), (1, 10), (3, 7)])
@pytest.mark.parametrize("ear", ["face", "speech"])
def test_the_shipped_graphs_give_what_torch_gives(
    shipped: tuple[Both, StreamingEarConfig], ear: str, batch: int, frames: int
) -> None:
    """ONNX Runtime equals torch on the shipped weights, for any batch and length."""
    both, config = shipped
    rng = np.random.default_rng(frames)
    spec = specs_of(config)[ear == "speech"]
    past = rng.standard_normal((batch, config.past_frames, config.width)).astype(np.float32)
    inputs = {"past": past}
    if ear == "face":
        inputs["motion"] = rng.random((batch, frames, 55)).astype(np.float32) * 0.5
    else:
        inputs["mel"] = rng.standard_normal((batch, 4 * frames, 80)).astype(np.float32)
    runners = (
        OnnxRunner(MONITOR_FOLDER / f"{ear}_ear.onnx"),
        TorchRunner(getattr(both, ear), spec),
    )
    compiled, reference = (runner.run(inputs) for runner in runners)
    assert set(compiled) == set(reference) == {tensor.name for tensor in spec.outputs}
    for name, value in reference.items():
        assert compiled[name].shape == value.shape
        assert np.abs(compiled[name] - value).max() < TOLERANCE, name


def test_the_shipped_monitor_is_small_and_says_what_it_is() -> None:
    """Two megabytes; sizes, prior, voice, training, and a calibration of every system."""
    assert sum(path.stat().st_size for path in MONITOR_FOLDER.iterdir()) < 2_300_000
    described = read_monitor()
    assert {"config", "prior", "voice", "training", "calibration"} <= set(described)
    assert sum(described["prior"]) == pytest.approx(1.0, abs=0.01)
    for system in ("shipped", "critic", "second", "loudness", "syncnet"):
        assert read_calibration(ears=system).shifted > 0
    check_model_runner(OnnxRunner(MONITOR_FOLDER / "speech_ear.onnx"))


def test_folding_the_view_of_the_mesh_changes_nothing() -> None:
    """Measurements of the mesh and the first layer are one matrix."""
    torch.manual_seed(0)
    config = StreamingEarConfig(width=8, dilations=(1,), units=5, coarse_bands=4)
    ear = FaceEar(config, 12).eval()
    ear.front.copy_(torch.randn(55, 12))
    motion, past = torch.randn(2, 6, 55), torch.randn(2, config.past_frames, 8)
    plain = ear(motion, past)
    folded = FoldedFaceEar(ear)(motion, past)
    for one, other in zip(plain, folded, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_new_export_keeps_the_calibration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Graphs are written for the given sizes; what was fitted before stays."""
    exported: list[str] = []
    monkeypatch.setattr(
        "trt_build.export_monitor.export_graph", lambda *given: exported.append(given[-1].name)
    )
    write_description(tmp_path, {"calibration": {"shipped": 1}, "old": 2})
    config = StreamingEarConfig(width=8, dilations=(1,), units=5, coarse_bands=4)
    hearing = {"prior": [0.2] * 5, "voice": [0.123456789] * 8}
    export_monitor((FaceEar(config, 12), SpeechEar(config)), {"clips": {}}, hearing, tmp_path)
    described = json.loads((tmp_path / "monitor.json").read_text())
    assert described["calibration"] == {"shipped": 1}
    assert described["voice"][0] == 0.12346
    assert described["config"] == asdict(config) | {"dilations": [1]}
    assert "old" not in described
    assert exported == ["face_ear.onnx", "speech_ear.onnx"]
    assert (tmp_path / "weights.safetensors").exists()
