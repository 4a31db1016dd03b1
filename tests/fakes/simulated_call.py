"""One call under simulated time: a client with a clock of its own, a bad network, the real session.

::

    sender ─loss, jitter, disorder─► InOrderBuffer ─► Session ─► VoiceTrack, FaceTrack ─► record

Everything from the jitter buffer to the tracks is the product's; the face is `FakeStages`', whose
jaw is the loudness of its own 40 ms, so what is seen can be held against what is heard.
"""

from dataclasses import dataclass

import numpy as np
from aiortc.rtcrtpreceiver import TimestampMapper
from numpy.typing import NDArray

from stream_engine.config import EngineConfig
from stream_engine.household import Household
from stream_engine.protocols import Renderer
from stream_engine.session import Session
from stream_engine.transport.jitter_buffer import InOrderBuffer
from stream_engine.transport.tracks import FaceTrack, VoiceTrack
from stream_engine.types import MeshFrame, MotionFrames, VideoFrame
from tests.fakes.stages import LOUD, FakeStages
from tests.fakes.virtual_time import VirtualTime, pause

PACKET, RATE = 960, 48_000
PACKET_S = PACKET / RATE
STEP_S = 0.005
"""Loudness is told so finely: four times a packet."""

F64 = NDArray[np.float64]


def bursts(seconds: float, seed: int) -> tuple[F64, list[tuple[float, float]]]:
    """Loudness of speech every `STEP_S`, and where each stretch of it begins and ends, s."""
    random = np.random.default_rng(seed)
    t = np.arange(round(seconds / STEP_S)) * STEP_S
    loud, spans, at = np.zeros_like(t), [], 0.8
    while at < seconds - 1.2:
        length, pulse = random.uniform(0.3, 0.8), random.uniform(3.0, 5.0)
        inside = slice(round(at / STEP_S), round((at + length) / STEP_S))
        since = t[inside] - at
        shape = np.abs(np.sin(np.pi * since / length)) ** 0.5
        loud[inside] = shape * (0.55 + 0.45 * np.sin(2 * np.pi * pulse * since))
        spans.append((at, at + length))
        at += length + random.uniform(0.5, 0.8)
    return loud * LOUD, spans


@dataclass(frozen=True)
class Network:
    """The way up.

    Attributes:
        loss: Share of packets that never come.
        burst_every_s: Mean time between moments at which nothing passes for ``burst_s``; what was
            held then comes at once.
        burst_s: Length of those.
        overtaken: Share of packets that come 25 to 45 ms later than their neighbours.
        doubled: Share of packets that come twice.
        late: Share of packets that come 0.3 to 0.8 s later.
        starved: Times, s, from and until which nothing comes at all.
    """

    loss: float = 0.0
    burst_every_s: float = 5.0
    burst_s: float = 0.1
    overtaken: float = 0.01
    doubled: float = 0.01
    late: float = 0.001
    starved: tuple[tuple[float, float], ...] = ()

    def arrivals(self, sent_s: F64, random: np.random.Generator) -> tuple[F64, NDArray[np.intp]]:
        """When which packet comes; both in order of time."""
        count = len(sent_s)
        came = sent_s + 0.025 + random.exponential(0.003, count)
        first = sent_s[0]
        held = first + np.cumsum(
            random.exponential(self.burst_every_s, int(sent_s[-1] / self.burst_every_s) + 9)
        )
        last = held[np.clip(np.searchsorted(held, came) - 1, 0, len(held) - 1)]
        waits = (came >= last) & (came < last + self.burst_s)
        came = np.where(waits, last + self.burst_s + random.uniform(0, 0.002, count), came)
        came += (random.random(count) < self.overtaken) * random.uniform(0.025, 0.045, count)
        came += (random.random(count) < self.late) * random.uniform(0.3, 0.8, count)
        there = random.random(count) >= self.loss
        for begin, end in self.starved:
            there &= ~((sent_s - first >= begin) & (sent_s - first < end))
        which = np.flatnonzero(there)
        again = which[random.random(len(which)) < self.doubled]
        twice = came[again] + random.uniform(0.005, 0.05, len(again))
        came, which = np.concatenate([came[which], twice]), np.concatenate([which, again])
        order = np.argsort(came, kind="stable")
        return came[order], which[order]


class TinyJaw(Renderer):
    """Implements `Renderer`: a picture as bright as the jaw is open."""

    def render(self, frame: MeshFrame) -> VideoFrame:
        """Draw it."""
        jaw = round(255 * float(frame.positions[0, 1]))
        return VideoFrame(frame.pts, np.full((2, 2, 3), jaw, np.uint8))

    def close(self) -> None:
        """Nothing to free."""


