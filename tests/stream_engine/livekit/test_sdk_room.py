"""LiveKit's SDK as a room, on a server in memory; and whether that server is like the SDK."""

import asyncio
import inspect
from types import ModuleType
from typing import Any, cast

import numpy as np
import pytest

from stream_engine.errors import BackendUnavailable, PeerClosed, TransportError
from stream_engine.livekit.room import Incoming, Person
from stream_engine.livekit.sdk_room import SdkRoom, load_sdk
from tests.fakes import livekit_sdk as fake
from tests.fakes.livekit_sdk import DisconnectReason, Room, Server, servers

URL = "wss://fake.example"
SDK = cast(ModuleType, fake)


class Visitor:
    """Implements `Guest`: keeps what it is told."""

    def __init__(self) -> None:
        self.streams: list[Incoming] = []
        self.changes = 0
        self.overs: list[tuple[str, bool]] = []

    def stream(self, incoming: Incoming) -> None:
        self.streams.append(incoming)

    def people_changed(self) -> None:
        self.changes += 1

    def room_over(self, reason: str, lost: bool) -> None:
        self.overs.append((reason, lost))


async def joined(server: Server | None = None) -> tuple[SdkRoom, Visitor, Room]:
    """An avatar in a room with an agent."""
    servers[URL] = server or Server()
    agent, room, guest = Room(), SdkRoom(SDK, patience_s=0.01), Visitor()
    await agent.connect(URL, "agent-1@demo as agent")
    await room.join(URL, "face@demo", guest)
    return room, guest, agent


def test_people_are_seen_with_what_they_say_of_themselves() -> None:
    """Agents and faces of agents; whoever comes, changes or goes is told."""

    async def play() -> None:
        room, guest, agent = await joined()
        assert room.me == Person("face")
        assert room.people() == [Person("agent-1", agent=True)]
        await room.introduce({"lk.publish_on_behalf": "agent-1"})
        assert room.me.on_behalf == "agent-1"
        other = Room()
        await other.connect(URL, "someone@demo")
        assert guest.changes == 2
        await other.local_participant.set_attributes({"mood": "good"})
        await other.disconnect()
        assert guest.changes == 4
        await agent.disconnect()
        assert room.people() == []

    asyncio.run(play())


def test_a_connection_that_is_made_anew_is_not_steady() -> None:
    """Meanwhile nobody is there."""

    async def play() -> None:
        room, guest, agent = await joined()
        assert room.steady
        mine = agent.server.rooms["demo"]["face"]
        mine.mend(True)
        assert (room.steady, room.people(), guest.changes) == (False, [], 1)
        mine.mend(False)
        assert (room.steady, len(room.people()), guest.changes) == (True, 1, 2)

    asyncio.run(play())


def test_a_room_that_cannot_be_joined_is_a_typed_error() -> None:
    """No server, or a token that does not hold."""
    servers[URL] = Server()
    for url, token in (("wss://nowhere.example", "face@demo"), (URL, "nonsense")):
        with pytest.raises(TransportError, match="cannot be joined"):
            asyncio.run(SdkRoom(SDK).join(url, token, Visitor()))


def test_attributes_that_are_not_allowed_are_a_typed_error() -> None:
    """The SDK does not say so: they are just not there."""

    async def play() -> None:
        room, _, agent = await joined()
        agent.remote_participants["face"].may_show = False
        await room.introduce({"a": "b"})

    with pytest.raises(TransportError, match="cannot be shown"):
        asyncio.run(play())


def test_byte_streams_arrive_with_sender_and_attributes() -> None:
    """Bytes in order to the end; one that breaks off is a typed error; one can be closed."""

    async def play() -> None:
        _, guest, agent = await joined()
        sends = agent.local_participant.stream_bytes
        for _ in range(3):
            await sends("speech", topic="lk.audio_stream", attributes={"sample_rate": "8000"})
        await sends("else", topic="other")
        whole, broken, unwanted = guest.streams
        assert (whole.sender, whole.attributes) == ("agent-1", {"sample_rate": "8000"})
        readers = agent.server.readers
        for item in (b"ab", b"c", None):
            readers[0]._queue.put_nowait(item)
        assert [chunk async for chunk in whole.chunks] == [b"ab", b"c"]
        readers[1]._queue.put_nowait(fake.StreamError("Disconnected while receiving"))
        with pytest.raises(PeerClosed, match="Disconnected"):
            await anext(broken.chunks)
        unwanted.close()
        assert readers[2].closed

    asyncio.run(play())


