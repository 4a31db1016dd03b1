"""LiveKit's own SDK as a `Room`; the one module that knows it.

Traps. While a connection is made anew, everybody else leaves and comes again. A byte stream is
pushed to us whether it is read or not, so what is not wanted is closed. A stream that arrives
before its handler is registered is lost, so that comes before joining. An audio source without a
queue passes on 10 ms at a time and nothing else; with one, what was captured is heard.
"""

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.audio.speech_queue import Pcm
from stream_engine.errors import BackendUnavailable, PeerClosed, TransportError
from stream_engine.livekit.room import Answer, Guest, Incoming, Person
from stream_engine.livekit.wire import AUDIO_STREAM, ON_BEHALF
from stream_engine.types import MOTION_FPS, TICKS_PER_SECOND

logger = logging.getLogger(__name__)

QUEUE_MS = 60
"""Of voice that may wait for the SDK's own clock: three packets, so that a late turn of ours is not
heard."""

INTRODUCE_S = 5.0
"""Longest wait for attributes to be shown."""

_WELL = ("CLIENT_INITIATED", "PARTICIPANT_REMOVED", "ROOM_DELETED", "ROOM_CLOSED")
"""Ends of a room as they should be; an agent that closes removes its avatar."""


def load_sdk() -> ModuleType:
    """Import ``livekit.rtc``.

    Returns:
        The module.

    Raises:
        BackendUnavailable: If it is not installed.
    """
    try:
        return importlib.import_module("livekit.rtc")
    except (ImportError, OSError) as error:  # OSError: its native library does not load
        raise BackendUnavailable(
            "LiveKit's SDK cannot be had",
            got=str(error)[:200],
            fix="pip install 'elocute[livekit]'",
        ) from error


