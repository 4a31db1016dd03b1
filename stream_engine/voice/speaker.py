"""Text into speech for one bot: sentence by sentence, one program at a time, cut at once."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from stream_engine.audio.any_rate import AnyRate
from stream_engine.audio.speech_queue import Pcm
from stream_engine.audio.wav_stream import WavStream
from stream_engine.errors import (
    SignalingError,
    SpeechBufferFull,
    StreamEngineError,
    VoiceError,
    VoiceUnavailable,
)
from stream_engine.text_wire import MOST_TEXT
from stream_engine.voice.program import Voice, speaking
from stream_engine.voice.sentences import Sentences

logger = logging.getLogger(__name__)

AHEAD_S = 10.0
"""No more is read of a program while so much of its speech has not been spoken."""

MOST_SOUND_S = 120.0
"""Longest sound of one piece of text; whoever makes more does not stop."""

_TURN_S = 0.1


@dataclass(frozen=True, slots=True)
class Mouth:
    """Where speech goes.

    Attributes:
        push: Takes speech of the response that is open, or of a new one.
        end: Says that the response is whole.
        waiting_s: Seconds of speech that were not spoken yet.
        fail: Told what went wrong, and the ``event_id`` of the text.
    """

    push: Callable[[Pcm], None]
    end: Callable[[], object]
    waiting_s: Callable[[], float]
    fail: Callable[[Exception, str], None]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text to be spoken; empty, and the response is whole."""

    text: str
    event_id: str


class Speaker:
    """Speaks text by a program, through a mouth.

    *State*: at most `MOST_TEXT` characters; what does not fit is refused whole. *Thread*: the loop.

    Args:
        voice: The program; None if there is none.
        rate_hz: Of the speech.
        mouth: Takes it.
    """

    def __init__(self, voice: Voice | None, rate_hz: int, mouth: Mouth) -> None:
        self._voice, self._rate_hz, self._mouth = voice, rate_hz, mouth
        self._sentences = Sentences()
        self._pieces: deque[_Piece] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = self._something = False
        self._event_id = ""

    @property
    def busy(self) -> bool:
        """Whether a response of text is open, or on its way to the mouth."""
        return self._open or bool(self._working)

    def append(self, text: str, event_id: str = "") -> None:
        """Take text of the response that is open, or of a new one.

        Args:
            text: As it is made; a sentence is spoken when it is whole.
            event_id: Told with what goes wrong.

        Raises:
            VoiceUnavailable: If there is no program that speaks.
            SpeechBufferFull: If it does not fit.
        """
        if self._voice is None:
            raise VoiceUnavailable(
                "this server has no voice for text",
                expected="speech (input_audio_buffer.append)",
                fix="install espeak-ng where the server runs, or name a program in voice.command",
            )
        waiting = len(self._sentences) + sum(len(piece.text) for piece in self._pieces)
        if waiting + len(text) > MOST_TEXT:
            raise SpeechBufferFull(
                "more text waits than may",
                got=f"{waiting} characters, and {len(text)} more",
                expected=f"at most {MOST_TEXT}",
                fix="send the rest when some of it has been spoken",
            )
        texts = self._sentences.feed(text)
        self._open, self._something = True, self._something or bool(texts)
        self._event_id = event_id
        self._take(texts)

    def commit(self) -> None:
        """Say that the open response is whole; SignalingError if it holds nothing to say."""
        last = self._sentences.finish()
        something = self._something or bool(last)
        self._open = self._something = False
        if not something:
            raise SignalingError(
                "there is no text to speak",
                expected="letters or digits",
                fix="append some with input_text_buffer.append before the commit",
            )
        self._take([*last, ""])

    def cancel(self) -> None:
        """Kill the program and forget all text, at once."""
        self._forget()
        for task in self._working:
            task.cancel()

    async def close(self) -> None:
        """Cancel, and wait until the program is gone."""
        self.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def _working(self) -> list[asyncio.Task[None]]:
        """The one at most that speaks; those that were cancelled may still end their program."""
        return [task for task in self._tasks if not task.done() and not task.cancelling()]

    def _take(self, texts: list[str]) -> None:
        self._pieces += [_Piece(text, self._event_id) for text in texts]
        if self._pieces and not self._working:
            task = asyncio.create_task(self._work(frozenset(self._tasks)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self, before: frozenset[asyncio.Task[None]]) -> None:
        if before:
            await asyncio.wait(before)
        event_id = ""
        try:
            while self._pieces:
                event_id, text = self._pieces[0].event_id, self._pieces[0].text
                if text:
                    await self._speak(text)
                else:
                    self._mouth.end()
                self._pieces.popleft()
        except StreamEngineError as error:
            self._fail(error, event_id)
        except Exception as error:
            logger.exception("text could not be spoken")
            self._fail(error, event_id)

    async def _speak(self, text: str) -> None:
        assert self._voice is not None
        await self._room()
        sound, to_mouth = WavStream(), None
        heard, most = 0, 0.0
        async with speaking(self._voice, text) as speech:
            while data := await speech.read():
                samples = sound.feed(data)
                if not len(samples):
                    continue
                to_mouth = to_mouth or AnyRate(sound.rate_hz, self._rate_hz)
                heard, most = heard + len(samples), MOST_SOUND_S * sound.rate_hz
                if heard > most:
                    raise VoiceError(
                        "the program that speaks text does not stop",
                        got=f"{self._voice.name}, more than {MOST_SOUND_S:g} s for one sentence",
                        expected="the sound of the text, and an end",
                        fix="try it by hand",
                    )
                await self._room()
                self._push(to_mouth.feed(samples))
        if to_mouth is None:
            raise VoiceError(
                "the program that speaks text gave no sound",
                got=f"{self._voice.name}, nothing",
                expected="a WAV file on its standard output",
                fix="try it by hand",
            )
        self._push(to_mouth.finish())

    def _push(self, pcm: Pcm) -> None:
        if len(pcm):
            self._mouth.push(pcm)

    async def _room(self) -> None:
        """Wait while enough speech is there already: the program's pipe holds it up."""
        while True:
            if self._mouth.waiting_s() <= AHEAD_S:
                return
            await asyncio.sleep(_TURN_S)

    def _fail(self, error: Exception, event_id: str) -> None:
        self._forget()
        self._mouth.end()
        self._mouth.fail(error, event_id)

    def _forget(self) -> None:
        self._pieces.clear()
        self._sentences.clear()
        self._open = self._something = False
