import asyncio
import json
import socket
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from stream_engine.assemble import Assembly
from stream_engine.audio.file_source import FileSource
from stream_engine.audio.resampler import Resampler
from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.errors import AudioError, ConfigError, SignalingError, TimeUp
from stream_engine.formats.live_link import SHAPES
from stream_engine.household import Household
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.window import profile_named
from stream_engine.output_config import OutputConfig
from stream_engine.protocols import MotionSlots
from stream_engine.transport import outbox
from stream_engine.transport.speech_socket import SpeechSocket, parse_query, pcm16
from stream_engine.types import AudioChunk
from tests.fakes.live_server import LiveServer, live_server
from tests.fakes.stages import FakeStages, LoudnessMotion
from tests.lips import Lips
from tests.paths import SAMPLE
from tests.stream_engine.formats.test_live_link import unpack


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    """One server for all tests of this file."""
    with live_server() as running:
        yield running


def speech(seconds: float, rate_hz: int) -> bytes:
    """A hum that swells and fades, as PCM16."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    wave = np.sin(2 * np.pi * 200 * t) * (0.15 + 0.15 * np.sin(2 * np.pi * 2 * t))
    return (wave * 32767).astype("<i2").tobytes()


def messages(socket: ClientConnection) -> list[dict[str, Any]]:
    """Everything until the socket closes."""
    found = []
    try:
        while True:
            found.append(json.loads(socket.recv(timeout=10)))
    except ConnectionClosed:
        return found


def closed_with(socket: ClientConnection) -> int:
    """The close code the server sent."""
    assert socket.protocol.close_rcvd is not None
    return socket.protocol.close_rcvd.code


@pytest.mark.net
@pytest.mark.parametrize(("rate_hz", "seconds"), [(8_000, 1.0), (16_000, 6.0), (44_100, 1.0)])
def test_motion_is_what_the_stream_gives_for_the_whole_speech(
    server: LiveServer, rate_hz: int, seconds: float
) -> None:
    """Pushed as fast as it goes, longer than the ring: nothing lost, nothing doubled."""
    pcm = speech(seconds, rate_hz)
    with connect(f"{server.speech_url}?rate={rate_hz}&profile=ultra") as socket:
        for at in range(0, len(pcm), 3000):
            socket.send(pcm[at : at + 3000])
        socket.send('{"type":"end"}')
        got = messages(socket)
        assert closed_with(socket) == 1000
    assert [got[0]["type"], got[-1]["type"]] == ["ready", "ended"]
    assert (got[0]["latency_ms"], len(got[0]["names"])) == (80, 55)
    rows = [row for message in got[1:-1] for row in message["coefficients"]]
    offline, resampler = LoudnessMotion(profile_named("ultra")), Resampler(rate_hz)
    heard = [*resampler.feed(AudioChunk(0, pcm16(pcm), rate_hz)), *resampler.finish()]
    wanted = [*(run for chunk in heard for run in offline.feed(chunk)), *offline.finish()]
    expected = np.concatenate([frames.coefficients for frames in wanted])
    np.testing.assert_allclose(np.array(rows), expected, atol=1e-4)
    assert [m["start"] for m in got[1:-1]] == [m["pts"] // 1920 for m in got[1:-1]]
    assert got[-1]["frames"] == len(rows)


@pytest.mark.net
def test_motion_comes_while_speech_goes_on(server: LiveServer) -> None:
    """Frames arrive before the end is said."""
    with connect(f"{server.speech_url}?rate=16000") as socket:
        assert json.loads(socket.recv(timeout=5))["type"] == "ready"
        socket.send(speech(0.2, 16_000))
        first = json.loads(socket.recv(timeout=5))
        assert (first["type"], first["start"]) == ("motion", 0)


@pytest.mark.net
@pytest.mark.parametrize(
    ("query", "send", "kind", "code"),
    [
        ("rate=16000", b"\x00\x01\x02", "AudioError", 1003),
        ("rate=16000", "garbage", "SignalingError", 1003),
        ("rate=16000", '{"type":"heartbeat"}', "SignalingError", 1003),
        ("rate=7", None, "SignalingError", 1008),
        ("rate=999999999999", None, "SignalingError", 1008),
        ("rate=-16000", None, "SignalingError", 1008),
        ("rate=%C2%B2", None, "SignalingError", 1008),
        ("profile=hasty", None, "ConfigError", 1008),
    ],
)
def test_bad_input_is_told_then_the_socket_closes(
    server: LiveServer, query: str, send: bytes | str | None, kind: str, code: int
) -> None:
    """A typed error, the right close code, and no session left."""
    with connect(f"{server.speech_url}?{query}") as socket:
        if send is not None:
            socket.send(send)
        got = messages(socket)
        assert closed_with(socket) == code
    assert got[-1]["type"] == "error"
    assert got[-1]["error"]["type"] == kind
    assert server.house.sessions == 0


@pytest.mark.net
def test_a_client_that_leaves_in_the_middle_leaves_nothing(server: LiveServer) -> None:
    """The lane goes, the place is free."""
    opened = server.house.tally.count("sessions_opened_total")
    with connect(f"{server.speech_url}?rate=16000") as socket:
        socket.recv(timeout=5)
        socket.send(speech(1.0, 16_000))
        socket.recv(timeout=5)
        assert server.house.sessions == 1
        socket.socket.close()
    for _ in range(200):
        if server.house.sessions == 0:
            break
        server.ask("healthz")
    assert server.house.sessions == 0
    for _ in range(200):
        if server.house.engine.sessions == 0:
            break
        server.ask("healthz")
    assert server.house.engine.sessions == 0
    assert server.house.tally.count("sessions_opened_total") == opened + 1


@pytest.mark.net
def test_a_full_server_refuses_the_next_client() -> None:
    """1013 (try again later) with the reason."""
    with (
        live_server(config=ServerConfig(port=0, max_sessions=1)) as server,
        connect(server.speech_url) as first,
        connect(server.speech_url) as second,
    ):
        first.recv(timeout=5)
        got = messages(second)
        assert got[0]["error"]["message"] == "the server is full"
        assert closed_with(second) == 1013


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    """Another program: a UDP socket on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(10)
        yield sock