def test_calls_go_both_ways() -> None:
    """Answered with who called; an unknown method is no error, nobody there is."""

    async def play() -> None:
        room, _, agent = await joined()
        room.answer("ask", lambda caller, payload: f"{caller} says {payload}")
        answer = await agent.local_participant.perform_rpc(
            destination_identity="face", method="ask", payload="hello"
        )
        assert answer == "agent-1 says hello"
        assert not await room.call("agent-1", "unknown", "")
        agent.local_participant.register_rpc_method("tell", lambda data: "ok")
        assert await room.call("agent-1", "tell", "x")
        with pytest.raises(TransportError, match="1401 Recipient not found"):
            await room.call("nobody", "tell", "x")

    asyncio.run(play())


def test_voice_and_face_are_published_as_microphone_and_camera() -> None:
    """One layer of video at the given bit rate; samples and pixels arrive as they were."""

    async def play() -> None:
        room, _, agent = await joined()
        stage = await room.publish(4, 2, 700)
        me = agent.remote_participants["face"]
        voice, face = me.track_publications.values()
        sources = fake.TrackSource.SOURCE_MICROPHONE, fake.TrackSource.SOURCE_CAMERA
        assert (voice.options.source, face.options.source) == sources
        encoding = face.options.video_encoding
        assert encoding == fake.VideoEncoding(700_000, 25)
        assert not face.options.simulcast
        await stage.say(np.arange(960, dtype=np.int16))
        stage.show(np.full((2, 4, 3), 7, np.uint8))
        (_, sound), (_, picture) = voice.track.source.frames[0], face.track.source.frames[0]
        np.testing.assert_array_equal(np.frombuffer(sound.data, np.int16), np.arange(960))
        assert (picture.width, picture.height, set(picture.data)) == (4, 2, {7})
        await stage.close()
        assert voice.track.source.closed
        assert face.track.source.closed

    asyncio.run(play())


def test_a_token_that_may_not_publish_is_a_typed_error() -> None:
    """It says what the token lacks."""

    async def play() -> None:
        room, _, _ = await joined(Server(silent=True))
        await room.publish(4, 2, 700)

    with pytest.raises(TransportError, match="canPublish"):
        asyncio.run(play())


@pytest.mark.parametrize(
    ("reason", "lost"),
    [
        ("PARTICIPANT_REMOVED", False),
        ("ROOM_DELETED", False),
        ("DUPLICATE_IDENTITY", True),
        ("SERVER_SHUTDOWN", True),
        ("SIGNAL_CLOSE", True),
    ],
)
def test_a_room_that_is_over_says_why(reason: str, lost: bool) -> None:
    """As it should be, or lost."""

    async def play() -> list[tuple[str, bool]]:
        room, guest, agent = await joined()
        agent.server.rooms["demo"]["face"].drop(getattr(DisconnectReason, reason))
        await room.leave()
        return guest.overs

    assert asyncio.run(play()) == [(reason, lost)]


