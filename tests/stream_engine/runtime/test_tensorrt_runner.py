"""An engine on a card gives what its graph gives; skipped where there is none."""

from pathlib import Path

import numpy as np
import pytest

from stream_engine.assemble import MODEL_FOLDER
from stream_engine.errors import ShapeError
from stream_engine.motion.window import PROFILES
from stream_engine.runtime.onnx_runner import OnnxRunner
from tests.stream_engine.runtime.test_cuda import has_card

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.trt,
    pytest.mark.skipif(not has_card(), reason="needs an NVIDIA card"),
]


def test_an_engine_gives_what_its_graph_gives(tmp_path: Path) -> None:
    """Built for this card in fp32, every batch size filled up or not: within 2e-3."""
    from stream_engine.runtime.cuda import Cuda
    from stream_engine.runtime.tensorrt_runner import TensorRTRunner
    from trt_build.build import Target, build
    from trt_build.graphs import of_profile

    card = Cuda().card.capability
    graph = of_profile(PROFILES["balanced"], 1)[1]
    built = build(graph, Target("fp32", 8, card, ahead=False), tmp_path)
    compiled = TensorRTRunner(built.path.read_bytes(), 8)
    reference = OnnxRunner(MODEL_FOLDER / "motion_sampler_1.onnx")
    random = np.random.default_rng(0)
    for sessions in (1, 3, 5, 8, 5):
        inputs = {}
        for spec in reference.spec.inputs:
            length = {"speech": 3, "noise": 3}.get(spec.name, 1)
            shape = (sessions, *(length if size < 0 else size for size in spec.shape[1:]))
            inputs[spec.name] = random.standard_normal(shape).astype(np.float32)
        inputs["mask"] = (inputs["mask"] > 0).astype(np.float32)
        inputs["emitted_mask"] = np.ones_like(inputs["emitted_mask"])
        wanted, got = reference.run(inputs), compiled.run(inputs)
        for name, value in wanted.items():
            assert np.abs(value - got[name]).max() < 2e-3, name
    with pytest.raises(ShapeError, match="9 sessions"):
        compiled.run(
            {name: np.resize(value, (9, *value.shape[1:])) for name, value in inputs.items()}
        )
    compiled.close()
