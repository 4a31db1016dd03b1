"""The assistants' door, over a real WebSocket against a real server."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect

from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.errors import TimeUp
from stream_engine.household import Household
from stream_engine.motion.arkit import INDEX
from stream_engine.realtime_deltas import HEADER, MOTION, SOUND
from stream_engine.transport import outbox
from stream_engine.transport.realtime_socket import MOST_UNSENT, RealtimeSocket, Wish
from stream_engine.types import TICKS_PER_FRAME
from tests.fakes.live_server import LiveServer, live_server
from tests.fakes.stages import FakeStages

pytestmark = pytest.mark.net
JAW = INDEX["jawOpen"]
LOUD = np.tile(np.repeat(np.array([8_000, -8_000], np.int16), 12), 1_000)
"""A second at 24 kHz that opens the jaw wholly."""


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    """One for all."""
    with live_server() as live:
        yield live


class Client:
    """Sends events, keeps everything that comes."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.got: list[dict[str, Any]] = []

    async def send(self, kind: str, **fields: object) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def speak(self, pcm: np.ndarray) -> None:
        audio = base64.b64encode(pcm.astype("<i2").tobytes()).decode()
        await self.send("input_audio_buffer.append", audio=audio)

    async def until(self, kind: str) -> dict[str, Any]:
        """Read up to an event of a kind."""
        while True:
            self.got.append(json.loads(await asyncio.wait_for(self.socket.recv(), 10.0)))
            if self.got[-1]["type"] == kind:
                return self.got[-1]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.got if event["type"] == kind]


@asynccontextmanager
async def talking(server: LiveServer, query: str = "") -> AsyncIterator[Client]:
    url = server.speech_url.replace("speech", f"realtime?profile=ultra&{query}")
    async with connect(url) as socket:
        yield Client(socket)


def test_a_response_is_spoken_in_time_with_its_sound(server: LiveServer) -> None:
    """Events in order, the sound that was sent sample by sample, motion of the same time."""

    async def talk() -> None:
        async with talking(server) as client:
            made = (await client.until("session.created"))["session"]
            assert (made["rate_hz"], made["profile"], made["fps"]) == (24_000, "ultra", 25)
            began = asyncio.get_running_loop().time()
            await client.speak(LOUD[:12_000])
            await client.send("input_audio_buffer.commit", event_id="mine")
            done = await client.until("response.done")
            took_s = asyncio.get_running_loop().time() - began
            assert 0.5 < took_s < 1.5
            assert (done["status"], done["audio_end_ms"]) == ("completed", 500.0)
            kinds = [e["type"] for e in client.got if "delta" not in e["type"]]
            assert kinds == [
                "session.created", "response.created", "output_audio_buffer.started",
                "face.state", "output_audio_buffer.stopped", "face.state", "response.done",
            ]  # fmt: skip
            assert [e["state"] for e in client.of("face.state")] == ["speaking", "silent"]
            sounds, moves = (
                client.of(f"response.{name}.delta") for name in ("output_audio", "motion")
            )
            assert [s["pts"] for s in sounds] == [m["pts"] for m in moves]
            sound = b"".join(base64.b64decode(s["delta"]) for s in sounds)
            pcm = np.frombuffer(sound, "<i2")
            np.testing.assert_array_equal(pcm[pcm != 0], LOUD[:12_000])
            first = client.of("output_audio_buffer.started")[0]["pts"]
            open_at = [m["pts"] for m in moves if m["coefficients"][0][JAW] > 0.9]
            assert abs(open_at[0] - first) <= TICKS_PER_FRAME

    asyncio.run(talk())


def test_a_cancelled_response_is_gone_at_once(server: LiveServer) -> None:
    """Ten times: acknowledged with the cut, nothing old after it, the mouth shut in 150 ms."""

    async def talk() -> None:
        async with talking(server) as client:
            for turn in range(10):
                await client.speak(LOUD)
                await client.until("output_audio_buffer.started")
                await asyncio.sleep(0.01 * turn)
                await client.send("response.cancel")
                cut = await client.until("response.cancelled")
                assert 0.0 < cut["ms_to_neutral"] <= 150.0
                assert cut["audio_end_ms"] + cut["dropped_ms"] == pytest.approx(1000.0, abs=0.2)
                done = await client.until("response.done")
                assert done["status"] == "cancelled"
                shown: dict[int, float] = {}
                while not shown or max(shown) < cut["resume_frame"] + 3:
                    delta = await client.until("response.motion.delta")
                    for offset, row in enumerate(delta["coefficients"]):
                        shown[delta["start"] + offset] = row[JAW]
                assert min(shown) == cut["frame"]
                assert max(jaw for at, jaw in shown.items() if at >= cut["frame"] + 2) == 0.0
                sounds = [
                    s for s in client.of("response.output_audio.delta") if s["pts"] >= cut["pts"]
                ]
                newest = [s for s in sounds if s["pts"] >= cut["pts"] + TICKS_PER_FRAME]
                assert not any(np.frombuffer(base64.b64decode(newest[-1]["delta"]), "<i2"))
        assert server.house.tally.count("interrupts_total") >= 10

    asyncio.run(talk())


