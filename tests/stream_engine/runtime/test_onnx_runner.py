"""The shipped graphs on ONNX Runtime."""

from pathlib import Path

import pytest

from stream_engine.assemble import MODEL_FOLDER
from stream_engine.errors import AssetError
from stream_engine.runtime.onnx_runner import OnnxRunner
from tests.contracts.model_runner_contract import check_model_runner
from tests.fakes.linear_models import LinearEncoder, LinearSampler


@pytest.mark.parametrize("name", ["speech_encoder", *(f"motion_sampler_{n}" for n in (1, 2, 4))])
def test_shipped_graphs_keep_the_contract(name: str) -> None:
    """Every shipped graph loads and honours its own names and shapes."""
    runner = OnnxRunner(MODEL_FOLDER / f"{name}.onnx")
    check_model_runner(runner)
    runner.close()


@pytest.mark.parametrize("fake", [LinearEncoder, LinearSampler])
def test_fakes_keep_the_same_contract(fake: type) -> None:
    """What the fast tests run on behaves like the real thing."""
    check_model_runner(fake())


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    """The error says which file."""
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a graph")
    with pytest.raises(AssetError, match=r"broken\.onnx"):
        OnnxRunner(path)
