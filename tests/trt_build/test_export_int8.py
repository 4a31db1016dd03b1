"""Graphs that multiply bytes: the model's own motion, whoever else is in the batch."""

from pathlib import Path

import numpy as np
import pytest
import torch

from stream_engine.assemble import MODEL_FOLDER, open_hop
from stream_engine.audio.file_source import SAMPLE, speech_for_model
from stream_engine.models.talking_face import TalkingFace
from stream_engine.motion.window import PROFILES
from stream_engine.runtime.backends import OnnxBackend
from stream_engine.runtime.onnx_runner import OnnxRunner, graph_path
from tests.trt_build.test_export import SMALL
from trt_build.export import export_model
from trt_build.export_int8 import export_int8, ranges_of
from trt_build.int8 import as_int8
from trt_build.verify import lips_of, motion_of

SPEECH = np.random.default_rng(2).uniform(-0.2, 0.2, 8_000).astype(np.float32)


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # torch, of itself
@pytest.mark.slow
def test_a_graph_gives_what_the_model_in_bytes_gives(tmp_path: Path) -> None:
    """The encoder's, of a small random model."""
    torch.manual_seed(0)
    face = TalkingFace(SMALL)
    for parameter in face.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    export_model(face, tmp_path, step_counts=())
    export_int8(tmp_path, [SPEECH], step_counts=(1,))
    made = as_int8(face.eval(), ranges_of(face, [SPEECH]))
    runner = OnnxRunner(graph_path(tmp_path, "speech_encoder", "int8"))
    random = np.random.default_rng(1)
    given = {"mel": random.standard_normal((3, 8, 80)).astype(np.float32)}
    mel_past, conv_past = made.encoder.initial_state(3)
    given |= {"mel_past": mel_past.numpy(), "conv_past": conv_past.numpy()}
    with torch.no_grad():
        wanted = made.encoder(torch.from_numpy(given["mel"]), mel_past, conv_past)[0].numpy()
    assert np.abs(runner.run(given)["speech_out"] - wanted).max() < 1e-4
    models = OnnxBackend(tmp_path, "int8").open(PROFILES["ultra"], [1])
    assert np.isfinite(motion_of(models, PROFILES["ultra"], SPEECH)).all()


@pytest.mark.slow
def test_a_session_is_the_same_alone_and_among_others() -> None:
    """Bit for bit, in batches of 1, 3 and 16: sums of whole numbers have no order."""
    hop = open_hop(MODEL_FOLDER, "balanced", 1, "int8")
    random = np.random.default_rng(7)
    mels = random.standard_normal((30, 16, 4, 80)).astype(np.float32)
    noise = random.standard_normal((30, 16, hop.profile.window_frames, 55)).astype(np.float32)
    made = []
    for batch in (1, 3, 16):
        state, frames = hop.initial_state(batch), []
        for mel, start in zip(mels, noise, strict=True):
            emitted, state = hop.step(state, mel[:batch], start[:batch])
            frames.append(emitted[0])
        made.append(np.stack(frames))
    assert np.array_equal(made[0], made[1])
    assert np.array_equal(made[0], made[2])


@pytest.mark.slow
@pytest.mark.parametrize(("profile", "steps"), [("balanced", 1), ("ultra", 2), ("quality", 4)])
def test_lips_are_where_they_were(profile: str, steps: int) -> None:
    """On the shipped sample: mean over frames of the point furthest off; .06 mm when written."""
    speech, sizes = speech_for_model(SAMPLE)[:96_000], PROFILES[profile]
    lips = [
        lips_of(motion_of(OnnxBackend(MODEL_FOLDER, p).open(sizes, [steps]), sizes, speech))
        for p in ("fp32", "int8")
    ]
    apart = np.linalg.norm(lips[0] - lips[1], axis=-1).max(axis=-1).mean()
    assert 0.0 < apart < 0.15
