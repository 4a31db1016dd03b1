"""``elocute verify``."""

import json
import wave
from pathlib import Path

import pytest

from stream_engine.__main__ import main
from stream_engine.errors import BackendUnavailable
from stream_engine.runtime.cuda import Cuda
from tests.paths import SAMPLE
from tests.stream_engine.runtime.test_cuda import has_card


@pytest.fixture
def short_speech(tmp_path: Path) -> Path:
    """The first second and a half of the sample."""
    path = tmp_path / "short.wav"
    with wave.open(str(SAMPLE), "rb") as whole, wave.open(str(path), "wb") as short:
        short.setparams(whole.getparams())
        short.writeframes(whole.readframes(whole.getframerate() * 3 // 2))
    return path


@pytest.mark.slow
def test_what_ships_holds_and_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, short_speech: Path
) -> None:
    """ONNX Runtime on shipped graphs, in bytes and floats, and on half-precision ones."""
    file = tmp_path / "parity.json"
    chosen = ["--profile", "ultra", "--speech", str(short_speech), "--json", str(file)]
    assert main(["verify", *chosen]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.count("holds;") for line in lines] == [1, 1, 1]
    rows = json.loads(file.read_text(encoding="utf-8"))
    assert [row["backend"] for row in rows] == [
        "onnxruntime, int8", "onnxruntime, fp32", "onnxruntime, compiled graph, fp16",
    ]  # fmt: skip
    assert rows[1]["lips_mm"] < rows[2]["lips_mm"] < 0.01 < rows[0]["lips_mm"] < 0.15


@pytest.mark.slow
@pytest.mark.skipif(has_card(), reason="there is a card")
def test_engines_without_a_card_are_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, short_speech: Path
) -> None:
    """Not a report without them."""
    chosen = ["--profile", "ultra", "--speech", str(short_speech), "--engines", str(tmp_path)]
    assert main(["verify", *chosen]) == 1
    assert "card" in capsys.readouterr().err
    with pytest.raises(BackendUnavailable):
        Cuda()
