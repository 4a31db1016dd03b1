"""Settings from defaults and files."""

from pathlib import Path

import pytest

from stream_engine.config import EngineConfig, MotionConfig, ServerConfig, load_config
from stream_engine.errors import ConfigError
from stream_engine.motion.emotion import Manner
from stream_engine.output_config import OutputConfig


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "elocute.toml"
    path.write_text(text)
    return path


def test_a_file_overlays_the_defaults(tmp_path: Path) -> None:
    """What is not named keeps its default; whole numbers do for real ones."""
    config = load_config(
        written(tmp_path, '[motion]\nprofile = "ultra"\n[server]\nheartbeat_timeout_s = 5\n')
    )
    assert config.motion == MotionConfig(profile="ultra")
    assert config.server.heartbeat_timeout_s == 5
    assert config.render == EngineConfig().render


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[motion]\nspeed = 3\n", r"unknown setting motion\.speed"),
        ("[motoin]\nsteps = 2\n", r"unknown table motoin.*did you mean motion\?"),
        ("[server]\nportt = 3\n", r"unknown setting server\.portt.*did you mean port\?"),
        ("port = 3\n", r"outside every table; got port = 3.*put it below \[server\]"),
        ("[motion]\nsteps = 3\n", r"motion\.steps.*3.*4, 2, 1"),
        ('[motion]\nsteps = "2"\n', r"motion\.steps has the wrong type"),
        ("[server]\nport = 70000\n", r"server\.port is out of range"),
        ('[access]\nproxies = ["nginx"]\n', r"access\.proxies is no address"),
        ("[limits]\nlonger = 3\n", r"unknown setting limits\.longer"),
        ('[telemetry]\nlog_format = "xml"\n', "text, json"),
        ("[recording]\neveryone = true\n", r"recording\.folder"),
        ("[recording]\nlongest_s = 0\n", r"recording\.longest_s is out of range"),
        ('[server]\ncertificate = "a.pem"\n', "both a certificate and its key"),
        ('[voice]\ncommand = "espeak-ng"\n', r"voice\.command has the wrong type"),
        ("not toml", "cannot be read"),
        ("outputs = 3\n", r"outside every table; got outputs = 3"),
        ("[outputs]\nunreal = 3\n", r"table of its own.*outputs\.unreal"),
        ('[outputs."a b"]\nkind = "vmc"\n', r"table of its own.*outputs\.a b"),
        ("[outputs.unreal]\nport = 3\n", r"unknown setting outputs\.unreal\.port"),
        ("[outputs.unreal]\naddress = 3\n", r"outputs\.unreal\.address has the wrong type"),
        ('[outputs.unreal]\naddress = "h:70000"\n', r"no address.*h:70000"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, text: str, message: str) -> None:
    """Key, value and what is allowed."""
    with pytest.raises(ConfigError, match=message):
        load_config(written(tmp_path, text))


def test_outputs_are_tables_by_name(tmp_path: Path) -> None:
    """Each with its kind's defaults; the server's usual ones are a list of names."""
    text = '[outputs.unreal]\n[outputs.vtuber]\nkind = "vmc"\naddress = "10.0.0.5"\n'
    text += '[server]\noutputs = ["unreal"]\n'
    config = load_config(written(tmp_path, text))
    assert config.outputs == {
        "unreal": OutputConfig("live_link", "127.0.0.1", "Elocute"),
        "vtuber": OutputConfig("vmc", "10.0.0.5"),
    }
    assert config.server.outputs == ("unreal",)
    assert EngineConfig().outputs == {}


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """Defaults never hide a wrong path."""
    with pytest.raises(ConfigError, match=r"none\.toml"):
        load_config(tmp_path / "none.toml")


def test_values_are_checked_in_code_too() -> None:
    """Ranges hold however the settings are made."""
    with pytest.raises(ConfigError):
        ServerConfig(max_sessions=0)
    with pytest.raises(ConfigError):
        ServerConfig(replica="a/b")
    with pytest.raises(ConfigError):
        MotionConfig(profile="fast")
    assert MotionConfig().latency_profile.name == "balanced"


def test_what_a_session_begins_with_is_a_setting(tmp_path: Path) -> None:
    """Emotion, intensity and style make a manner; what is none is refused."""
    text = '[motion]\nemotion = "happy"\nintensity = 1\nstyle = 1.2\n'
    assert load_config(written(tmp_path, text)).motion.manner == Manner("happy", 1.0, 1.2)
    assert EngineConfig().motion.manner == Manner("neutral")
    with pytest.raises(ConfigError, match="unknown emotion"):
        MotionConfig(emotion="bored")
    with pytest.raises(ConfigError, match="style is out of range"):
        load_config(written(tmp_path, "[motion]\nstyle = 3.0\n"))
