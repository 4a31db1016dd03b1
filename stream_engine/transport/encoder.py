"""A VP8 encoder that keeps its bit rate: aiortc's rebuilds itself on every estimate."""

from dataclasses import dataclass, field
from typing import Any

import av
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.mediastreams import VIDEO_TIME_BASE, convert_timebase

from stream_engine.protocols import Clock
from stream_engine.telemetry.spans import span

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


class SteadyVp8Encoder(Vp8Encoder):  # type: ignore[misc]  # aiortc is untyped
    """VP8 for a face before a plain background: quick settings, one thread, damped rate.

    *Thread*: ``encode`` the loop's executor, one call at a time; ``target_bitrate`` the loop.
    ``encoded_pts`` is the time of the last picture encoded.

    Args:
        video_kbps: Highest bit rate.
        clock: Spaces the changes of rate.
    """

    def __init__(self, video_kbps: int, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._damper = RateDamper(video_kbps * 1000)
        self._codec: Any = None
        self._picture_id = 0
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
            picture = frame.reformat(format="yuv420p", interpolation="FAST_BILINEAR")
            if force_keyframe:
                picture.pict_type = av.video.frame.PictureType.I
            rate = self._damper.rate_bps
            codec = self._codec
            size = (picture.width, picture.height)
            if codec is None or codec.bit_rate != rate or (codec.width, codec.height) != size:
                codec = self._codec = _open_codec(picture.width, picture.height, rate)
            data = b"".join(bytes(packet) for packet in codec.encode(picture))
            payloads = self._packetize(data, self._picture_id)
        self._picture_id = (self._picture_id + 1) % (1 << 15)
        self.encoded_pts = frame.pts
        return payloads, convert_timebase(frame.pts, frame.time_base, VIDEO_TIME_BASE)


def _open_codec(width: int, height: int, rate_bps: int) -> Any:
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height = width, height
    codec.pix_fmt = "yuv420p"
    codec.bit_rate = rate_bps
    codec.gop_size = KEY_FRAME_EVERY
    codec.qmin, codec.qmax = 4, 56
    codec.thread_count = 1
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


def install(sender: Any, video_kbps: int, clock: Clock) -> SteadyVp8Encoder:
    """Give an aiortc sender the steady encoder; VP8 must have been negotiated.

    Args:
        sender: An ``RTCRtpSender`` that has not sent anything.
        video_kbps: Highest bit rate.
        clock: Spaces the changes of rate.

    Returns:
        The encoder.
    """
    assert hasattr(sender, ENCODER_ATTRIBUTE), "aiortc moved its encoder"
    encoder = SteadyVp8Encoder(video_kbps, clock)
    setattr(sender, ENCODER_ATTRIBUTE, encoder)
    return encoder
