"""Text becomes speech in order, bounded, and stops at once; whatever the program does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from stream_engine.audio.speech_queue import Pcm
from stream_engine.errors import (
    AudioError,
    SignalingError,
    SpeechBufferFull,
    VoiceError,
    VoiceUnavailable,
)
from stream_engine.text_wire import MOST_TEXT
from stream_engine.voice import speaker as module
from stream_engine.voice.program import Voice
from stream_engine.voice.speaker import AHEAD_S, Mouth, Speaker
from tests.fakes.voice_program import SECONDS, FakeProgram

RATE_HZ = 24_000


@pytest.fixture
def program(tmp_path: Path) -> FakeProgram:
    """In a folder of its own."""
    return FakeProgram(tmp_path)


class Ear:
    """Takes speech; what is not taken away from it waits."""

    def __init__(self) -> None:
        self.heard: list[Pcm | None] = []
        self.waiting_s = 0.0
        self.failed: list[tuple[Exception, str]] = []

    def mouth(self) -> Mouth:
        """What leads here; None is the end of a response."""
        return Mouth(
            self._take,
            lambda: self.heard.append(None),
            lambda: self.waiting_s,
            lambda error, event_id: self.failed.append((error, event_id)),
        )

    def _take(self, pcm: Pcm) -> None:
        self.heard.append(pcm)
        self.waiting_s += len(pcm) / RATE_HZ

    @property
    def seconds(self) -> float:
        """Speech that came, in seconds."""
        return sum(len(pcm) for pcm in self.heard if pcm is not None) / RATE_HZ


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(10.0):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


def with_speaker(voice: Voice | None, work: Callable[[Speaker, Ear], Awaitable[None]]) -> None:
    """Let a speaker speak, then leave."""

    async def run() -> None:
        ear = Ear()
        speaker = Speaker(voice, RATE_HZ, ear.mouth())
        try:
            await work(speaker, ear)
        finally:
            await speaker.close()

    asyncio.run(run())


def test_sentences_are_spoken_in_order_and_the_response_ends(program: FakeProgram) -> None:
    """Those that are whole before the rest has come; resampled, each to its last sample."""

    async def work(speaker: Speaker, ear: Ear) -> None:
        speaker.append("One. Tw", "a")
        await until(lambda: ear.seconds > 0.99 * SECONDS)
        assert speaker.busy
        speaker.append("o. Three", "b")
        speaker.commit()
        await until(lambda: not speaker.busy)
        assert program.heard == ["One.", "Two.", "Three"]
        assert ear.seconds == pytest.approx(3 * SECONDS, abs=0.001)
        assert [pcm is None for pcm in ear.heard].index(True) == len(ear.heard) - 1
        assert ear.failed == []
        pcm = np.concatenate([pcm for pcm in ear.heard if pcm is not None])
        assert 6_000 < np.abs(pcm).max() < 12_000

    with_speaker(program.voice("say"), work)
    assert program.alive == []


@pytest.mark.parametrize(
    ("does", "kind", "said"),
    [
        ("fail", VoiceError, "exit status 1"),
        ("silent", VoiceError, "gave no sound"),
        ("noise", AudioError, "no WAV file"),
        ("hang", VoiceError, "keeps one waiting"),
        ("stall", VoiceError, "keeps one waiting"),
        ("flood", VoiceError, "does not stop"),
    ],
)
def test_a_program_that_does_wrong_is_told_once_and_ended(
    program: FakeProgram, monkeypatch: pytest.MonkeyPatch, does: str, kind: type, said: str
) -> None:
    """With the event's id; the rest of the text is forgotten, and what comes next is tried."""
    monkeypatch.setattr(module, "MOST_SOUND_S", 2.0)

    async def work(speaker: Speaker, ear: Ear) -> None:
        for turn in (1, 2):
            speaker.append("One. Two.", f"e{turn}")
            speaker.commit()
            await until(lambda turn=turn: len(ear.failed) == turn)  # type: ignore[misc]
            error, event_id = ear.failed[-1]
            assert (type(error), event_id) == (kind, f"e{turn}")
            assert said in str(error)
            await until(lambda: not speaker.busy)
            assert ear.heard[-1] is None
            assert program.heard == ["One."] * turn

    with_speaker(program.voice(does, 0.3 if does in ("hang", "stall") else 10.0), work)
    assert program.alive == []


