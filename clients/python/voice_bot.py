"""A bot to talk with: ``python -m clients.python.voice_bot --user question.wav``.

The loop that every voice bot has, with its three seams: `Hear` (speech to text), `Think` (text to
text, streamed) and `Speak` (text to speech, streamed). Put real services there. Those below work
offline: the bot says how long it was spoken to, in a recorded voice. Who speaks while it
speaks interrupts it: sound and face stop at once, and what was heard of the answer is known.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TextIO

import numpy as np

from clients.python.avatar import Avatar, connect
from clients.python.stream import CHUNK_S, Pcm, read_wav
from clients.python.voice_activity import BEGAN, CEASED, VoiceActivity
from stream_engine.errors import StreamEngineError

URL = "ws://localhost:8080/v1/realtime"
SAMPLE = Path(__file__).parents[2] / "stream_engine" / "assets" / "sample.wav"
LETTERS_PER_S = 15.0
BEFORE_S = 0.3
"""Heard before a voice is known to be one: part of the turn, or its first sound would be lost."""

Hear = Callable[[Pcm], AsyncIterator[str]]
"""Speech of a whole turn to the words in it: a recogniser."""

Think = Callable[[str], AsyncIterator[str]]
"""What was said to what is answered, token by token: a language model."""

Speak = Callable[[str], AsyncIterator[bytes]]
"""A sentence to PCM16, piece by piece, at the avatar's rate: a voice."""


async def hear_length(turn: Pcm) -> AsyncIterator[str]:
    """Hear how long a turn was; a stand-in for a recogniser.

    Args:
        turn: What was said.

    Yields:
        Words.
    """
    yield f"{len(turn.data) / 2 / turn.rate_hz:.1f} seconds"


async def echo(text: str) -> AsyncIterator[str]:
    """Say what was heard; a stand-in for a language model.

    Args:
        text: What was heard.

    Yields:
        Tokens of the answer.
    """
    for word in f"I heard you for {text}.".split():
        yield f"{word} "


def recorded(voice: Pcm) -> Speak:
    """Speak with a recording, as long as the text takes; a stand-in for text to speech.

    Args:
        voice: The recording; texts go through it one after the other.

    Returns:
        The voice.
    """
    at = 0

    async def speak(text: str) -> AsyncIterator[bytes]:
        nonlocal at
        size = 2 * int(len(text) / LETTERS_PER_S * voice.rate_hz)
        piece = (voice.data[at:] + voice.data)[:size]
        at = (at + size) % len(voice.data)
        for start in range(0, len(piece), voice.rate_hz):
            yield piece[start : start + voice.rate_hz]

    return speak


async def sentences(tokens: AsyncIterator[str]) -> AsyncIterator[str]:
    """Cut a stream of tokens where a voice may begin: the first words are heard early.

    Args:
        tokens: Of a language model.

    Yields:
        Sentences, and what is left at the end.
    """
    text = ""
    async for token in tokens:
        text += token
        if text.rstrip().endswith((".", "!", "?", ":", ";")):
            yield text.strip()
            text = ""
    if text.strip():
        yield text.strip()


