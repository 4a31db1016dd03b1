"""Text, through a real server and a program that speaks, out as sound and motion of a face."""

import asyncio
import base64
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from clients.python.avatar import connect
from clients.python.dialling import Options
from stream_engine.errors import SignalingError
from stream_engine.service_config import VoiceConfig
from stream_engine.text_wire import MOST_TEXT
from tests.fakes.live_server import LiveServer, live_server
from tests.fakes.voice_program import SECONDS, FakeProgram
from tests.stream_engine.transport.test_realtime_socket import JAW, LOUD, Client, talking

pytestmark = pytest.mark.net


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> FakeProgram:
    """Says a quarter of a second of whatever."""
    return FakeProgram(tmp_path_factory.mktemp("voice"))


@pytest.fixture(scope="module")
def server(program: FakeProgram) -> Iterator[LiveServer]:
    """One for all, with a voice."""
    with live_server(voice=program.config("say")) as live:
        yield live


async def say(client: Client, *texts: str) -> None:
    """Append, then commit."""
    for text in texts:
        await client.send("input_text_buffer.append", text=text, event_id=text[:4])
    await client.send("input_text_buffer.commit", event_id="end")


def test_text_is_heard_and_seen(server: LiveServer) -> None:
    """One response of two sentences, sound and an open mouth; the client knew that it may."""

    async def talk() -> None:
        async with talking(server) as client:
            assert (await client.until("session.created"))["session"]["most_text"] == MOST_TEXT
            await say(client, "Good mor", "ning. How are you?")
            done = await client.until("response.done")
            assert done["status"] == "completed"
            assert done["audio_end_ms"] == pytest.approx(2000.0 * SECONDS, abs=1.0)
            assert len(client.of("response.created")) == 1
            sounds = b"".join(
                base64.b64decode(e["delta"]) for e in client.of("response.output_audio.delta")
            )
            loud = np.abs(np.frombuffer(sounds, "<i2")) > 4_000
            assert loud.sum() / 24_000 == pytest.approx(2 * SECONDS, rel=0.1)
            moves = client.of("response.motion.delta")
            assert max(row[JAW] for move in moves for row in move["coefficients"]) > 0.5

    asyncio.run(talk())
    assert server.ask("api/profiles").json["most_text"] == MOST_TEXT


def test_a_session_with_pictures_says_text_too(server: LiveServer) -> None:
    """Through the door of bots, as the page does."""
    house = server.house
    session = house.open(house.make_parts("ultra", "default"), lambda frames: None, print)

    async def talk() -> None:
        async with talking(server, f"session={session.id}") as client:
            await say(client, "Hello.")
            assert (await client.until("response.done"))["status"] == "completed"
            assert client.of("response.output_audio.delta") == []

    asyncio.run(talk())
    session.close()


def test_the_python_client_says_text(server: LiveServer) -> None:
    """As it says speech: heard to its end, two after one another; nothing to say is told."""

    async def talk() -> None:
        url = server.speech_url.replace("speech", "realtime")
        async with connect(url, options=Options(profile="ultra", patience_s=10.0)) as avatar:
            both = await asyncio.gather(avatar.say("Hello. You."), avatar.say("Well."))
            heard = [spoken.heard_samples / avatar.session.rate_hz for spoken in both]
            assert all(spoken.completed for spoken in both)
            assert heard == pytest.approx([2 * SECONDS, SECONDS], abs=0.001)
            with pytest.raises(SignalingError, match="no text to speak"):
                await avatar.say("...")
            await avatar.append(LOUD[:2_400])
            with pytest.raises(SignalingError, match="a response is open"):
                await avatar.say("Hello.")
            assert (await avatar.finish()).heard_samples == 2_400

    asyncio.run(talk())


