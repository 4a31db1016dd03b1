"""A backend is the one that was asked for, or an error that says why not."""

from pathlib import Path

import numpy as np
import pytest

from stream_engine.assemble import MODEL_FOLDER, Assembly
from stream_engine.config import EngineConfig, MotionConfig
from stream_engine.cores import usable_cores
from stream_engine.errors import AssetError, BackendUnavailable
from stream_engine.motion.window import PROFILES
from stream_engine.runtime.backends import OnnxBackend, TorchBackend, choose_backend
from stream_engine.types import MODEL_RATE_HZ, AudioChunk
from tests.contracts.stream_contract import join_motion
from tests.stream_engine.runtime.test_cuda import has_card


def test_onnx_models_are_loaded_once_and_shared() -> None:
    """By all threads and profiles."""
    backend = OnnxBackend(MODEL_FOLDER)
    one, other = (backend.open(PROFILES[name], [1]) for name in ("ultra", "quality"))
    assert one.encoder is other.encoder
    assert one.samplers[0] is other.samplers[0]
    assert backend.engine_threads == usable_cores()
    backend.close()


def test_a_folder_without_models_is_told(tmp_path: Path) -> None:
    """Graphs or weights, by their path."""
    with pytest.raises(AssetError, match="motion_sampler_1|speech_encoder"):
        OnnxBackend(tmp_path).open(PROFILES["ultra"], [1])
    with pytest.raises(AssetError, match="no model to load"):
        TorchBackend(tmp_path)


@pytest.mark.parametrize("motion", [MotionConfig(engines="here"), MotionConfig(backend="tensorrt")])
@pytest.mark.skipif(has_card(), reason="there is a card")
def test_tensorrt_without_a_card_is_an_error_and_no_fallback(motion: MotionConfig) -> None:
    """Whether asked for by name or by naming a folder of engines."""
    with pytest.raises(BackendUnavailable, match=r"card|bindings|not installed"):
        choose_backend(motion, MODEL_FOLDER)


@pytest.mark.parametrize(
    ("precision", "name"),
    [
        ("auto", "onnxruntime-cpu-int8"),
        ("int8", "onnxruntime-cpu-int8"),
        ("fp32", "onnxruntime-cpu"),
    ],
)
def test_a_cpu_multiplies_bytes_unless_told_otherwise(precision: str, name: str) -> None:
    """The name says which."""
    backend = choose_backend(MotionConfig(precision=precision), MODEL_FOLDER)
    assert backend.name == name
    assert backend.open(PROFILES["ultra"], [1]).encoder is not None
    backend.close()


@pytest.mark.parametrize(
    "motion",
    [
        MotionConfig(precision="int8", backend="torch"),
        MotionConfig(precision="int8", engines="engines"),
        MotionConfig(precision="fp16"),
        MotionConfig(precision="bf16", backend="torch"),
    ],
)
def test_a_precision_that_a_backend_has_not_is_an_error(motion: MotionConfig) -> None:
    """It says which there are."""
    with pytest.raises(BackendUnavailable, match=rf"compute in {motion.precision}.*precision auto"):
        choose_backend(motion, MODEL_FOLDER)


@pytest.mark.slow
def test_torch_gives_the_motion_of_onnx_runtime() -> None:
    """The same session through both, by the setting alone: within 1e-3, and named."""
    speech = np.random.default_rng(5).uniform(-0.3, 0.3, 16_000).astype(np.float32)
    made = []
    for backend in ("onnxruntime", "torch"):
        assembly = Assembly(EngineConfig(motion=MotionConfig(backend=backend, precision="fp32")))
        assert assembly.backend.startswith(backend)
        stream = assembly.motion_stream("balanced")
        runs = stream.feed(AudioChunk(0, speech, MODEL_RATE_HZ))
        made.append(join_motion([*runs, *stream.finish()]))
        assembly.close()
    assert made[0].shape == (25, 55)
    assert np.abs(made[0] - made[1]).max() < 1e-3
