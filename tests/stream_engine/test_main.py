"""The command line, as a user meets it."""

import argparse
import csv
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from stream_engine import __main__ as command_line
from stream_engine.__main__ import _parser, _settings, main
from stream_engine.config import EngineConfig
from stream_engine.errors import AssetError
from tests.stream_engine.audio.test_file_source import write_wav


@pytest.mark.parametrize("command", [[], ["serve"], ["render"], ["replay"], ["doctor"]])
def test_help_is_complete(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Every option of every command is explained."""
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    assert stop.value.code == 0
    assert "-h, --help" in capsys.readouterr().out
    commands = next(a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction))
    parser = commands.choices[command[0]] if command else _parser()
    options = [a for a in parser._actions if not isinstance(a, argparse._SubParsersAction)]
    assert all(action.help for action in options)


def test_render_writes_motion(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One row per frame, and a line that says how fast it went; no bar where nobody watches."""
    speech = write_wav(tmp_path / "a.wav", 0.4 * np.sin(np.arange(16_000) * 0.1), 16_000)
    assert main(["render", str(speech), "--motion", str(tmp_path / "a.csv")]) == 0
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 26
    said = capsys.readouterr()
    assert said.out.startswith("25 frames, ")
    assert "x real time" in said.out
    assert not said.err


@pytest.mark.slow
@pytest.mark.gl
def test_render_writes_a_movie(tmp_path: Path) -> None:
    """The real renderer and encoder, from the command line."""
    speech = write_wav(tmp_path / "a.wav", 0.4 * np.sin(np.arange(16_000) * 0.1), 16_000)
    movie = tmp_path / "a.mp4"
    assert main(["render", str(speech), "-o", str(movie), "--size", "128", "--quiet"]) == 0
    assert movie.stat().st_size > 2_000


def test_errors_are_one_line_and_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a user can cause never ends in a traceback."""
    path = tmp_path / "letter.txt"
    path.write_text("dear all, " * 100)
    assert main(["render", str(path), "--motion", str(tmp_path / "a.csv")]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("elocute: file ")
    assert "letter.txt" in lines[0]


def test_other_kinds_of_motion_are_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the speech is read, with a list of what there is."""
    assert main(["render", "a.wav", "--motion", str(tmp_path / "face.fbx")]) == 1
    assert ".csv (Live Link Face), .json (Audio2Face) or .glb" in capsys.readouterr().err


def test_serving_to_an_output_that_is_not_there_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server does not start; the error lists the outputs of the settings."""
    (tmp_path / "e.toml").write_text("[outputs.unreal]\n[server]\nport = 0\n")
    assert main(["serve", "--config", str(tmp_path / "e.toml"), "--outputs", "maya,unreal"]) == 1
    assert "there is no such output; got 'maya'; expected unreal" in capsys.readouterr().err


def test_render_without_an_output_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to write is a mistake on the command line."""
    assert main(["render", "a.wav"]) == 2
    assert "-o or --motion" in capsys.readouterr().err


def offer_command(folder: Path, target: str) -> None:
    """Lay out an installed package that offers the command ``greet``."""
    (folder / "greeter.py").write_text(
        "def add(commands):\n"
        "    greet = commands.add_parser('greet', help='say hello')\n"
        "    greet.set_defaults(command=run, config=None)\n"
        "def run(options, config):\n"
        "    print('hello from', config.motion.profile)\n"
        "    return 0\n"
    )
    info = folder / "greeter-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[elocute.commands]\ngreet = {target}\n")


def test_another_package_can_add_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Found by entry point, listed in the help, run with the settings."""
    offer_command(tmp_path, "greeter:add")
    monkeypatch.syspath_prepend(tmp_path)
    assert main(["greet"]) == 0
    assert "hello from balanced" in capsys.readouterr().out
    assert "say hello" in _parser().format_help()


def test_a_broken_offer_is_said_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The engine's own commands go on working."""
    offer_command(tmp_path, "greeter_that_is_gone:add")
    monkeypatch.syspath_prepend(tmp_path)
    assert "serve" in _parser().format_help()
    assert "no command 'greet'" in capsys.readouterr().err
    assert _parser(["-v", "serve"]).parse_args(["-v", "serve"]).command is not None
    assert capsys.readouterr().err == ""  # not looked at: a server starts sooner


def test_render_takes_a_manner(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A happy face smiles from the first frame on; what is no intensity is explained."""
    speech = str(write_wav(tmp_path / "a.wav", np.zeros(16_000), 16_000))
    out = tmp_path / "a.csv"
    command = ["render", speech, "--motion", str(out), "--quiet", "--emotion", "happy"]
    assert main([*command, "--intensity", "1", "--style", "1.2"]) == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert min(float(row["MouthSmileLeft"]) for row in rows) > 0.5
    capsys.readouterr()
    assert main([*command, "--intensity", "7"]) == 1
    assert "intensity is out of range; got 7.0; expected 0..1" in capsys.readouterr().err


def test_a_server_for_strangers_needs_a_key_before_it_listens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line with both ways out; JSON logs and --insecure are options of serve."""
    monkeypatch.delenv("ELOCUTE_KEYS", raising=False)
    assert main(["serve", "--host", "0.0.0.0"]) == 1
    said = capsys.readouterr().err
    assert "no key" in said
    assert "--insecure" in said
    given = _parser().parse_args(["serve", "--insecure", "--log-format", "json"])
    config = _settings(given)
    assert config.access.insecure
    assert config.telemetry.log_format == "json"
    assert not _settings(_parser().parse_args(["serve"])).access.insecure


def test_ctrl_c_ends_a_server_that_starts_in_the_middle_of_two_imports(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An exception there would leave a lock of importlib's that the other import waits for."""
    handlers = []

    def assembly(config: EngineConfig) -> None:
        handlers.append(signal.getsignal(signal.SIGINT))
        raise AssetError("no models")

    monkeypatch.setattr(command_line, "_assembly", assembly)
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(["serve", "--port", "0"]) == 1
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, usual)
    assert handlers == [signal.SIG_DFL]
    assert "no models" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["avatar", "list"], ["--help"]])
def test_who_reads_no_further_ends_a_command_without_a_word(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`elocute … | head` is no error, neither in the command nor when Python ends."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stdout:
        monkeypatch.setattr("sys.stdout", stdout)
        assert main(command) == 141
    assert not capsys.readouterr().err