def test_no_more_is_read_than_is_soon_spoken(
    program: FakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that floods is held up by its pipe, and goes on when there is room."""
    monkeypatch.setattr(module, "_TURN_S", 0.01)

    async def work(speaker: Speaker, ear: Ear) -> None:
        speaker.append("One. ")
        await until(lambda: ear.waiting_s > AHEAD_S)
        held = ear.seconds
        assert held < AHEAD_S + 1.0
        await asyncio.sleep(0.1)
        assert ear.seconds == held
        ear.waiting_s = 0.0
        await until(lambda: ear.seconds > held)
        assert ear.failed == []

    with_speaker(program.voice("flood"), work)
    assert program.alive == []


def test_a_cancel_kills_and_what_is_said_next_is_another_response(program: FakeProgram) -> None:
    """Nothing of what was cut comes later; two programs never run at once."""

    async def work(speaker: Speaker, ear: Ear) -> None:
        speaker.append("One. Two. Thr")
        await until(lambda: len(program.pids) == 1)
        speaker.cancel()
        assert not speaker.busy
        speaker.append("Four. ")
        speaker.cancel()
        speaker.append("Five.")
        speaker.commit()
        assert speaker.busy
        await until(lambda: len(program.pids) == 2)
        assert program.alive == program.pids[1:]
        assert program.heard[-1] == "Five."
        assert "Four." not in program.heard

    with_speaker(program.voice("hang"), work)
    assert program.alive == []


def test_the_next_program_waits_until_the_last_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slowly it goes, and however often it is cut meanwhile."""
    there: list[str] = []
    most: list[int] = []

    class Silent:
        """Never says anything."""

        async def read(self) -> bytes:
            await asyncio.Event().wait()
            return b""

    @asynccontextmanager
    async def slow_to_go(voice: Voice, text: str) -> AsyncIterator[Silent]:
        there.append(text)
        most.append(len(there))
        try:
            yield Silent()
        finally:
            await asyncio.sleep(0.05)
            there.remove(text)

    async def work(speaker: Speaker, ear: Ear) -> None:
        for text in ("One. ", "Two. ", "Three. "):
            speaker.append(text)
            await asyncio.sleep(0.01)
            speaker.cancel()
        speaker.append("Four. ")
        await until(lambda: there == ["Four."])

    monkeypatch.setattr(module, "speaking", slow_to_go)
    with_speaker(Voice(("any",), 10.0), work)
    assert max(most) == 1
    assert there == []


def test_what_cannot_be_taken_is_refused_whole(program: FakeProgram) -> None:
    """No voice; too much; nothing in it to say."""

    async def mute(speaker: Speaker, ear: Ear) -> None:
        with pytest.raises(VoiceUnavailable, match=r"voice\.command"):
            speaker.append("Hello.")
        assert not speaker.busy

    async def full(speaker: Speaker, ear: Ear) -> None:
        with pytest.raises(SpeechBufferFull, match="at most 4000"):
            speaker.append("a" * (MOST_TEXT + 1))
        speaker.append("a" * 3_000 + ". ")
        with pytest.raises(SpeechBufferFull, match="3000 characters, and 1001 more"):
            speaker.append("a" * 1_001)
        speaker.cancel()
        speaker.append("\x1b\U0001f642 \u2026")
        with pytest.raises(SignalingError, match="no text to speak"):
            speaker.commit()
        assert not speaker.busy
        with pytest.raises(SignalingError, match="no text to speak"):
            speaker.commit()

    with_speaker(None, mute)
    with_speaker(program.voice("hang"), full)


def test_a_failure_of_our_own_is_told_too(
    program: FakeProgram, caplog: pytest.LogCaptureFixture
) -> None:
    """Logged with its trace; the client is not left waiting."""

    async def work(speaker: Speaker, ear: Ear) -> None:
        speaker.append("One. ")
        await until(lambda: bool(ear.failed))
        assert isinstance(ear.failed[0][0], ZeroDivisionError)

    def broken(self: Ear, pcm: Pcm) -> None:
        raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ear, "_take", broken)
        with_speaker(program.voice("say"), work)
    assert "text could not be spoken" in caplog.text
