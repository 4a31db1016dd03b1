"""Settings to working parts."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stream_engine.assemble import Assembly, open_ear, open_units
from stream_engine.config import EngineConfig
from stream_engine.errors import AssetError, ConfigError
from stream_engine.heads import head_asset
from stream_engine.render_config import RenderConfig


def test_sessions_share_one_model_and_one_head() -> None:
    """A second session loads nothing again."""
    assembly = Assembly(EngineConfig())
    assert assembly.motion_stream("ultra") is not assembly.motion_stream("ultra")
    assert assembly.head_poser("default") is assembly.head_poser("default")
    assert assembly.head_poser("default").asset is head_asset("default")
    assert assembly.backend == "onnxruntime-cpu-int8"


def test_unknown_names_are_refused() -> None:
    """Avatar and profile are told apart."""
    assembly = Assembly(EngineConfig())
    with pytest.raises(AssetError, match="unknown avatar"):
        assembly.head_poser("nobody")
    with pytest.raises(ConfigError, match="unknown latency profile"):
        assembly.motion_stream("instant")


def test_a_server_hears_of_an_unknown_avatar_while_it_starts() -> None:
    """With the models, before it takes connections."""
    assembly = Assembly(EngineConfig(render=RenderConfig(avatar="nobody")))
    with pytest.raises(AssetError, match="nobody"):
        assembly.prepare()
    assembly.close()


def test_the_shipped_ear_hears() -> None:
    """Two units and four mel steps a frame, from the shipped files alone."""
    heard = open_ear().hear(np.zeros((30, 55), np.float32))
    assert heard.units.shape == (60, 100)
    assert heard.mel.shape == (120, 80)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"voice": {"values": ["loud"]}}'])
def test_a_broken_ear_is_explained(text: str, tmp_path: Path) -> None:
    """No files, then a description that is none."""
    with pytest.raises(AssetError, match=r"no ear\.json, ear\.onnx.*export_ear"):
        open_ear(tmp_path)
    (tmp_path / "ear.onnx").touch()
    (tmp_path / "ear.json").write_text(text)
    with pytest.raises(AssetError, match="cannot be read"):
        open_ear(tmp_path)


def test_the_shipped_units_are_named() -> None:
    """One every 20 ms, from the shipped files alone."""
    assert open_units().name_units(np.zeros((120, 80), np.float32)).shape == (60,)


def test_missing_units_are_explained(tmp_path: Path) -> None:
    """No file, then a file that is no graph."""
    with pytest.raises(AssetError, match=r"units\.onnx.*export_units"):
        open_units(tmp_path)
    (tmp_path / "units.onnx").touch()
    with pytest.raises(AssetError, match="cannot be loaded"):
        open_units(tmp_path)


def test_serving_on_a_cpu_loads_no_torch() -> None:
    """Importing the engine and making motion leaves torch and TensorRT alone."""
    script = (
        "import sys, numpy as np, stream_engine\n"
        "loaded = {'torch', 'tensorrt', 'onnxruntime', 'aiortc', 'moderngl'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
        "from stream_engine.assemble import Assembly\n"
        "from stream_engine.config import EngineConfig\n"
        "from stream_engine.types import AudioChunk\n"
        "stream = Assembly(EngineConfig()).motion_stream('ultra')\n"
        "assert stream.feed(AudioChunk(0, np.zeros(1280, np.float32), 16000))\n"
        "import stream_engine.server\n"
        "assert not {'torch', 'torchaudio', 'tensorrt'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
