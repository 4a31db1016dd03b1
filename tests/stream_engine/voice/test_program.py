"""A program that speaks is found, told little, and never left behind."""

import asyncio
import shutil
import time
from pathlib import Path

import pytest

from stream_engine.errors import ConfigError, VoiceError
from stream_engine.service_config import VoiceConfig
from stream_engine.voice.program import AUTO, Voice, find_voice, speaking
from tests.fakes.voice_program import FakeProgram


@pytest.fixture
def program(tmp_path: Path) -> FakeProgram:
    """In a folder of its own."""
    return FakeProgram(tmp_path)


async def all_of(voice: Voice, text: str = "Hello.") -> bytes:
    """What it writes."""
    found = b""
    async with speaking(voice, text) as speech:
        while data := await speech.read():
            found += data
    return found


def put(folder: Path, name: str) -> None:
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)


def test_what_is_installed_is_found_if_nothing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first that is known; none is no error; a voice that is not wanted is not looked for."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_voice(VoiceConfig(AUTO)) is None
    put(tmp_path, "espeak")
    voice = find_voice(VoiceConfig())
    assert voice is not None
    assert voice.command == (str(tmp_path / "espeak"), "--stdout", "-v", "en-us")
    put(tmp_path, "espeak-ng")
    assert find_voice(VoiceConfig()).name == "espeak-ng"  # type: ignore[union-attr]
    assert find_voice(VoiceConfig(())) is None


def test_a_program_that_is_named_must_be_there() -> None:
    """Or no server starts."""
    with pytest.raises(ConfigError, match=r"voice\.command = 'no-such-voice'.*install it"):
        find_voice(VoiceConfig(("no-such-voice",)))


def test_text_goes_in_by_standard_input_and_keys_do_not(
    program: FakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in it is an argument or a command; the server's secrets are not handed on."""
    monkeypatch.setenv("ELOCUTE_KEYS", "secret")
    monkeypatch.setenv("HARMLESS", "1")
    text = "--help; $(touch here) `id` | \u00e9\U0001f642"
    sound = asyncio.run(all_of(program.voice("say"), text))
    assert sound.startswith(b"RIFF")
    assert len(sound) == 44 + 8_000
    assert program.heard == [text]
    assert "HARMLESS" in program.environment
    assert "ELOCUTE_KEYS" not in program.environment
    assert program.alive == []


@pytest.mark.parametrize(
    ("does", "said"),
    [("fail", "exit status 1"), ("half", "exit status 3"), ("hang", "0.4 s for one sentence")],
)
def test_what_fails_is_told_and_gone(program: FakeProgram, does: str, said: str) -> None:
    """After some sound, too; whoever hangs is killed."""
    with pytest.raises(VoiceError, match=said):
        asyncio.run(all_of(program.voice(does, 10.0 if does != "hang" else 0.4)))
    assert program.alive == []


def test_what_it_complains_of_is_logged(
    program: FakeProgram, caplog: pytest.LogCaptureFixture
) -> None:
    """For the operator, not for clients."""
    with pytest.raises(VoiceError) as caught:
        asyncio.run(all_of(program.voice("fail")))
    assert "no such voice" in caplog.text
    assert "no such voice" not in str(caught.value)


def test_its_children_are_ended_with_it(program: FakeProgram) -> None:
    """A wrapper leaves nothing running."""

    async def give_up() -> None:
        async with speaking(program.voice("parent"), "Hello."):
            while len(program.pids) < 2:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)

    asyncio.run(give_up())
    deadline = time.monotonic() + 5.0  # who reaps orphans may take a moment
    while any(running(pid) for pid in program.pids):
        assert time.monotonic() < deadline


def running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return text.rsplit(")", 1)[1].split()[0] != "Z"


def test_a_program_that_cannot_be_started_is_told() -> None:
    """It was there when the server started."""
    with pytest.raises(VoiceError, match="cannot be started.*gone"):
        asyncio.run(all_of(Voice(("/nowhere/gone",), 1.0)))


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")
def test_espeak_speaks_if_it_is_installed() -> None:
    """With the length that it writes to pipes; arguments in the text are read out."""
    voice = find_voice(VoiceConfig())
    assert voice is not None
    assert len(asyncio.run(all_of(voice, "--version"))) > 20_000
