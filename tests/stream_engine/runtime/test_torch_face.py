"""The shipped weights, read back."""

from pathlib import Path

import pytest

from stream_engine.assemble import MODEL_FOLDER
from stream_engine.errors import AssetError
from stream_engine.runtime.torch_face import TorchFace, load_face


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    """No description, a broken one, one without weights."""
    for text in (None, "{}", "no json"):
        if text is not None:
            (tmp_path / "model.json").write_text(text, encoding="utf-8")
        with pytest.raises(AssetError, match="no model to load"):
            load_face(tmp_path)


def test_runners_take_what_the_compiled_models_take() -> None:
    """Names of inputs, by the model's own sizes."""
    face = TorchFace(MODEL_FOLDER)
    assert {spec.name for spec in face.encoder().spec.inputs} == {"mel", "mel_past", "conv_past"}
    assert "noise" in {spec.name for spec in face.sampler(2).spec.inputs}
    assert face.backend.startswith("torch")
