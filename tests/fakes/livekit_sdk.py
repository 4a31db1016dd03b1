"""LiveKit's SDK without a server: what the worker uses of ``livekit.rtc``, and rooms in memory.

Names and signatures are the SDK's own (`tests/stream_engine/livekit/test_sdk_room.py` compares
them). A `Server` is the cloud: a URL names it, a token is ``identity@room``, with `` as agent``
behind it for an agent, `` for NAME`` for the avatar of one. What is published is kept in order,
with the time it was captured.
"""

import asyncio
import enum
import inspect
import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Self


class ConnectError(Exception):
    def __init__(self, message: str):
        self.message = message


class StreamError(ConnectionError):
    def __init__(self, description: str) -> None:
        super().__init__(description)
        self.description = description


class PublishTrackError(Exception):
    def __init__(self, message: str) -> None:
        self.message = message


participant = SimpleNamespace(PublishTrackError=PublishTrackError)


class RpcError(Exception):
    class ErrorCode(enum.IntEnum):  # noqa: D106
        APPLICATION_ERROR = 1500
        RECIPIENT_DISCONNECTED = 1503
        UNSUPPORTED_METHOD = 1400
        RECIPIENT_NOT_FOUND = 1401

    def __init__(self, code: int, message: str, data: str | None = None):
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


@dataclass
class RpcInvocationData:
    request_id: str
    caller_identity: str
    payload: str
    response_timeout: float
    method: str = ""


class _Numbers:
    """Stands for protobuf's enumerations."""

    @classmethod
    def Name(cls, number: int) -> str:
        return next(name for name, value in vars(cls).items() if value == number)


class DisconnectReason(_Numbers):
    CLIENT_INITIATED = 1
    DUPLICATE_IDENTITY = 2
    SERVER_SHUTDOWN = 3
    PARTICIPANT_REMOVED = 4
    ROOM_DELETED = 5
    SIGNAL_CLOSE = 9
    ROOM_CLOSED = 10


class ParticipantKind(_Numbers):
    PARTICIPANT_KIND_STANDARD = 0
    PARTICIPANT_KIND_AGENT = 4


class ParticipantState(_Numbers):
    PARTICIPANT_STATE_ACTIVE = 2


class ConnectionState(_Numbers):
    CONN_DISCONNECTED = 0
    CONN_CONNECTED = 1
    CONN_RECONNECTING = 2


class TrackKind(_Numbers):
    KIND_AUDIO = 1
    KIND_VIDEO = 2


class TrackSource(_Numbers):
    SOURCE_CAMERA = 1
    SOURCE_MICROPHONE = 2


class VideoBufferType(_Numbers):
    RGB24 = 4


@dataclass
class VideoEncoding:
    max_bitrate: int = 0
    max_framerate: float = 0.0


@dataclass
class TrackPublishOptions:
    source: int = 0
    simulcast: bool = True
    video_encoding: VideoEncoding | None = None


@dataclass
class RoomOptions:
    auto_subscribe: bool = True


class AudioFrame:
    def __init__(
        self, data: bytes, sample_rate: int, num_channels: int, samples_per_channel: int
    ) -> None:
        assert len(data) == 2 * num_channels * samples_per_channel
        self.data, self.sample_rate = data, sample_rate
        self.num_channels, self.samples_per_channel = num_channels, samples_per_channel


class VideoFrame:
    def __init__(self, width: int, height: int, type: int, data: bytes) -> None:
        assert type == VideoBufferType.RGB24
        assert len(data) == 3 * width * height
        self.width, self.height, self.type, self.data = width, height, type, data


class AudioSource:
    def __init__(self, sample_rate: int, num_channels: int, queue_size_ms: int = 1000) -> None:
        self.frames: list[tuple[float, AudioFrame]] = []
        self.closed = False

    async def capture_frame(self, frame: AudioFrame) -> None:
        assert not self.closed
        self.frames.append((asyncio.get_running_loop().time(), frame))

    async def aclose(self) -> None:
        self.closed = True


class VideoSource:
    def __init__(self, width: int, height: int) -> None:
        self.frames: list[tuple[float, VideoFrame]] = []
        self.closed = False

    def capture_frame(self, frame: VideoFrame) -> None:
        assert not self.closed
        self.frames.append((asyncio.get_running_loop().time(), frame))

    async def aclose(self) -> None:
        self.closed = True


@dataclass
class _Track:
    name: str
    source: Any
    kind: int


class LocalAudioTrack:
    @staticmethod
    def create_audio_track(name: str, source: AudioSource) -> _Track:
        return _Track(name, source, TrackKind.KIND_AUDIO)