@pytest.mark.net
def test_motion_goes_to_another_program_too(receiver: socket.socket) -> None:
    """As Live Link Face over UDP, frame by frame what the client is told; refusals are typed."""
    outputs = {
        "unreal": OutputConfig(address=f"127.0.0.1:{receiver.getsockname()[1]}"),
        "vtuber": OutputConfig("vmc", f"127.0.0.1:{receiver.getsockname()[1]}"),
    }
    with live_server(outputs=outputs) as server:
        with connect(f"{server.speech_url}?rate=16000&outputs=unreal") as client:
            client.send(speech(0.4, 16_000))
            client.send('{"type":"end"}')
            got = messages(client)
        rows = [row for message in got[1:-1] for row in message["coefficients"]]
        assert len(rows) == 10
        for frame, row in enumerate(rows):
            packet = unpack(receiver.recv(2048))
            assert (packet["subject"], packet["frame"]) == ("Elocute", frame)
            values = packet["values"]
            assert isinstance(values, np.ndarray)
            jaw = values[SHAPES.index("jawOpen")]
            assert abs(jaw - row[INDEX["jawOpen"]]) < 1e-4
        with connect(f"{server.speech_url}?outputs=10.0.0.1:9") as client:
            assert messages(client)[0]["error"]["type"] == "ConfigError"
            assert closed_with(client) == 1008
        with (
            connect(f"{server.speech_url}?outputs=vtuber") as first,
            connect(f"{server.speech_url}?outputs=vtuber,unreal") as second,
        ):
            first.recv(timeout=5)
            assert messages(second)[0]["error"]["message"] == "the output 'vtuber' is taken"
            assert closed_with(second) == 1013


class Breaking(FakeStages):
    def motion_slots(self, profile: str, capacity: int) -> MotionSlots:
        slots = super().motion_slots(profile, capacity)
        slots.advance = lambda *_: 1 / 0  # type: ignore[method-assign,assignment,return-value]
        return slots