class SdkRoom:
    """Implements `Room`.

    *Thread*: the loop.

    Args:
        sdk: ``livekit.rtc``, or what passes for it.
        patience_s: Longest wait for attributes to be shown.
    """

    def __init__(self, sdk: ModuleType, patience_s: float = INTRODUCE_S) -> None:
        self._sdk = sdk
        self._patience_s = patience_s
        self._room = sdk.Room()
        self._attributes_changed = asyncio.Event()

    @property
    def me(self) -> Person:
        """This participant."""
        return self._person(self._room.local_participant)

    @property
    def steady(self) -> bool:
        """Whether the connection stands."""
        connected: bool = self._room.connection_state == self._sdk.ConnectionState.CONN_CONNECTED
        return connected

    def people(self) -> Sequence[Person]:
        """The others."""
        return [self._person(each) for each in self._room.remote_participants.values()]

    async def join(self, url: str, token: str, guest: Guest) -> None:
        """Join the room that the token is for.

        Args:
            url: Of the server.
            token: Grants joining, publishing and data.
            guest: Told what happens, from now on.

        Raises:
            TransportError: If the server cannot be reached, or refuses.
        """
        room = self._room
        room.register_byte_stream_handler(AUDIO_STREAM, partial(self._on_stream, guest))
        for event in ("participant_connected", "participant_disconnected"):
            room.on(event, lambda participant: guest.people_changed())
        room.on("participant_attributes_changed", partial(self._on_attributes, guest))
        room.on("disconnected", partial(self._on_disconnected, guest))
        options = self._sdk.RoomOptions(auto_subscribe=False)
        try:
            await room.connect(url, token, options=options)
        except self._sdk.ConnectError as error:
            raise TransportError(
                "the room cannot be joined",
                got=error.message[:200],
                expected="a LiveKit server, and a token that lets one join",
                fix="check --url and the token: its key, its room, and that it has not run out",
            ) from error

    async def introduce(self, attributes: Mapping[str, str]) -> None:
        """Show attributes to everybody; TransportError if it is not allowed."""
        me = self._room.local_participant
        try:
            async with asyncio.timeout(self._patience_s):
                await me.set_attributes(dict(attributes))
                while not attributes.items() <= me.attributes.items():  # a refusal is not told
                    self._attributes_changed.clear()
                    await self._attributes_changed.wait()
        except TimeoutError as error:
            raise TransportError(
                "attributes cannot be shown",
                got=f"not there after {self._patience_s:g} s",
                fix="put them into the token, or let it update its own metadata",
            ) from error

    def answer(self, method: str, answer: Answer) -> None:
        """Answer calls of a method."""
        self._room.local_participant.register_rpc_method(
            method, lambda data: answer(data.caller_identity, data.payload)
        )

    async def call(self, identity: str, method: str, payload: str) -> bool:
        """Call somebody; False if they do not know the method, TransportError if it failed."""
        try:
            await self._room.local_participant.perform_rpc(
                destination_identity=identity, method=method, payload=payload
            )
        except self._sdk.RpcError as error:
            if error.code == self._sdk.RpcError.ErrorCode.UNSUPPORTED_METHOD:
                return False
            raise TransportError(
                f"a call of {method} failed", got=f"{error.code} {error.message}"[:200]
            ) from error
        return True

    async def publish(self, width: int, height: int, kbps: int) -> "SdkStage":
        """Publish a voice and a face of that size."""
        sdk, me = self._sdk, self._room.local_participant
        voice = sdk.AudioSource(TICKS_PER_SECOND, 1, queue_size_ms=QUEUE_MS)
        face = sdk.VideoSource(width, height)
        heard = sdk.TrackPublishOptions(source=sdk.TrackSource.SOURCE_MICROPHONE)
        seen = sdk.TrackPublishOptions(
            source=sdk.TrackSource.SOURCE_CAMERA,
            simulcast=False,
            video_encoding=sdk.VideoEncoding(max_bitrate=kbps * 1000, max_framerate=MOTION_FPS),
        )
        try:
            track = sdk.LocalAudioTrack.create_audio_track("voice", voice)
            await me.publish_track(track, heard)
            track = sdk.LocalVideoTrack.create_video_track("face", face)
            await me.publish_track(track, seen)
        except sdk.participant.PublishTrackError as error:
            raise TransportError(
                "voice and face cannot be published",
                got=error.message[:200],
                fix="let the token publish (canPublish)",
            ) from error
        return SdkStage(sdk, voice, face)

    async def leave(self) -> None:
        """Leave; may be called again."""
        await self._room.disconnect()

    def _person(self, participant: Any) -> Person:
        agent = participant.kind == self._sdk.ParticipantKind.PARTICIPANT_KIND_AGENT
        behalf = participant.attributes.get(ON_BEHALF, "")
        return Person(participant.identity, agent, behalf)

    def _on_attributes(self, guest: Guest, changed: object, participant: object) -> None:
        self._attributes_changed.set()
        guest.people_changed()

    def _on_stream(self, guest: Guest, reader: Any, sender: str) -> None:
        info = reader.info
        attributes = dict(info.attributes or {})
        chunks = self._chunks(reader)
        guest.stream(Incoming(info.stream_id, sender, attributes, chunks, reader.close))

    async def _chunks(self, reader: Any) -> AsyncIterator[bytes]:
        try:
            async for chunk in reader:
                yield chunk
        except self._sdk.StreamError as error:
            raise PeerClosed("an audio stream broke off", got=error.description[:200]) from error

    def _on_disconnected(self, guest: Guest, reason: int) -> None:
        name = self._sdk.DisconnectReason.Name(reason)
        guest.room_over(name, lost=name not in _WELL)


class SdkStage:
    """Implements `Stage`.

    *Thread*: the loop.

    Args:
        sdk: ``livekit.rtc``.
        voice: Its audio source.
        face: Its video source.
    """

    def __init__(self, sdk: ModuleType, voice: Any, face: Any) -> None:
        self._sdk, self._voice, self._face = sdk, voice, face

    async def say(self, pcm: Pcm) -> None:
        """Send 20 ms of voice; waits while the queue is full."""
        frame = self._sdk.AudioFrame(pcm.tobytes(), TICKS_PER_SECOND, 1, len(pcm))
        await self._voice.capture_frame(frame)

    def show(self, rgb: NDArray[np.uint8]) -> None:
        """Send a picture."""
        height, width = rgb.shape[:2]
        kind = self._sdk.VideoBufferType.RGB24
        self._face.capture_frame(self._sdk.VideoFrame(width, height, kind, rgb.tobytes()))

    async def close(self) -> None:
        """Send no more."""
        await self._voice.aclose()
        await self._face.aclose()
