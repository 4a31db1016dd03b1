"""The plain door: PCM16 in over a WebSocket, motion out as soon as it is final."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

import numpy as np
from starlette.websockets import WebSocket, WebSocketDisconnect

from stream_engine.audio.resampler import Resampler
from stream_engine.batching.lane import Lane
from stream_engine.engine import LaneOrder
from stream_engine.errors import (
    AudioError,
    CapacityError,
    ConfigError,
    SignalingError,
    StreamEngineError,
    TimeUp,
    TooMany,
)
from stream_engine.gate.buckets import AUDIO_BURST_S, Pace
from stream_engine.household import Household
from stream_engine.manner_wire import Listen
from stream_engine.motion.arkit import COEFFICIENT_NAMES
from stream_engine.motion.window import profile_named
from stream_engine.protocols import FrameSink
from stream_engine.telemetry.metrics import Tally
from stream_engine.transport.heed import heed
from stream_engine.transport.outbox import Dismissal, last_words
from stream_engine.transport.url_query import output_names, read_flag, read_rate
from stream_engine.types import F32, MOTION_FPS, TICKS_PER_SECOND, AudioChunk, MotionFrames
from stream_engine.wire import (
    End,
    Ended,
    Express,
    Message,
    Motion,
    Ready,
    decode_event,
    encode,
    failure_of,
    motion_message,
)

logger = logging.getLogger(__name__)

CLOSE_BAD_DATA = 1003
CLOSE_REFUSED = 1008
CLOSE_FAILED = 1011
CLOSE_TRY_AGAIN = 1013
"""WebSocket close codes: wrong kind of data, refused, the server failed, full or going away."""


class SpeechSocket:
    """One WebSocket client: a lane of the engine without a clock.

    Audio may come faster than it is spoken. The lane takes what fits and the socket is not read
    until the engine has taken it, so nothing is overwritten; motion that the client does not
    read holds the engine off this session, so nothing piles up.

    *State*: a lane. *Thread*: the loop.

    Args:
        house: Owns the engine.
        socket: Accepted.
        rate_hz: Of the PCM.
        profile: Latency profile by name.
        outlet: Takes the motion too, as soon as it is final.
        record: It is to be recorded.
    """

    def __init__(
        self,
        house: Household,
        socket: WebSocket,
        rate_hz: int,
        profile: str,
        outlet: FrameSink,
        record: bool = False,
    ) -> None:
        self._house = house
        self._record = record
        self._socket = socket
        self._rate_hz = rate_hz
        self._profile = profile
        self._outlet = outlet
        self._resampler = Resampler(rate_hz)
        self._received = 0
        self._outbox: asyncio.Queue[Message | Exception | None] = asyncio.Queue()
        self._dismissal = Dismissal()
        self._progress = asyncio.Event()
        self._frames = 0
        speed = house.config.limits.audio_speed
        self._pace = Pace(speed, AUDIO_BURST_S, house.clock, house.tally)

    async def run(self) -> None:
        """Serve until the client ends or leaves; raises what ended it otherwise."""
        house = self._house
        await asyncio.to_thread(house.engine.prepare, self._profile)
        manner = house.config.motion.manner
        order = LaneOrder(self._profile, self, Tally(house.tally), manner, waits=True)
        lane = house.engine.add(order)
        house.recorder.begin(lane, self._profile, self._record)
        latency_ms = round(profile_named(self._profile).latency * 1000 / TICKS_PER_SECOND)
        names = list(COEFFICIENT_NAMES)
        self._outbox.put_nowait(Ready(self._rate_hz, self._profile, MOTION_FPS, latency_ms, names))
        receiving = asyncio.create_task(self._receive(lane))
        sending = asyncio.create_task(self._send(lane))
        overdue = asyncio.create_task(self._dismissal.overdue())
        try:
            # Receiving ends by `end`; sending goes on until everything final is out.
            working = {receiving, sending}
            while working:
                first = asyncio.FIRST_COMPLETED
                done, _ = await asyncio.wait({*working, overdue}, return_when=first)
                for task in done:
                    task.result()
                working -= done
        finally:
            lane.owner.remove(lane)
            house.recorder.end(lane)
            for task in (receiving, sending, overdue):
                task.cancel()
            await asyncio.gather(receiving, sending, overdue, return_exceptions=True)

    async def _receive(self, lane: Lane) -> None:
        async for samples in self._chunks(lane):
            for at in range(0, len(samples), self._rate_hz // MOTION_FPS):
                piece = samples[at : at + self._rate_hz // MOTION_FPS]
                chunk = AudioChunk(self._received, piece, self._rate_hz)
                self._received += len(piece)
                await self._hear(self._resampler.feed(chunk), lane)
        await self._hear(self._resampler.finish(), lane)
        lane.end(self._house.clock.now())
        lane.owner.wake()

    async def _hear(self, chunks: Sequence[AudioChunk], lane: Lane) -> None:
        for chunk in chunks:
            while lane.room < len(chunk.samples):
                self._progress.clear()
                if lane.room < len(chunk.samples):
                    await self._progress.wait()
            before = lane.heard_frames
            lane.write(chunk.samples, self._house.clock.now())
            if lane.heard_frames > before:
                lane.owner.wake()

    async def _chunks(self, lane: Lane) -> AsyncIterator[F32]:
        while True:
            event = await self._socket.receive()
            if event["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(event.get("code", 1005))
            if event.get("bytes") is not None:
                samples = pcm16(event["bytes"])
                await self._pace.hold(len(samples) / self._rate_hz)
                yield samples
                continue
            message = decode_event(event.get("text") or "")
            if isinstance(message, End):
                return
            if not isinstance(message, Express | Listen):
                raise SignalingError(
                    "a message the server does not take", expected="'end', 'express' or 'listen'"
                )
            self._heed(message, lane)

    def _heed(self, message: Express | Listen, lane: Lane) -> None:
        try:
            heed(lane, message)
        except ConfigError as error:
            self._outbox.put_nowait(failure_of(error, ends=False))

    async def _send(self, lane: Lane) -> None:
        while (item := await self._outbox.get()) is not None:
            if isinstance(item, Exception):
                raise item
            await self._socket.send_text(encode(item))
            if isinstance(item, Motion):
                lane.passed_on(item.start + len(item.coefficients))
                lane.owner.wake()

    def push(self, frames: MotionFrames) -> None:
        """`MotionSink`: the client is told."""
        self._frames += len(frames.coefficients)
        self._outbox.put_nowait(motion_message(frames))
        self._outlet.write(frames)
        self._progress.set()

    def finish(self) -> None:
        """`MotionSink`: all motion has been pushed."""
        self._outbox.put_nowait(Ended(self._frames))
        self._outbox.put_nowait(None)

    def fail(self, error: Exception) -> None:
        """`MotionSink`: the engine could not go on."""
        self._house.tally.add("sessions_failed_total")
        self.dismiss(error)

    def dismiss(self, cause: Exception) -> None:
        """End the session after what has been pushed; the client is told why."""
        self._outbox.put_nowait(cause)
        self._dismissal.say(cause)
        self._progress.set()


def pcm16(data: bytes) -> F32:
    """Read little-endian PCM16.

    Args:
        data: Whole samples.

    Returns:
        float32 [N], -1..1.

    Raises:
        AudioError: If half a sample is left over.
    """
    if len(data) % 2:
        raise AudioError(
            "PCM16 cut in the middle of a sample",
            got=f"{len(data)} bytes",
            expected="an even number of bytes",
        )
    samples: F32 = np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768.0)
    return samples


def parse_query(query: Mapping[str, str], default_profile: str) -> tuple[int, str]:
    """Read rate and profile from the query of the URL.

    Args:
        query: Keys and values.
        default_profile: Used where the query names none.

    Returns:
        Sample rate in Hz and profile name.

    Raises:
        SignalingError: If the rate is no number in range.
        ConfigError: If there is no such profile.
    """
    rate_hz = read_rate(query.get("rate", "16000"))
    return rate_hz, profile_named(query.get("profile", default_profile)).name


async def serve_speech(house: Household, socket: WebSocket, present: set[SpeechSocket]) -> None:
    """Serve one WebSocket from handshake to close.

    Args:
        house: Owns the engine.
        socket: Not yet accepted.
        present: Holds the client for as long as its session lasts.
    """
    await socket.accept()
    code = CLOSE_REFUSED
    try:
        rate_hz, profile = parse_query(socket.query_params, house.config.motion.profile)
        record = read_flag(socket.query_params, "record")
        house.recorder.check(record)
        outlet = house.outputs.open(output_names(socket.query_params))
        with closing(outlet):
            speech = SpeechSocket(house, socket, rate_hz, profile, outlet, record)
            with house.guest(profile, speech.dismiss), _within(present, speech):
                code = CLOSE_BAD_DATA
                await speech.run()
        await socket.close()
    except WebSocketDisconnect:
        return
    except (CapacityError, TooMany, TimeUp) as error:
        await _fail(socket, error, CLOSE_TRY_AGAIN)
    except StreamEngineError as error:
        await _fail(socket, error, code)
    except Exception as error:
        logger.exception("a speech socket failed")
        await _fail(socket, error, CLOSE_FAILED)


@contextmanager
def _within(present: set[SpeechSocket], speech: SpeechSocket) -> Iterator[None]:
    present.add(speech)
    try:
        yield
    finally:
        present.discard(speech)


async def _fail(socket: WebSocket, error: Exception, code: int) -> None:
    await last_words(socket, encode(failure_of(error)), code)