@pytest.mark.net
def test_a_model_that_fails_closes_the_socket_as_the_servers_fault(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """1011, an error without its private text."""
    with live_server(Breaking()) as server, connect(server.speech_url) as socket:
        socket.send(speech(0.2, 16_000))
        got = messages(socket)
        assert got[-1]["error"]["type"] == "InternalError"
        assert closed_with(socket) == 1011
    assert "ZeroDivisionError" in caplog.text


def test_half_a_sample_is_refused() -> None:
    """Little-endian PCM16; an odd byte is an error."""
    np.testing.assert_allclose(pcm16(b"\x00\x40\x00\xc0"), [0.5, -0.5])
    with pytest.raises(AudioError, match="3 bytes"):
        pcm16(b"abc")


def test_rate_and_profile_come_from_the_query() -> None:
    """Defaults, and refusals."""
    assert parse_query({}, "ultra") == (16_000, "ultra")
    assert parse_query({"rate": "48000", "profile": "quality"}, "ultra") == (48_000, "quality")
    with pytest.raises(SignalingError):
        parse_query({"rate": "1e4"}, "ultra")
    with pytest.raises(ConfigError):
        parse_query({"profile": ""}, "ultra")


def motion_until(socket: ClientConnection, frames: int) -> list[dict[str, Any]]:
    """Motion messages up to so many frames; each holds what was final when it was written."""
    got: list[dict[str, Any]] = []
    while sum(len(message["coefficients"]) for message in got) < frames:
        got.append(json.loads(socket.recv(timeout=30)))
    return got


def smiles(got: list[dict[str, Any]]) -> list[float]:
    """MouthSmileLeft of every frame."""
    rows = [
        row for message in got if message["type"] == "motion" for row in message["coefficients"]
    ]
    return [row[INDEX["mouthSmileLeft"]] for row in rows]


@pytest.mark.net
def test_the_manner_changes_in_the_middle_of_a_session(server: LiveServer) -> None:
    """Frames that came before keep theirs; a wrong message is told and the session goes on."""
    with connect(f"{server.speech_url}?profile=ultra") as socket:
        assert json.loads(socket.recv(timeout=5))["type"] == "ready"
        socket.send(speech(0.4, 16_000))
        before = motion_until(socket, 9)
        socket.send('{"type":"express","emotion":"happy","intensity":0.5}')
        for wrong in ('"emotion":"bored"', '"intensity":NaN', '"intensity":1.5', '"style":-1'):
            socket.send('{"type":"express",' + wrong + "}")
        socket.send(speech(0.4, 16_000))
        socket.send('{"type":"end"}')
        after = messages(socket)
        assert closed_with(socket) == 1000
    assert smiles(before) == [0.0] * 9
    assert smiles(after) == [0.5] * 11
    errors = [m for m in after if m["type"] == "error"]
    assert [m["error"]["type"] for m in errors] == ["ConfigError"] * 4
    assert not any(m["ends"] for m in errors)
    assert all(m["error"][part] for m in errors for part in ("got", "expected", "fix"))
    assert "'bored'" in errors[0]["error"]["got"]


@pytest.mark.net
@pytest.mark.slow
def test_a_live_emotion_moves_the_shipped_face_and_leaves_its_lips() -> None:
    """Real models through the real server: brows go down after the message, lips keep closing."""
    with FileSource(SAMPLE) as source:
        samples = np.concatenate([chunk.samples for chunk in source.chunks()])[: 4 * source.rate_hz]
    pcm, rows = (samples * 32767).astype("<i2").tobytes(), []
    with live_server(Assembly(EngineConfig())) as server:
        for emotion in ("neutral", "angry"):
            with connect(f"{server.speech_url}?rate={source.rate_hz}") as socket:
                socket.recv(timeout=5)
                socket.send(pcm[: len(pcm) // 2])
                got = motion_until(socket, 45)
                socket.send(f'{{"type":"express","emotion":"{emotion}","intensity":1.0}}')
                socket.send(pcm[len(pcm) // 2 :])
                socket.send('{"type":"end"}')
                got += messages(socket)
            motion = [m for m in got if m["type"] == "motion"]
            rows.append(np.array([row for m in motion for row in m["coefficients"]], np.float32))
    plain, angry = rows
    assert plain.shape == angry.shape == (100, 55)
    assert np.array_equal(plain[:45], angry[:45])
    brow = INDEX["browDownLeft"]
    assert (angry - plain)[70:, brow].min() > 0.5
    lips = Lips()
    closed = lips.middle(plain) < 1.0
    assert closed[50:].any()
    assert (lips.columns(angry) - lips.columns(plain))[closed].max() < 1.0


@pytest.mark.net
def test_a_recording_that_there_is_not_is_refused(server: LiveServer) -> None:
    """Before anything is heard: this server has no folder for them."""
    for query, said in (("record=true", "records nothing"), ("record=yes", "false or true")):
        with connect(f"{server.speech_url}?{query}") as speech_socket:
            problem = messages(speech_socket)[0]["error"]
            assert said in problem["message"] + problem["expected"]
            assert closed_with(speech_socket) == 1008


class Deaf:
    """A WebSocket that says nothing and takes nothing."""

    async def receive(self) -> dict[str, str]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send_text(self, text: str) -> None:
        await asyncio.Event().wait()


def test_who_does_not_read_goes_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason waits behind what was not read; the session does not wait for ever."""
    monkeypatch.setattr(outbox, "LAST_WORDS_S", 0.05)

    async def play() -> None:
        house = Household(FakeStages(), EngineConfig(), MonotonicClock())
        outlet = house.outputs.open(())
        speech = SpeechSocket(house, Deaf(), 16_000, "ultra", outlet)  # type: ignore[arg-type]
        running = asyncio.create_task(speech.run())
        for _ in range(500):
            await asyncio.sleep(0.01)
            if house.engine.sessions:
                break
        speech.dismiss(TimeUp("the session has lasted as long as it may"))
        with pytest.raises(TimeUp):
            await asyncio.wait_for(running, 5.0)

    asyncio.run(play())