def test_a_pause_loses_nothing(server: LiveServer) -> None:
    """Stopped, told so, gone on with: all of the response is heard."""

    async def talk() -> None:
        async with talking(server) as client:
            await client.speak(LOUD)
            await client.send("input_audio_buffer.commit")
            await client.until("output_audio_buffer.started")
            await client.send("response.pause")
            paused = await client.until("response.paused")
            assert paused["dropped_ms"] == 0.0
            await asyncio.sleep(0.2)
            assert client.of("response.done") == []
            await client.send("response.resume")
            done = await client.until("response.done")
            assert (done["status"], done["audio_end_ms"]) == ("completed", 1000.0)

    asyncio.run(talk())


def test_speech_that_runs_dry_is_told(server: LiveServer) -> None:
    """Starved, then resumed: one response."""

    async def talk() -> None:
        async with talking(server) as client:
            await client.speak(LOUD[:4_800])
            await client.until("output_audio_buffer.starved")
            await client.speak(LOUD[:4_800])
            await client.send("input_audio_buffer.commit")
            await client.until("response.done")
            assert [e["state"] for e in client.of("face.state")] == [
                "speaking", "starved", "speaking", "silent",
            ]  # fmt: skip
            assert len(client.of("response.created")) == 1

    asyncio.run(talk())


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ('{"type":"no.such","event_id":"e1"}', "unknown type"),
        ("not json", "not JSON"),
        ('{"type":"input_audio_buffer.append","audio":"%%%","event_id":"e1"}', "not base64"),
        ('{"type":"input_audio_buffer.append","event_id":"e1"}', "lacks audio"),
        ('{"type":"input_audio_buffer.commit"}', "nothing to commit"),
        ('{"type":"session.update","session":{"emotion":"bored"}}', "bored"),
        (b"\x00", "middle of a sample"),
    ],
)
def test_what_cannot_be_used_is_told_and_the_session_goes_on(
    server: LiveServer, message: str | bytes, said: str
) -> None:
    """With the event's id if it had one."""

    async def talk() -> None:
        async with talking(server, "idle=false") as client:
            await client.until("session.created")
            await client.socket.send(message)
            error = await client.until("error")
            text = error["error"]["message"] + error["error"]["got"]
            assert said in text
            assert not error["ends"]
            assert error["event_id"] == ("e1" if '"e1"' in str(message) else "")
            await client.send("session.update", session={"emotion": "happy"})
            assert (await client.until("session.updated"))["session"]["emotion"] == "happy"

    asyncio.run(talk())


def test_too_much_speech_is_refused_whole(server: LiveServer) -> None:
    """Two minutes may wait."""

    async def talk() -> None:
        async with talking(server) as client:
            for _ in range(13):
                await client.socket.send(np.tile(LOUD, 10).astype("<i2").tobytes())
            error = await client.until("error")
            assert error["error"]["type"] == "SpeechBufferFull"
            await client.send("response.cancel")
            cut = await client.until("response.cancelled")
            assert cut["audio_end_ms"] + cut["dropped_ms"] == pytest.approx(120_000.0, abs=1.0)

    asyncio.run(talk())


@pytest.mark.parametrize(
    "query", ["rate=7", "encoding=xml", "idle=perhaps", "session=nobody", "profile=slow"]
)
def test_a_url_that_asks_for_what_there_is_not_is_told(server: LiveServer, query: str) -> None:
    """And closed; nobody is left inside."""

    async def talk() -> None:
        url = server.speech_url.replace("speech", f"realtime?{query}")
        async with connect(url) as socket:
            error = json.loads(await socket.recv())
            assert error["ends"]
            await socket.wait_closed()

    asyncio.run(talk())
    assert server.house.sessions == 0