@dataclass(slots=True)
class VoiceBot:
    """Listens, answers, and lets itself be interrupted.

    *State*: the turn that is heard, the answer that is given. *Thread*: the loop.

    Attributes:
        avatar: Its face and mouth.
        hear: Speech to text.
        think: Text to text.
        speak: Text to speech.
        tell: Told what happens, a word and what belongs to it.
    """

    avatar: Avatar
    hear: Hear
    think: Think
    speak: Speak
    tell: Callable[[str, object], None]
    _turn: bytearray = field(default_factory=bytearray, init=False)
    _answer: "asyncio.Task[None] | None" = field(default=None, init=False)

    async def run(self, microphone: AsyncIterator[bytes], rate_hz: int) -> None:
        """Talk until the microphone ends and the last answer has been given.

        Args:
            microphone: PCM16 mono, 10 to 40 ms at a time, without the bot's own voice.
            rate_hz: Of it.

        Raises:
            StreamEngineError: If the avatar is lost.
        """
        activity = VoiceActivity(rate_hz)
        try:
            async for piece in microphone:
                change = activity.hear(np.frombuffer(piece, "<i2").astype(np.int16))
                if change == BEGAN:
                    await self._be_interrupted()
                self._turn += piece
                if not activity.speaking and change is None:
                    del self._turn[: -2 * int(BEFORE_S * rate_hz)]
                if change == CEASED:
                    turn, self._turn = bytes(self._turn), bytearray()
                    self._answer = asyncio.create_task(self._reply(Pcm(rate_hz, turn)))
            if self._answer is not None:
                await self._answer
        finally:
            await self._leave()

    async def _reply(self, turn: Pcm) -> None:
        heard = "".join([word async for word in self.hear(turn)])
        self.tell("heard", heard)
        async for sentence in sentences(self.think(heard)):
            self.tell("says", sentence)
            async for pcm in self.speak(sentence):
                await self.avatar.append(pcm)
        self.tell("said", asdict(await self.avatar.finish()))

    async def _be_interrupted(self) -> None:
        if self._answer is None:
            return
        if self._answer.done():
            self._answer.result()  # raises what it failed with
            return
        await self._leave()
        self.tell("interrupted", asdict(await self.avatar.interrupt()))

    async def _leave(self) -> None:
        """Stop answering."""
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.cancel()
            await asyncio.wait([answer])
            if not answer.cancelled():
                answer.result()


async def paced(speech: Pcm) -> AsyncIterator[bytes]:
    """A recording as a microphone gives it.

    Args:
        speech: The recording.

    Yields:
        20 ms at a time, when they have been said.
    """
    loop, size = asyncio.get_running_loop(), 2 * int(speech.rate_hz * CHUNK_S)
    began = loop.time()
    for index, at in enumerate(range(0, len(speech.data), size)):
        await asyncio.sleep(began + (index + 1) * CHUNK_S - loop.time())
        yield speech.data[at : at + size]


async def _write_frames(avatar: Avatar, out: TextIO) -> None:
    async for frame in avatar.frames():
        row = {"pts": frame.pts, "cuts": frame.cuts, "weights": dict(frame.weights)}
        out.write(json.dumps(row | {"pose": asdict(frame.pose)}) + "\n")


async def talk(given: argparse.Namespace, out: TextIO | None) -> None:
    """Let a recorded user talk with the bot.

    Args:
        given: The command line.
        out: Takes the face, a JSON object a frame.
    """
    voice, user = read_wav(given.voice), read_wav(given.user)

    def tell(what: str, detail: object) -> None:
        sys.stderr.write(f"{what}: {detail}\n")

    token = os.environ.get("ELOCUTE_TOKEN", "")
    async with connect(given.url, token=token, rate=voice.rate_hz) as avatar:
        writing = asyncio.create_task(_write_frames(avatar, out)) if out else None
        bot = VoiceBot(avatar, hear_length, echo, recorded(voice), tell)
        await bot.run(paced(user), user.rate_hz)
    if writing:
        await writing


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status is 1 when it failed.

    Args:
        arguments: Of the command line; the program's own by default.

    Returns:
        Exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m clients.python.voice_bot", description=__doc__)
    parser.add_argument("--user", type=Path, default=SAMPLE, help="WAV file of who talks to it")
    parser.add_argument("--voice", type=Path, default=SAMPLE, help="WAV file of its voice")
    parser.add_argument("--url", default=URL, help="the server's realtime door (%(default)s)")
    parser.add_argument("-o", "--out", type=Path, help="file for its face, a JSON object a frame")
    given = parser.parse_args(arguments)
    try:
        if given.out:
            with given.out.open("w", encoding="utf-8") as out:
                asyncio.run(talk(given, out))
        else:
            asyncio.run(talk(given, None))
    except (StreamEngineError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
