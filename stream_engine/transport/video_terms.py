"""What a client and the server agree on for the video: codec, bit rate, size, frame rate."""

from dataclasses import dataclass
from typing import Any

from aiortc import RTCRtpSender
from aiortc.sdp import SessionDescription

from stream_engine.config import EngineConfig
from stream_engine.errors import SignalingError
from stream_engine.types import MOTION_FPS, TICKS_PER_SECOND
from stream_engine.wire import Video

CODECS = {"vp8": "video/VP8", "h264": "video/H264"}
"""By the names clients use; the first that is offered is used unless they say."""

LEAST_KBPS = 100
LEAST_HEIGHT = 64
RATES = tuple(fps for fps in range(1, MOTION_FPS + 1) if TICKS_PER_SECOND % fps == 0)
"""Frame rates whose frames begin on whole ticks; the motion has no more than the last."""


@dataclass(frozen=True, slots=True)
class VideoTerms:
    """What is sent.

    Attributes:
        codec: ``vp8`` or ``h264``.
        kbps: Highest bit rate.
        width: In pixels, even.
        height: In pixels, even.
        fps: Pictures a second, one of `RATES`.
    """

    codec: str
    kbps: int
    width: int
    height: int
    fps: int

    @property
    def step(self) -> int:
        """Ticks per picture."""
        return TICKS_PER_SECOND // self.fps

    @property
    def capabilities(self) -> list[Any]:
        """As aiortc takes them; retransmission goes along."""
        wanted = (CODECS[self.codec], "video/rtx")
        known = RTCRtpSender.getCapabilities("video").codecs
        return [codec for codec in known if codec.mimeType in wanted]


def agree(video: Video, sdp: str, config: EngineConfig) -> VideoTerms:
    """Fit what a client wishes into what the server gives.

    Args:
        video: The wish; what it leaves open is the server's.
        sdp: The offer, as `usable_sdp` lets it through.
        config: Settings; no wish goes beyond them.

    Returns:
        The terms.

    Raises:
        SignalingError: If a wish cannot be had.
    """
    picture, most = config.render, config.server.video_kbps
    kbps, fps = video.kbps or most, video.fps or MOTION_FPS
    height = video.height or picture.height
    if not min(LEAST_KBPS, most) <= kbps <= most:
        raise _refusal("kbps", kbps, f"{LEAST_KBPS}..{most}")
    if not LEAST_HEIGHT <= height <= picture.height or height % 2:
        raise _refusal("height", height, f"{LEAST_HEIGHT}..{picture.height}, even")
    if fps not in RATES:
        raise _refusal("fps", fps, ", ".join(map(str, RATES)))
    width = 2 * round(picture.width * height / picture.height / 2)
    return VideoTerms(_codec(video.codec, sdp), kbps, width, height, fps)


def _codec(wish: str | None, sdp: str) -> str:
    if wish is not None and wish not in CODECS:
        raise _refusal("codec", wish, " or ".join(CODECS))
    sections = [part for part in SessionDescription.parse(sdp).media if part.kind == "video"]
    if not sections:
        return wish or next(iter(CODECS))
    offered = {codec.mimeType.lower() for part in sections for codec in part.rtp.codecs}
    for name in (wish,) if wish else CODECS:
        if CODECS[name].lower() in offered:
            return name
    raise SignalingError(
        "the offer has no video codec that could be used",
        got=", ".join(sorted(offered))[:120],
        expected=wish or " or ".join(CODECS),
    )


def _refusal(name: str, value: object, expected: str) -> SignalingError:
    return SignalingError(
        f"video.{name} cannot be had", got=repr(value)[:40], expected=expected, fix="leave it out"
    )