def test_binary_deltas_hold_sound_and_motion(server: LiveServer) -> None:
    """Header, then samples or coefficients, both addressed by media time."""

    async def talk() -> None:
        async with talking(server, "encoding=binary&idle=false&rate=16000") as client:
            await client.until("session.created")
            await client.socket.send(LOUD[:16_000].astype("<i2").tobytes())
            await client.send("input_audio_buffer.commit")
            found: dict[int, int] = {SOUND: 0, MOTION: 0}
            while found[MOTION] < 20:
                message = await client.socket.recv()
                if isinstance(message, str):
                    continue
                kind, version, count, rate, pts = HEADER.unpack_from(message)
                assert version == 1
                size = 2 if kind == SOUND else 4 * 55
                assert len(message) == HEADER.size + count * size
                assert pts == found[kind] * 48_000 // rate
                found[kind] += count
            assert abs(found[SOUND] - 640 * found[MOTION]) <= 640

    asyncio.run(talk())


def test_a_bot_speaks_through_a_session_that_has_pictures(server: LiveServer) -> None:
    """The session's microphone is not heard meanwhile, and is again when the bot has left."""
    house = server.house
    ended: list[Exception] = []
    session = house.open(house.make_parts("ultra", "default"), lambda frames: None, ended.append)

    async def talk() -> None:
        async with talking(server, f"session={session.id}") as client:
            made = await client.until("session.created")
            assert made["session"]["id"] == session.id
            await client.speak(LOUD)
            await client.until("output_audio_buffer.started")
            assert session.prompted
            moved = await client.until("response.motion.delta")
            assert moved["fps"] == 25
            assert client.of("response.output_audio.delta") == []
            session.close()
            error = await client.until("error")
            assert error["ends"]
            await client.socket.wait_closed()

    asyncio.run(talk())
    assert not session.prompted
    assert ended == []


def test_who_cannot_speak_leaves_nothing_in_anothers_session(server: LiveServer) -> None:
    """A rate that cannot be streamed is told, and nobody goes on listening there."""
    house = server.house
    session = house.open(house.make_parts("ultra", "default"), lambda _: None, lambda _: None)

    async def talk() -> None:
        async with talking(server, f"session={session.id}&rate=8001") as client:
            assert (await client.until("error"))["error"]["type"] == "AudioError"
            await client.socket.wait_closed()

    asyncio.run(talk())
    assert session.listeners == []
    session.close()


def test_a_replicas_session_goes_by_the_name_that_its_browser_was_given() -> None:
    """With the replica's name before it; another replica's is not known here."""
    with live_server(config=ServerConfig(port=0, replica="b")) as named:
        house = named.house
        parts = house.make_parts("ultra", "default")
        session = house.open(parts, lambda frames: None, lambda error: None)

        async def talk() -> None:
            async with talking(named, f"session=b~{session.id}") as client:
                made = await client.until("session.created")
                assert made["session"]["id"] == session.id
            async with talking(named, f"session=c~{session.id}") as client:
                assert "no such session" in (await client.until("error"))["error"]["message"]

        asyncio.run(talk())
        session.close()


def test_a_recording_that_there_is_not_is_refused(server: LiveServer) -> None:
    """Before anything is heard, with what to do."""

    async def talk() -> None:
        async with talking(server, "record=true") as client:
            error = (await client.until("error"))["error"]
            assert error["type"] == "Forbidden"
            assert "recording.folder" in error["fix"]

    asyncio.run(talk())


class Deaf:
    """A WebSocket that says nonsense without end, and takes nothing."""

    def __init__(self) -> None:
        self.said = 0

    async def receive(self) -> dict[str, str]:
        self.said += 1
        await asyncio.sleep(0)
        return {"type": "websocket.receive", "text": "what?"}

    async def send_text(self, text: str) -> None:
        await asyncio.Event().wait()


def test_who_does_not_read_is_not_heard_any_more_and_holds_no_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A bounded number of answers waits, however much is asked; whose time is up has to go."""
    monkeypatch.setattr(outbox, "LAST_WORDS_S", 0.05)

    async def play() -> None:
        house = Household(FakeStages(), EngineConfig(), MonotonicClock())
        deaf = Deaf()
        client = RealtimeSocket(house, deaf, Wish(24_000, "ultra", False, True, ""))  # type: ignore[arg-type]
        running = asyncio.create_task(client.run())
        for _ in range(500):
            await asyncio.sleep(0.01)
            if len(client._outbox) >= 2 * MOST_UNSENT:
                break
        said = deaf.said
        await asyncio.sleep(0.1)
        assert deaf.said == said == 2 * MOST_UNSENT
        assert len(client._outbox) == 2 * MOST_UNSENT
        assert house.sessions == 1
        client.dismiss(TimeUp("the session has lasted as long as it may"))
        with pytest.raises(TimeUp):
            await asyncio.wait_for(running, 5.0)
        assert house.sessions == 0

    asyncio.run(play())
