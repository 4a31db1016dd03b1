"""Weights to graphs: what is exported is what was trained."""

from pathlib import Path

import numpy as np
import pytest
import torch

from stream_engine.assemble import MODEL_FOLDER
from stream_engine.models.diffusion import respaced_times
from stream_engine.models.motion_sampler import MotionSampler
from stream_engine.models.motion_transformer import TransformerConfig
from stream_engine.models.speech_encoder import EncoderConfig
from stream_engine.models.talking_face import FaceConfig, TalkingFace, encoder_spec, sampler_spec
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.window import PROFILES
from stream_engine.runtime.onnx_runner import OnnxRunner
from stream_engine.runtime.torch_face import WEIGHTS_FILE, load_face
from stream_engine.runtime.torch_runner import TorchRunner
from tests.contracts.model_runner_contract import check_model_runner
from trt_build.export import export_model, tensor_offsets

SMALL = FaceConfig(
    EncoderConfig(width=16, dilations=(1, 2)),
    TransformerConfig(speech_width=16, width=32, heads=4, layers=1, context_frames=6),
)


TOLERANCE = 1e-5
"""Fifty times float32 rounding on values near 1, for 12 hops of feedback."""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[TalkingFace, Path]:
    """A small random model and its graphs; the model is rounded as the shipped weights are."""
    torch.manual_seed(0)
    model, folder = TalkingFace(SMALL), tmp_path_factory.mktemp("exported")
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    export_model(model, folder, step_counts=(2,))
    return model.eval(), folder


def largest_difference(model: TalkingFace, folder: Path, steps: int, profile: str) -> float:
    """Of the graphs in a folder against torch, over 12 hops of two sessions."""
    sampler = MotionSampler(model.transformer, model.scale, respaced_times(steps))
    compiled = MotionHop(
        OnnxRunner(folder / "speech_encoder.onnx"),
        OnnxRunner(folder / f"motion_sampler_{steps}.onnx"),
        PROFILES[profile],
    )
    reference = MotionHop(
        TorchRunner(model.encoder, encoder_spec(model.config.encoder)),
        TorchRunner(sampler, sampler_spec(model.config.transformer)),
        PROFILES[profile],
    )
    random, largest = np.random.default_rng(steps), 0.0
    states = [hop.initial_state(2) for hop in (compiled, reference)]
    for _ in range(12):
        mel = random.standard_normal((2, 4 * compiled.profile.hop_frames, 80)).astype(np.float32)
        noise = random.standard_normal((2, compiled.profile.window_frames, 55)).astype(np.float32)
        one, states[0] = compiled.step(states[0], mel, noise)
        two, states[1] = reference.step(states[1], mel, noise)
        largest = max(largest, float(np.abs(one - two).max()))
    return largest


@pytest.mark.slow
@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("steps", [1, 2, 4])
def test_shipped_graphs_give_what_torch_gives(steps: int, profile: str) -> None:
    """ONNX Runtime equals torch on the shipped weights, for every step count and profile."""
    model = load_face(MODEL_FOLDER)
    assert largest_difference(model, MODEL_FOLDER, steps, profile) < TOLERANCE


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_fresh_export_gives_what_torch_gives(exported: tuple[TalkingFace, Path]) -> None:
    """The exporter itself, on a model it has not seen."""
    for profile in PROFILES:
        assert largest_difference(*exported, 2, profile) < TOLERANCE


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_weights_are_shipped_once(exported: tuple[TalkingFace, Path]) -> None:
    """All graphs refer into one half-precision file and keep their contract."""
    _, folder = exported
    weights = (folder / WEIGHTS_FILE).stat().st_size
    for graph in folder.glob("*.onnx"):
        assert graph.stat().st_size < 1_000_000
        check_model_runner(OnnxRunner(graph))
    halves = sum(2 * p.numel() for p in exported[0].state_dict().values())
    assert halves <= weights < halves + 20_000
    offsets = tensor_offsets(folder / WEIGHTS_FILE)
    begin, end = offsets["scale"]
    raw = np.frombuffer((folder / WEIGHTS_FILE).read_bytes()[begin:end], np.float16)
    assert np.array_equal(raw, exported[0].scale.half().numpy())
