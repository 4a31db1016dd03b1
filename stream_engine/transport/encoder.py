"""Encoders that keep their bit rate: aiortc's rebuild themselves on every estimate."""

import fractions
import functools
import logging
from dataclasses import dataclass, field
from typing import Any

import av
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.mediastreams import VIDEO_TIME_BASE, convert_timebase

from stream_engine.protocols import Clock
from stream_engine.telemetry.spans import span
from stream_engine.transport.video_terms import VideoTerms
from stream_engine.types import TICKS_PER_SECOND

X264, NVENC = "libx264", "h264_nvenc"

SCALING = "FAST_BILINEAR"

FLOOR_BPS = 150_000
"""The face falls apart below this."""

DEAD_BAND = 0.25
"""Relative change of the peer's estimate that is not followed."""

HOLD_DOWN_S = 2.0
HOLD_UP_S = 10.0
"""Least time between a change of rate and the next one down or up: each costs a key frame."""

KEY_FRAME_EVERY = 3000
"""Frames; a peer that loses the picture asks for one."""

ENCODER_ATTRIBUTE = "_RTCRtpSender__encoder"
"""aiortc's private name; a test fails when it moves."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class RateDamper:
    """Follows the peer's bandwidth estimate in few, large steps, never above the setting.

    Attributes:
        ceiling_bps: The setting, and the rate at the start.
    """

    ceiling_bps: int
    rate_bps: int = field(init=False)
    _changed_s: float = field(default=float("-inf"), init=False)

    def __post_init__(self) -> None:
        self.rate_bps = self.ceiling_bps

    def propose(self, estimate_bps: int, now_s: float) -> int:
        """Take an estimate, return the rate to encode at."""
        wanted = max(FLOOR_BPS, min(self.ceiling_bps, estimate_bps))
        change = wanted / self.rate_bps - 1.0
        hold = HOLD_UP_S if change > 0 else HOLD_DOWN_S
        if abs(change) > DEAD_BAND and now_s - self._changed_s >= hold:
            self.rate_bps = wanted
            self._changed_s = now_s
        return self.rate_bps


class SteadyEncoder:
    """Pictures of a face before a plain background: quick settings, one thread, damped rate.

    *Thread*: ``encode`` the loop's executor, one call at a time; ``target_bitrate`` the loop.
    ``encoded_pts`` is the time of the last picture encoded.

    Args:
        terms: Size and highest bit rate.
        clock: Spaces the changes of rate.
    """

    def __init__(self, terms: VideoTerms, clock: Clock) -> None:
        super().__init__()
        self._terms = terms
        self._clock = clock
        self._damper = RateDamper(terms.kbps * 1000)
        self._codec: Any = None
        self.encoded_pts: int | None = None

    @property
    def target_bitrate(self) -> int:
        """Bits per second encoded at; setting it takes the peer's estimate."""
        return self._damper.rate_bps

    @target_bitrate.setter
    def target_bitrate(self, estimate_bps: int) -> None:
        self._damper.propose(estimate_bps, self._clock.now())

    def encode(self, frame: av.VideoFrame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        """Encode one picture into RTP payloads, with its time on the 90 kHz clock."""
        with span("encode", pts=frame.pts):
            terms, rate = self._terms, self._damper.rate_bps
            picture = frame.reformat(terms.width, terms.height, "yuv420p", interpolation=SCALING)
            if force_keyframe:
                picture.pict_type = av.video.frame.PictureType.I
            if self._codec is None or self._codec.bit_rate != rate:
                self._codec = self._open(terms, rate)
            payloads = self._cut(b"".join(bytes(packet) for packet in self._codec.encode(picture)))
        self.encoded_pts = frame.pts
        return payloads, convert_timebase(frame.pts, frame.time_base, VIDEO_TIME_BASE)

    def _open(self, terms: VideoTerms, rate_bps: int) -> Any:
        raise NotImplementedError

    def _cut(self, data: bytes) -> list[bytes]:
        raise NotImplementedError


class SteadyVp8Encoder(SteadyEncoder, Vp8Encoder):  # type: ignore[misc]  # aiortc is untyped
    """VP8 by libvpx."""

    _picture_id = 0

    def _open(self, terms: VideoTerms, rate_bps: int) -> Any:
        codec = _new_codec("libvpx", terms, rate_bps)
        codec.qmin, codec.qmax = 4, 56
        codec.options = {
            "deadline": "realtime",
            "cpu-used": "-8",
            "lag-in-frames": "0",
            "error-resilient": "1",
            "bufsize": str(rate_bps),
            "minrate": str(rate_bps),
            "maxrate": str(rate_bps),
            "noise-sensitivity": "0",
            "overshoot-pct": "15",
            "undershoot-pct": "100",
            "static-thresh": "1",
        }
        return codec

    def _cut(self, data: bytes) -> list[bytes]:
        payloads: list[bytes] = self._packetize(data, self._picture_id)
        self._picture_id = (self._picture_id + 1) % (1 << 15)
        return payloads


class SteadyH264Encoder(SteadyEncoder, H264Encoder):  # type: ignore[misc]  # aiortc is untyped
    """H.264, constrained baseline: by NVENC where the card has it, else by x264 superfast."""

    def _open(self, terms: VideoTerms, rate_bps: int) -> Any:
        return _open_h264(h264_by(), terms, rate_bps)

    def _cut(self, data: bytes) -> list[bytes]:
        payloads: list[bytes] = self._packetize(self._split_bitstream(data))
        return payloads


def _new_codec(name: str, terms: VideoTerms, rate_bps: int) -> Any:
    codec = av.CodecContext.create(name, "w")
    codec.width, codec.height = terms.width, terms.height
    codec.pix_fmt = "yuv420p"
    codec.bit_rate = rate_bps
    codec.gop_size = KEY_FRAME_EVERY
    codec.thread_count = 1
    return codec


def _open_h264(name: str, terms: VideoTerms, rate_bps: int) -> Any:
    codec = _new_codec(name, terms, rate_bps)
    codec.framerate = fractions.Fraction(terms.fps)
    codec.time_base = fractions.Fraction(1, TICKS_PER_SECOND)
    codec.profile = "Baseline" if name == X264 else "baseline"
    rates = {"maxrate": str(rate_bps), "bufsize": str(rate_bps)}
    if name == X264:
        codec.options = {**rates, "preset": "superfast", "tune": "zerolatency", "forced-idr": "1"}
    else:
        codec.options = {**rates, "preset": "p1", "tune": "ull", "rc": "cbr", "zerolatency": "1"}
        codec.options = {**codec.options, "delay": "0", "forced-idr": "1"}
    return codec


@functools.cache
def h264_by() -> str:
    """Find, once, what encodes H.264 here: ``h264_nvenc`` if it encodes a picture, or ``libx264``.

    Returns:
        Its name in FFmpeg.
    """
    terms = VideoTerms("h264", 500, 256, 256, 25)
    picture = av.VideoFrame(terms.width, terms.height, "yuv420p")
    picture.pts, picture.time_base = 0, fractions.Fraction(1, TICKS_PER_SECOND)
    try:
        found = NVENC if _open_h264(NVENC, terms, 500_000).encode(picture) else X264
    except (av.FFmpegError, ValueError):  # no card, or one without the block
        found = X264
    logger.info("H.264 is encoded by %s", found)
    return found


ENCODERS: dict[str, type[SteadyEncoder]] = {"vp8": SteadyVp8Encoder, "h264": SteadyH264Encoder}


def install(sender: Any, terms: VideoTerms, clock: Clock) -> SteadyEncoder:
    """Give an aiortc sender the steady encoder of the codec that is agreed on.

    Args:
        sender: An ``RTCRtpSender`` that has not sent anything.
        terms: What is sent.
        clock: Spaces the changes of rate.

    Returns:
        The encoder.
    """
    assert hasattr(sender, ENCODER_ATTRIBUTE), "aiortc moved its encoder"
    encoder = ENCODERS[terms.codec](terms, clock)
    setattr(sender, ENCODER_ATTRIBUTE, encoder)
    return encoder