@dataclass
class RtpPacket:
    """The part of aiortc's packet that the buffer reads; ``_data`` is the packet's number."""

    sequence_number: int
    timestamp: int
    _data: bytes


class SimulatedCall:
    """The session, what it is given, what left it and when."""

    def __init__(self, profile: str = "balanced", seed: int = 0) -> None:
        self.time = VirtualTime()
        self.clock = self.time.clock
        self.random = np.random.default_rng(seed)
        self.house = Household(FakeStages(), EngineConfig(), self.clock)
        parts = self.house.make_parts(profile, "default")
        self.session: Session = self.house.open(parts, self._motion, self._fail)
        self.buffer, self.mapper = InOrderBuffer(), TimestampMapper()
        self.heard: list[tuple[float, int, float, float, float, float]] = []
        """Wall time, media time, loudness of each quarter, of every packet of voice that left."""
        self.seen: list[tuple[float, int, int, float]] = []
        """Wall time, media time asked for, media time shown, jaw, of every picture that left."""
        self.motion_frames = 0
        self._content = 0
        self._drawing = self._working = False
        self._engine, self._render = self.house.engine.engines[0], self.house.render
        self._engine.wake = self._wake_engine  # type: ignore[method-assign]
        self._render.wake = self._wake_painter  # type: ignore[method-assign]
        self._renderers: dict[str, Renderer] = {"default": TinyJaw()}
        self.session.begin()
        self._watch_content()
        self.time.play(VoiceTrack(self.session, pause), self._voice)
        self.time.play(FaceTrack(self.session, pause), self._picture)
        self._wake_painter()

    def speak(self, loud: F64, network: Network, drift_ppm: float, rtp: tuple[int, int]) -> F64:
        """Let a client send this from now on.

        Args:
            loud: Loudness every `STEP_S` of the client's own time.
            network: Between it and the server.
            drift_ppm: How much faster its sound card is than our clock.
            rtp: Its first sequence number and timestamp.

        Returns:
            Wall times of the steps of ``loud``.
        """
        packets = len(loud) // 4
        pace, start = PACKET_S / (1.0 + drift_ppm * 1e-6), self.clock.now()
        sent_s = start + pace * np.arange(1, packets + 1)
        came_s, which = network.arrivals(sent_s, self.random)
        for when, number in zip(came_s.tolist(), which.tolist(), strict=True):
            packet = RtpPacket(
                (rtp[0] + number) & 0xFFFF, (rtp[1] + number * PACKET) & 0xFFFFFFFF, b"%d" % number
            )
            self.time.at(when, lambda packet=packet: self.arrive(packet, loud))
        return start + pace / 4 * np.arange(len(loud))

    def arrive(self, packet: RtpPacket, loud: F64) -> None:
        """A packet has come: as aiortc's receiver and `Peer` would."""
        for frame in self.buffer.push(packet):
            level = loud[4 * int(frame.data) : 4 * int(frame.data) + 4]
            samples = np.repeat(level.astype(np.float32), PACKET // 4)
            self.session.push_audio(self.mapper.map(frame.timestamp), samples)

    def _motion(self, frames: MotionFrames) -> None:
        self.motion_frames += len(frames.coefficients)

    def _fail(self, error: Exception) -> None:
        raise error

    def _watch_content(self) -> None:
        take = self.session.picture

        def picture(pts: int) -> object:
            found = take(pts)
            if found is not None:
                self._content = found.frame.pts
            return found

        self.session.picture = picture  # type: ignore[method-assign,assignment]

    def _voice(self, frame: object) -> None:
        pcm = np.abs(frame.to_ndarray()[0].reshape(4, -1)).mean(axis=1) / 32767.0  # type: ignore[attr-defined]
        self.heard.append((self.clock.now(), frame.pts, *pcm))  # type: ignore[attr-defined]

    def _picture(self, frame: object) -> None:
        jaw = float(frame.to_ndarray()[0, 0, 0]) / 255.0  # type: ignore[attr-defined]
        self.seen.append((self.clock.now(), frame.pts, self._content, jaw))  # type: ignore[attr-defined]

    def _wake_engine(self) -> None:
        if not self._working:
            self._working = True
            self.time.at(self.clock.now() + self.random.uniform(0.002, 0.008), self._work)

    def _work(self) -> None:
        self._working = False
        self._engine.run_once()

    def _wake_painter(self) -> None:
        times = [at for seat in self._render._seats if (at := seat.wake_at()) is not None]
        if times and not self._drawing:
            self._drawing = True
            when = max(self.clock.now(), min(times)) + self.random.uniform(0.0, 0.012)
            self.time.at(when, self._draw)

    def _draw(self) -> None:
        self._drawing = False
        self._render.draw_due(self._renderers)
        self._wake_painter()
