"""Voice and face leave together, in step."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import pytest

from stream_engine.audio.speech_queue import Pcm
from stream_engine.livekit.outgoing import say, show
from stream_engine.types import TICKS_PER_FRAME, TICKS_PER_SECOND
from tests.stream_engine.transport.test_tracks import FakeProgramme


class Full(Exception):
    """The stage has had enough."""


class Boards:
    """Implements `Stage`: keeps what comes and when, up to so many."""

    def __init__(self, programme: FakeProgramme, most: int) -> None:
        self.programme, self.most = programme, most
        self.sounds: list[tuple[float, Pcm]] = []
        self.pictures: list[tuple[float, int]] = []

    async def say(self, pcm: Pcm) -> None:
        self.sounds.append((self.programme.clock.now(), pcm))
        if len(self.sounds) == self.most:
            raise Full

    def show(self, rgb: np.ndarray) -> None:
        self.pictures.append((self.programme.clock.now(), int(rgb[0, 0, 0])))
        if len(self.pictures) == self.most:
            raise Full

    async def close(self) -> None:
        pass


def played(work: Callable[..., Coroutine[Any, Any, None]], boards: Boards) -> Boards:
    """Let it send until the stage is full."""
    with pytest.raises(Full):
        asyncio.run(work(boards.programme, boards, boards.programme.sleep))
    return boards


def test_voice_leaves_in_packets_of_20_ms_when_it_is_due() -> None:
    """From the first sample of the session on, every sample once."""
    boards = played(say, Boards(FakeProgramme(), 5))
    programme = boards.programme
    said = np.concatenate([pcm for _, pcm in boards.sounds])
    np.testing.assert_allclose(said / 32767.0, programme.voice(0, 4800), atol=1 / 32000)
    assert [at for at, _ in boards.sounds] == pytest.approx(
        [programme.due(number * 960) for number in range(5)]
    )


def test_a_face_leaves_25_times_a_second_with_its_voice() -> None:
    """Moments without a picture are passed over."""
    boards = Boards(FakeProgramme(), 4)
    programme = boards.programme
    real = programme.picture
    programme.picture = lambda pts: None if pts == TICKS_PER_FRAME else real(pts)  # type: ignore[method-assign]
    played(show, boards)
    assert [number for _, number in boards.pictures] == [0, 2, 3, 4]
    assert [at for at, _ in boards.pictures] == pytest.approx(
        [programme.due(number * TICKS_PER_FRAME) for number in (0, 2, 3, 4)]
    )


def test_a_face_that_was_held_up_goes_on_in_the_present() -> None:
    """What was passed over is counted."""
    boards = Boards(FakeProgramme(), 2)
    boards.programme.clock.advance(2.5)
    played(show, boards)
    skipped = boards.programme.tally.count("video_skipped_total")
    assert skipped == 2 * TICKS_PER_SECOND // TICKS_PER_FRAME