class LocalVideoTrack:
    @staticmethod
    def create_video_track(name: str, source: VideoSource) -> _Track:
        return _Track(name, source, TrackKind.KIND_VIDEO)


@dataclass
class LocalTrackPublication:
    track: _Track
    options: TrackPublishOptions
    sid: str

    @property
    def kind(self) -> int:
        return self.track.kind


@dataclass
class ByteStreamInfo:
    stream_id: str
    mime_type: str
    topic: str
    timestamp: int
    size: int | None
    attributes: dict[str, str] | None
    name: str


class ByteStreamReader:
    def __init__(self, info: ByteStreamInfo) -> None:
        self._info = info
        self._queue: asyncio.Queue[bytes | StreamError | None] = asyncio.Queue()
        self.closed = False

    @property
    def info(self) -> ByteStreamInfo:
        return self._info

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self.closed:
            raise StopAsyncIteration
        item = await self._queue.get()
        if isinstance(item, bytes):
            return item
        self.close()
        if item is None:
            raise StopAsyncIteration
        raise item

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._queue.put_nowait(None)


class ByteStreamWriter:
    def __init__(self, info: ByteStreamInfo, readers: list[ByteStreamReader]) -> None:
        self._info, self._readers = info, readers

    @property
    def info(self) -> ByteStreamInfo:
        return self._info

    async def write(self, data: bytes) -> None:
        for reader in self._readers:
            reader._queue.put_nowait(bytes(data))

    async def aclose(self, *, reason: str = "", attributes: dict[str, str] | None = None) -> None:
        for reader in self._readers:
            reader._queue.put_nowait(StreamError(reason) if reason else None)


Handler = Callable[[RpcInvocationData], Any]


class RemoteParticipant:
    def __init__(self, identity: str, kind: int) -> None:
        self._identity, self._kind = identity, kind
        self._attributes: dict[str, str] = {}
        self.track_publications: dict[str, LocalTrackPublication] = {}
        self.state = ParticipantState.PARTICIPANT_STATE_ACTIVE

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def kind(self) -> int:
        return self._kind

    @property
    def attributes(self) -> dict[str, str]:
        return dict(self._attributes)


class LocalParticipant(RemoteParticipant):
    def __init__(self, room: "Room", identity: str, kind: int) -> None:
        super().__init__(identity, kind)
        self._room = room
        self._rpc_handlers: dict[str, Handler] = {}
        self.may_show = True

    def register_rpc_method(self, method_name: str, handler: Handler | None = None) -> Any:
        assert handler is not None
        self._rpc_handlers[method_name] = handler
        return handler

    async def perform_rpc(
        self,
        *,
        destination_identity: str,
        method: str,
        payload: str,
        response_timeout: float | None = None,
    ) -> str:
        server = self._room.server
        await asyncio.sleep(0)
        if server.broken_calls:
            server.broken_calls -= 1
            raise RpcError(RpcError.ErrorCode.RECIPIENT_DISCONNECTED, "Recipient disconnected")
        other = server.room_of(self._room).get(destination_identity)
        if other is None:
            raise RpcError(RpcError.ErrorCode.RECIPIENT_NOT_FOUND, "Recipient not found")
        handler = other.local_participant._rpc_handlers.get(method)
        if handler is None:
            raise RpcError(RpcError.ErrorCode.UNSUPPORTED_METHOD, "Method not supported")
        server.calls.append((destination_identity, method, payload))
        answer = handler(RpcInvocationData("1", self.identity, payload, 10.0, method))
        return str(await answer if inspect.isawaitable(answer) else answer)

    async def set_attributes(self, attributes: dict[str, str]) -> None:
        if not self.may_show:  # as the SDK: not a word
            return
        self._attributes |= attributes
        for room in (self._room, *self._room.others()):
            room.emit("participant_attributes_changed", dict(attributes), self)

    async def stream_bytes(
        self,
        name: str,
        *,
        total_size: int | None = None,
        mime_type: str = "application/octet-stream",
        attributes: dict[str, str] | None = None,
        stream_id: str | None = None,
        destination_identities: list[str] | None = None,
        topic: str = "",
    ) -> ByteStreamWriter:
        stream_id = stream_id or f"stream_{next(self._room.server.numbers)}"
        info = ByteStreamInfo(stream_id, mime_type, topic, 0, total_size, attributes, name)
        readers = []
        for other in self._room.others():
            wanted = not destination_identities or other.identity in destination_identities
            if wanted and topic in other._byte_stream_handlers:
                readers.append(ByteStreamReader(info))
                other._byte_stream_handlers[topic](readers[-1], self.identity)
        self._room.server.readers += readers
        return ByteStreamWriter(info, readers)

    async def publish_track(
        self, track: _Track, options: TrackPublishOptions | None = None
    ) -> LocalTrackPublication:
        if self._room.server.silent:
            raise PublishTrackError("permission denied")
        sid = f"track_{next(self._room.server.numbers)}"
        publication = LocalTrackPublication(track, options or TrackPublishOptions(), sid)
        self.track_publications[sid] = publication
        for other in self._room.others():
            other.emit("track_published", publication, self)
        return publication


