"""A bot to talk with, against a real server."""

import asyncio
import json
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.python.avatar import Avatar, connect
from clients.python.dialling import Options
from clients.python.stream import Pcm
from clients.python.voice_bot import VoiceBot, echo, hear_length, main, paced, recorded, sentences
from stream_engine.errors import PeerClosed
from tests.clients.python.test_stream import write
from tests.fakes.live_server import live_server

RATE_HZ = 16_000
TONE = (np.sin(np.arange(RATE_HZ) / 9) * 9000).astype("<i2").tobytes()
QUIET = bytes(len(TONE))


async def tokens(*words: str) -> AsyncIterator[str]:
    for word in words:
        yield word


@given(st.lists(st.sampled_from(["one ", "two. ", "three", "?", " four!"]), max_size=12))
def test_sentences_lose_no_word(words: list[str]) -> None:
    """All but the last end where a voice may pause."""

    async def cut() -> list[str]:
        return [sentence async for sentence in sentences(tokens(*words))]

    found = asyncio.run(cut())
    assert "".join(found).replace(" ", "") == "".join(words).replace(" ", "")
    assert all(sentence[-1] in ".?!" for sentence in found[:-1])


def test_a_recorded_voice_takes_as_long_as_its_text() -> None:
    """Fifteen letters a second, text after text through the recording, from the start again."""

    async def spoken() -> list[bytes]:
        speak = recorded(Pcm(RATE_HZ, TONE))
        return [b"".join([pcm async for pcm in speak("x" * 12)]) for _ in range(2)]

    first, second = asyncio.run(spoken())
    assert len(first) == len(second) == 2 * int(12 / 15 * RATE_HZ)
    assert first + second == (TONE + TONE)[: len(first) + len(second)]


async def turns(avatar: Avatar) -> AsyncIterator[bytes]:
    """Two, as fast as they are taken, but the second comes when the first's answer is heard."""
    turn = [(TONE + QUIET)[at : at + 640] for at in range(0, len(TONE + QUIET), 640)]
    for piece in turn:
        yield piece
    async for event in avatar.events():
        if event.type == "output_audio_buffer.started":
            break
    for piece in turn:
        yield piece


@pytest.mark.net
def test_who_speaks_while_it_speaks_interrupts_it() -> None:
    """A turn is answered; the answer is cut by the next turn, which is answered to its end."""
    told: list[tuple[str, object]] = []

    async def think(text: str) -> AsyncIterator[str]:
        yield "A long answer that nobody waits for." if len(told) < 2 else "Yes."

    async def use() -> None:
        async with connect(url, rate=RATE_HZ, options=Options(patience_s=10.0)) as avatar:
            voice = recorded(Pcm(RATE_HZ, TONE))
            bot = VoiceBot(avatar, hear_length, think, voice, lambda *what: told.append(what))
            await asyncio.wait_for(bot.run(turns(avatar), RATE_HZ), 20.0)

    with live_server() as server:
        url = server.speech_url.replace("speech", "realtime")
        asyncio.run(use())
    kinds = [what for what, _ in told]
    assert kinds == ["heard", "says", "interrupted", "heard", "says", "said"]
    assert told[0][1] == "1.5 seconds"  # the silence that ended it is part of it
    cut, said = told[2][1], told[5][1]
    assert isinstance(cut, dict)
    assert isinstance(said, dict)
    assert cut["dropped_samples"] > 0
    assert said["completed"]


@pytest.mark.net
def test_the_command_talks_with_a_recording(tmp_path: Path) -> None:
    """The user's file, the bot's file, its face in a file of frames; one line if that fails."""
    user, voice, out = tmp_path / "user.wav", write(tmp_path / "voice.wav"), tmp_path / "face.jsonl"
    with wave.open(str(user), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(TONE[:9_600] + QUIET[:19_200])
    with live_server() as server:
        url = server.speech_url.replace("speech", "realtime")
        command = ["--user", str(user), "--voice", str(voice), "--url", url, "-o", str(out)]
        assert main(command) == 0
    frames = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert max(frame["weights"]["jawOpen"] for frame in frames) == 1.0
    assert main(command) == 1


@pytest.mark.net
def test_a_lost_avatar_ends_the_bot() -> None:
    """By its own error, at the latest when somebody speaks again."""

    async def use() -> None:
        async with connect(url, options=Options(patience_s=10.0)) as avatar:
            await avatar.close()
            bot = VoiceBot(avatar, hear_length, echo, recorded(Pcm(RATE_HZ, TONE)), lambda *_: None)
            with pytest.raises(PeerClosed):
                await bot.run(paced(Pcm(RATE_HZ, TONE[:6_400] + QUIET)), RATE_HZ)

    with live_server() as server:
        url = server.speech_url.replace("speech", "realtime")
        asyncio.run(use())
