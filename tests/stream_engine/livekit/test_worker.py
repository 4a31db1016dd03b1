"""An avatar in a room: it says and shows what its agent sends, and tells the truth about it."""

import asyncio
from typing import Any

import numpy as np
import pytest

from stream_engine.audio.speech_queue import Pcm
from stream_engine.errors import PeerClosed, RenderError
from stream_engine.livekit.worker import Wish
from tests.fakes.livekit_sdk import DisconnectReason, Room, TrackKind
from tests.fakes.livekit_talk import AGENT, AWAY_S, FACE, URL, Talk, talking

pytestmark = pytest.mark.slow
RATE = 48_000
LATE_S = 0.15
"""What a busy machine may add to a time."""


def loud(seconds: float, rate_hz: int = RATE) -> Pcm:
    """A square wave, of no sample 0."""
    numbers = np.arange(int(seconds * rate_hz))
    return np.where(numbers // 60 % 2, 8000, -8000).astype(np.int16)


async def ready(talk: Talk) -> None:
    """Wait until voice and face are published."""
    async with asyncio.timeout(10.0):
        while True:
            people = talk.agent.room.remote_participants
            if len(people[FACE].track_publications) == 2 or talk.running.done():
                return
            await asyncio.sleep(0.01)


def mouths(talk: Talk) -> list[tuple[float, float]]:
    """When each picture left, and how much of the mouth's middle it shows dark."""
    frames = talk.track(TrackKind.KIND_VIDEO).track.source.frames
    shown = []
    for at, frame in frames:
        picture = np.frombuffer(frame.data, np.uint8).reshape(frame.height, frame.width, 3)
        column = picture[:, frame.width // 2, 0]
        shown.append((at, float(np.mean(column[frame.height // 2 :] < 100))))
    return shown


def test_a_segment_is_heard_shown_and_reported() -> None:
    """The samples as they were sent, the mouth with them, start and end as they leave."""

    async def play() -> None:
        async with talking() as talk:
            await ready(talk)
            await asyncio.sleep(0.4)
            await talk.agent.say(loud(1.0))
            await talk.agent.until(began=1, ended=1)
            sound, said = talk.voice, loud(0.5)
            first = int(np.argmax(np.abs(sound.astype(int)) > 1000))
            heard = sound[first : first + len(said)].astype(int)
            assert np.abs(heard - said).max() <= 1
            started = talk.first_sound()
            assert talk.agent.began[0] == pytest.approx(started, abs=LATE_S)
            ended, report = talk.agent.ended[0]
            assert report == {"playback_position": 1.0, "interrupted": False}
            assert ended - started == pytest.approx(1.0, abs=LATE_S)
            pictures = mouths(talk)
            still = min(open_ for _, open_ in pictures)
            opened = next(at for at, open_ in pictures if open_ > 2 * still + 0.02)
            assert opened == pytest.approx(started, abs=LATE_S)
            while_spoken = sum(started <= at <= started + 1.0 for at, _ in pictures)
            assert 20 <= while_spoken <= 27

    asyncio.run(play())


def test_an_interrupt_is_heard_seen_and_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """After the answer nothing of it leaves; the position is what left, of each segment."""
    caplog.set_level("INFO")

    async def play() -> None:
        async with talking() as talk:
            await ready(talk)
            await talk.agent.say(loud(3.0))
            await talk.agent.say(loud(1.0))
            await talk.agent.until(began=1)
            await asyncio.sleep(0.5)
            assert await talk.agent.interrupt() == "ok"
            packets, now = len(talk.sound), asyncio.get_running_loop().time()
            await talk.agent.until(ended=2)
            await asyncio.sleep(0.8)
            first, second = (report for _, report in talk.agent.ended)
            assert (first["interrupted"], second["interrupted"]) == (True, True)
            assert second["playback_position"] == 0.0
            before = int(np.count_nonzero(np.abs(talk.voice.astype(int)) > 4000))
            assert first["playback_position"] == pytest.approx(before / RATE, abs=0.006)
            after = talk.voice[packets * 960 :].astype(int)
            assert np.abs(after[int(LATE_S * RATE) :]).max() == 0
            shut = [open_ for at, open_ in mouths(talk) if at > now + 0.15 + LATE_S]
            assert len(shut) > 3
            assert max(shut) == min(shut)
            await talk.agent.say(loud(0.2))
            await talk.agent.until(ended=3)
            assert talk.agent.ended[2][1] == {"playback_position": 0.2, "interrupted": False}

    asyncio.run(play())
    assert "interrupted: nothing heard after" in caplog.text


def test_only_the_agent_is_heard_and_may_interrupt() -> None:
    """Another's speech is closed unread, and another's call is turned down."""

    async def play() -> None:
        async with talking() as talk:
            await ready(talk)
            other = Room()
            await other.connect(URL, "someone@demo")
            await talk.agent.say(loud(0.5))
            await talk.agent.until(began=1)
            me = other.local_participant
            call = me.perform_rpc(destination_identity=FACE, method="lk.clear_buffer", payload="")
            assert await call == "reject"
            attributes = {"sample_rate": "48000", "num_channels": "1"}
            await me.stream_bytes("x", topic="lk.audio_stream", attributes=attributes)
            assert other.server.readers[-1].closed
            await talk.agent.until(ended=1)
            assert talk.agent.ended[0][1] == {"playback_position": 0.5, "interrupted": False}

    asyncio.run(play())


def test_speech_that_comes_before_the_face_is_kept() -> None:
    """An agent may speak as soon as the avatar has joined."""

    async def play() -> None:
        async with talking() as talk:
            await talk.agent.say(loud(0.2))
            assert talk.worker.session is None
            await talk.agent.until(ended=1)
            assert talk.agent.ended[0][1] == {"playback_position": 0.2, "interrupted": False}

    asyncio.run(play())


def test_the_face_says_whose_it_is() -> None:
    """By an attribute, as avatars of LiveKit's agents do."""

    async def play() -> dict[str, str]:
        async with talking() as talk:
            await ready(talk)
            await asyncio.sleep(0.05)
            return talk.agent.room.remote_participants[FACE].attributes

    assert asyncio.run(play()) == {"lk.publish_on_behalf": AGENT}


def test_a_token_that_says_whose_face_it_is_is_believed() -> None:
    """The agent it names is the one, and the attribute is not set again."""

    async def play() -> None:
        async with talking(token=f"{FACE}@demo for {AGENT}") as talk:
            other = Room()
            await other.connect(URL, "agent-0@demo as agent")
            talk.agent.room.remote_participants[FACE].may_show = False
            await ready(talk)
            await talk.agent.say(loud(0.1))
            await talk.agent.until(ended=1)
            attributes = talk.agent.room.remote_participants[FACE].attributes
            assert attributes == {"lk.publish_on_behalf": AGENT}

    asyncio.run(play())


def test_it_waits_for_the_agent_it_was_told_of() -> None:
    """Other agents, and faces of other agents, are not it."""

    async def play() -> None:
        async with talking(wish=Wish("ultra", "default", agent="agent-2")) as talk:
            await asyncio.sleep(0.1)
            assert talk.worker.session is None
            other = Room()
            await other.connect(URL, "agent-2@demo as agent")
            await ready(talk)
            assert talk.worker.session is not None
            await other.disconnect()
            assert await talk.running == "the agent has left"

    asyncio.run(play())


def test_a_connection_that_is_made_anew_does_not_end_the_talk() -> None:
    """Everybody leaves for a while, and the agent is there again; what was said is told then."""

    async def play() -> None:
        async with talking() as talk:
            await ready(talk)
            mine = talk.agent.room.server.rooms["demo"][FACE]
            await talk.agent.say(loud(0.2))
            await talk.agent.until(began=1)
            mine.mend(True)
            mine.local_participant._attributes.clear()
            talk.agent.room.server.broken_calls = 2
            await asyncio.sleep(4 * AWAY_S)
            mine.mend(False)
            await talk.agent.until(ended=1)
            await asyncio.sleep(2 * AWAY_S)
            assert not talk.running.done()
            assert mine.local_participant.attributes == {"lk.publish_on_behalf": AGENT}
            await talk.agent.room.disconnect()
            assert await talk.running == "the agent has left"

    asyncio.run(play())


def over(reason: int) -> Any:
    """What becomes of a talk whose room ends so."""

    async def play() -> str:
        async with talking() as talk:
            await ready(talk)
            await talk.agent.say(loud(1.0))
            await talk.agent.until(began=1)
            room = talk.agent.room.server.rooms["demo"][FACE]
            room.drop(reason)
            async with asyncio.timeout(5.0):
                done = await asyncio.wait([talk.running])
            assert talk.worker._house.sessions == 0
            assert len(done[0]) == 1
            return talk.running.result()

    return asyncio.run(play())


def test_a_room_that_is_closed_ends_the_session() -> None:
    """As it should be; the agent removes its avatar when it closes."""
    assert over(DisconnectReason.PARTICIPANT_REMOVED) == "the room is over: PARTICIPANT_REMOVED"


def test_a_worker_that_cannot_publish_can_be_stopped() -> None:
    """The SDK waits for ever where the room went away meanwhile."""

    async def play() -> str:
        async with talking() as talk:
            forever = asyncio.Event()

            async def publish(width: int, height: int, kbps: int) -> Any:
                await forever.wait()

            talk.worker._room.publish = publish  # type: ignore[method-assign]
            await talk.session()
            talk.worker.stop("enough")
            async with asyncio.timeout(5.0):
                reason = await talk.running
            assert talk.worker._house.sessions == 0
            return reason

    assert asyncio.run(play()) == "enough"


def test_a_room_that_is_lost_ends_the_session_with_a_typed_error() -> None:
    """It says why."""
    with pytest.raises(PeerClosed, match="SIGNAL_CLOSE"):
        over(DisconnectReason.SIGNAL_CLOSE)


def test_a_failure_of_the_engine_ends_it() -> None:
    """With the engine's own error."""

    async def play() -> None:
        async with talking() as talk:
            await ready(talk)
            talk.worker.dismiss(RenderError("no paint"))
            await talk.running

    with pytest.raises(RenderError, match="no paint"):
        asyncio.run(play())