@dataclass
class Server:
    """The cloud: rooms by name, of participants by identity.

    Attributes:
        calls: To whom, method, payload, of every call that arrived.
        readers: Of every stream that arrived.
        broken_calls: So many calls fail.
        silent: Whether nobody may publish.
    """

    rooms: dict[str, dict[str, "Room"]] = field(default_factory=lambda: defaultdict(dict))
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    readers: list[ByteStreamReader] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    broken_calls: int = 0
    silent: bool = False

    def room_of(self, room: "Room") -> dict[str, "Room"]:
        """Who is where a participant is."""
        return next((people for people in self.rooms.values() if room in people.values()), {})


servers: dict[str, Server] = {}
"""By URL."""


class Room:
    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._events: dict[str, list[Callable[..., None]]] = defaultdict(list)
        self._byte_stream_handlers: dict[str, Callable[[ByteStreamReader, str], None]] = {}
        self._local: LocalParticipant | None = None
        self.server: Server
        self.identity = ""
        self.name = ""
        self.mending = False

    @property
    def local_participant(self) -> LocalParticipant:
        assert self._local is not None, "cannot access local participant before connecting"
        return self._local

    @property
    def remote_participants(self) -> Mapping[str, LocalParticipant]:
        return {other.identity: other.local_participant for other in self.others()}

    def others(self) -> list["Room"]:
        """The rest of the room; nobody while the connection is made anew, as in the SDK."""
        if self._local is None or self.mending:
            return []
        return [room for room in self.server.room_of(self).values() if room is not self]

    @property
    def connection_state(self) -> int:
        if self.mending:
            return ConnectionState.CONN_RECONNECTING
        states = ConnectionState.CONN_DISCONNECTED, ConnectionState.CONN_CONNECTED
        return states[self.isconnected()]

    def isconnected(self) -> bool:
        return self._local is not None and self in self.server.room_of(self).values()

    def on(self, event: str, callback: Callable[..., None] | None = None) -> Any:
        assert callback is not None
        self._events[event].append(callback)
        return callback

    def off(self, event: str, callback: Callable[..., None]) -> None:
        self._events[event].remove(callback)

    def emit(self, event: str, *args: Any) -> None:
        for callback in list(self._events[event]):
            callback(*args)

    def register_byte_stream_handler(
        self, topic: str, handler: Callable[[ByteStreamReader, str], None]
    ) -> None:
        assert topic not in self._byte_stream_handlers
        self._byte_stream_handlers[topic] = handler

    async def connect(self, url: str, token: str, options: RoomOptions | None = None) -> None:
        if url not in servers:
            raise ConnectError("signal failure: connection refused")
        token, _, on_behalf = token.partition(" for ")
        who, _, role = token.partition(" as ")
        identity, _, self.name = who.partition("@")
        if not self.name:
            raise ConnectError("signal failure: invalid token")
        self.server, self.identity = servers[url], identity
        kind = "PARTICIPANT_KIND_AGENT" if role else "PARTICIPANT_KIND_STANDARD"
        self._local = LocalParticipant(self, identity, getattr(ParticipantKind, kind))
        if on_behalf:
            self._local._attributes["lk.publish_on_behalf"] = on_behalf
        self.server.rooms[self.name][identity] = self
        for other in self.others():
            other.emit("participant_connected", self._local)
            other.emit("participant_active", self._local)

    async def disconnect(self, *, reason: int = DisconnectReason.CLIENT_INITIATED) -> None:
        if self.isconnected():
            self.drop(reason)

    def mend(self, mending: bool) -> None:
        """Lose the connection, or have it back: everybody leaves, and comes again."""
        people = [other.local_participant for other in self.others()]
        self.mending = mending
        people = people or [other.local_participant for other in self.others()]
        for person in people:
            event = "participant_disconnected" if mending else "participant_connected"
            self.emit(event, person)

    def drop(self, reason: int) -> None:
        """Take this participant out of the room, as a server does."""
        others = self.others()
        self.server.rooms[self.name].pop(self.identity)
        for other in others:
            other.emit("participant_disconnected", self.local_participant)
        self.emit("connection_state_changed", ConnectionState.CONN_DISCONNECTED)
        self.emit("disconnected", reason)