def test_one_voice_at_a_time(server: LiveServer) -> None:
    """Speech is refused while text is spoken, and taken afterwards."""

    async def talk() -> None:
        async with talking(server) as client:
            await client.send("input_text_buffer.append", text="Hello. And")
            await client.speak(LOUD[:2_400])
            assert "text is being spoken" in (await client.until("error"))["error"]["message"]
            await client.send("input_audio_buffer.commit")
            assert "nothing to commit" in (await client.until("error"))["error"]["message"]
            await client.send("input_text_buffer.commit")
            await client.until("response.done")
            await client.speak(LOUD[:2_400])
            await client.send("input_audio_buffer.commit")
            assert (await client.until("response.done"))["audio_end_ms"] == 100.0

    asyncio.run(talk())


def test_a_server_without_a_voice_says_so() -> None:
    """Before, and when asked all the same; the session lives on."""
    with live_server() as mute:
        assert mute.ask("api/profiles").json["most_text"] == 0

        async def talk() -> None:
            async with talking(mute) as client:
                assert (await client.until("session.created"))["session"]["most_text"] == 0
                await client.send("input_text_buffer.append", text="Hello.", event_id="mine")
                refused = await client.until("error")
                assert refused["error"]["type"] == "VoiceUnavailable"
                assert (refused["event_id"], refused["ends"]) == ("mine", False)
                await client.speak(LOUD[:2_400])
                await client.send("input_audio_buffer.commit")
                await client.until("response.done")

        asyncio.run(talk())


def test_a_cut_and_a_client_that_leaves_end_the_program(tmp_path: Path) -> None:
    """At once; and when the server stops nothing is left."""
    program = FakeProgram(tmp_path)

    async def started(count: int) -> None:
        async with asyncio.timeout(10.0):
            while len(program.pids) < count:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)

    async def ended() -> None:
        async with asyncio.timeout(5.0):  # half its patience: it did not end by itself
            while program.alive:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)

    with live_server(voice=program.config("stall")) as server:

        async def talk() -> None:
            async with talking(server) as client:
                await say(client, "Hello. And more.")
                await client.until("output_audio_buffer.started")
                assert len(program.alive) == 1
                await client.send("response.cancel")
                cut = await client.until("response.cancelled")
                assert cut["ms_to_neutral"] <= 150.0
                assert (await client.until("response.done"))["status"] == "cancelled"
                await ended()
                await say(client, "Again.")
                await started(2)
            await ended()
            async with talking(server) as client:
                await say(client, "Until the server stops.")
                await started(3)
                server.server.should_exit = True
                await client.socket.wait_closed()

        asyncio.run(talk())
    assert program.alive == []
    assert len(program.pids) == 3


def test_a_program_that_goes_away_is_told_and_the_session_lives_on(tmp_path: Path) -> None:
    """It was there when the server started."""
    program = FakeProgram(tmp_path)
    with live_server(voice=program.config("say")) as server:
        (tmp_path / "speak.py").unlink()

        async def talk() -> None:
            async with talking(server) as client:
                await say(client, "Hello.")
                error = await client.until("error")
                assert (error["error"]["type"], error["event_id"]) == ("VoiceError", "Hell")
                assert "exit status 2" in error["error"]["got"]
                await client.speak(LOUD[:2_400])
                await client.send("input_audio_buffer.commit")
                await client.until("response.done")

        asyncio.run(talk())


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")
def test_espeak_is_heard_before_a_long_text_is_made() -> None:
    """Forty sentences: how long until the first speech is there, and until it leaves."""
    times: dict[str, list[float]] = {"response.created": [], "output_audio_buffer.started": []}

    async def talk() -> None:
        now = asyncio.get_running_loop().time
        async with talking(server) as client:
            for _ in range(10):
                began = now()
                await say(client, "The quick brown fox jumps over the lazy dog. " * 40)
                for kind, found in times.items():
                    await client.until(kind)
                    found.append(1000 * (now() - began))
                await client.send("response.cancel")
                await client.until("response.done")

    with live_server(voice=VoiceConfig()) as server:
        asyncio.run(talk())
    for kind, found in times.items():
        print(f"\n{kind}: median {np.median(found):.0f} ms, longest {max(found):.0f}")  # noqa: T201
    assert np.median(times["response.created"]) < 1000.0