def test_without_the_sdk_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typed error, not an ImportError."""
    import sys

    monkeypatch.setitem(sys.modules, "livekit.rtc", None)
    with pytest.raises(BackendUnavailable, match=r"elocute\[livekit\]"):
        load_sdk()


# What the fake has beyond the SDK, to be looked at and led by tests.
OURS = {
    "Room": {"others", "drop", "emit", "mend", "off"},
    "Server": None,
    "AudioSource": {"frames", "closed"},
    "VideoSource": {"frames", "closed"},
    "ByteStreamReader": {"closed"},
}


def parameters(function: Any) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(function).parameters)


def check_function(name: str, ours: Any, theirs: Any) -> None:
    """Every parameter of ours is one of theirs, of its kind; what they insist on, we have."""
    assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(theirs), name
    mine, real = parameters(ours), parameters(theirs)
    for key, parameter in mine.items():
        assert key in real, f"{name}({key})"
        assert parameter.kind == real[key].kind, f"{name}({key})"
        optional = parameter.default is not parameter.empty
        assert optional == (real[key].default is not parameter.empty), f"{name}({key})"
    needed = {key for key, value in real.items() if value.default is value.empty}
    assert needed <= set(mine), f"{name} lacks {needed - set(mine)}"


CLASSES = [
    "AudioFrame",
    "AudioSource",
    "ByteStreamReader",
    "ByteStreamWriter",
    "LocalAudioTrack",
    "LocalParticipant",
    "LocalVideoTrack",
    "RemoteParticipant",
    "Room",
    "RpcInvocationData",
    "VideoFrame",
    "VideoSource",
]
MADE_BY_US = ["AudioFrame", "AudioSource", "Room", "VideoFrame", "VideoSource"]


@pytest.mark.parametrize("name", CLASSES)
def test_the_fake_has_the_signatures_of_the_sdk(name: str) -> None:
    """Methods and what they take; nothing that the SDK does not have."""
    rtc = pytest.importorskip("livekit.rtc")
    ours, theirs = getattr(fake, name), getattr(rtc, name)
    if name in MADE_BY_US:
        check_function(f"{name}()", ours.__init__, theirs.__init__)
    if name == "RpcInvocationData":
        assert set(parameters(ours)) <= set(parameters(theirs))
        return
    for key, value in vars(ours).items():
        if key.startswith("_") and key not in {"__anext__", "__aiter__"}:
            continue
        if key in (OURS.get(name) or ()):
            continue
        real = inspect.getattr_static(theirs, key)
        if isinstance(value, property):
            assert isinstance(real, property), f"{name}.{key}"
        else:
            check_function(f"{name}.{key}", getattr(ours, key), getattr(theirs, key))


@pytest.mark.parametrize(
    "name",
    [
        "DisconnectReason", "ParticipantKind", "ParticipantState", "ConnectionState",
        "TrackKind", "TrackSource", "VideoBufferType",
    ],
)  # fmt: skip
def test_the_fake_has_the_numbers_of_the_sdk(name: str) -> None:
    """Every constant under its name."""
    rtc = pytest.importorskip("livekit.rtc")
    constants = {key: value for key, value in vars(getattr(fake, name)).items() if key.isupper()}
    assert constants
    for key, value in constants.items():
        number = value if isinstance(value, int) else None
        assert getattr(rtc, name).Value(key) == number, key
        assert getattr(rtc, name).Name(value) == getattr(fake, name).Name(value) == key


def test_the_fake_has_the_errors_and_options_of_the_sdk() -> None:
    """Fields by name, codes by number, and where they are found."""
    rtc = pytest.importorskip("livekit.rtc")
    for code in fake.RpcError.ErrorCode:
        assert rtc.RpcError.ErrorCode[code.name] == code
    error = rtc.RpcError(1400, "no")
    assert (error.code, error.message) == (1400, "no")
    assert rtc.StreamError("gone").description == "gone"
    assert rtc.ConnectError("no").message == "no"
    assert rtc.participant.PublishTrackError("no").message == "no"
    for name in ("TrackPublishOptions", "VideoEncoding"):
        fields = set(getattr(rtc, name).DESCRIPTOR.fields_by_name)
        assert set(parameters(getattr(fake, name))) <= fields
    assert rtc.RoomOptions(auto_subscribe=False).auto_subscribe is False


def test_the_sdks_native_library_takes_what_a_stage_sends() -> None:
    """Sources without a room: 20 ms at 48 kHz, a picture as RGB, and more than its queue holds."""
    rtc = pytest.importorskip("livekit.rtc")
    from stream_engine.livekit.sdk_room import QUEUE_MS, SdkStage

    async def play() -> None:
        voice = rtc.AudioSource(48_000, 1, queue_size_ms=QUEUE_MS)
        stage = SdkStage(rtc, voice, rtc.VideoSource(64, 64))
        for _ in range(5):
            await asyncio.wait_for(stage.say(np.zeros(960, np.int16)), 5.0)
            stage.show(np.zeros((64, 64, 3), np.uint8))
        assert voice.queued_duration <= 0.1
        await stage.close()

    asyncio.run(play())


def test_the_sdk_itself_cannot_join_where_nothing_listens() -> None:
    """The real thing's error is the one we expect."""
    pytest.importorskip("livekit.rtc")

    async def play() -> None:
        await SdkRoom(load_sdk()).join("ws://127.0.0.1:9", "token", Visitor())

    with pytest.raises(TransportError, match="cannot be joined"):
        asyncio.run(play())
