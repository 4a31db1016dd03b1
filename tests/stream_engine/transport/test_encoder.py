import fractions

import av
import numpy as np
import pytest
from aiortc import RTCRtpSender
from aiortc.codecs.h264 import H264Decoder, h264_depayload
from aiortc.codecs.vpx import Vp8Decoder, vp8_depayload
from aiortc.jitterbuffer import JitterFrame
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.transport.encoder import (
    ENCODER_ATTRIBUTE,
    FLOOR_BPS,
    HOLD_DOWN_S,
    RateDamper,
    SteadyEncoder,
    SteadyH264Encoder,
    SteadyVp8Encoder,
    h264_by,
)
from stream_engine.transport.video_terms import VideoTerms
from tests.fakes.clock import ManualClock


def picture(level: int, pts: int) -> av.VideoFrame:
    """A plain grey picture."""
    rgb = np.full((64, 64, 3), level, np.uint8)
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    frame.pts, frame.time_base = pts, fractions.Fraction(1, 48_000)
    return frame


def terms(codec: str, kbps: int, size: int = 64) -> VideoTerms:
    """Small pictures."""
    return VideoTerms(codec, kbps, size, size, 25)


def decode(decoder: Vp8Decoder, payloads: list[bytes], timestamp: int) -> list[av.VideoFrame]:
    """Decode what was made for RTP."""
    data = b"".join(vp8_depayload(payload) for payload in payloads)
    return decoder.decode(JitterFrame(data, timestamp))


def test_what_is_encoded_can_be_decoded_and_keeps_its_time() -> None:
    """Grey in, grey out, 1/48,000 s turned into 1/90,000 s."""
    encoder, decoder = SteadyVp8Encoder(terms("vp8", 500), ManualClock()), Vp8Decoder()
    for index in range(3):
        payloads, timestamp = encoder.encode(picture(120, index * 1920))
        assert timestamp == index * 3600
        (frame,) = decode(decoder, payloads, timestamp)
        assert abs(int(frame.to_ndarray(format="rgb24").mean()) - 120) < 4


def test_a_key_frame_comes_when_asked_for() -> None:
    """A peer that lost the picture gets one that stands alone."""
    encoder = SteadyVp8Encoder(terms("vp8", 500), ManualClock())
    encoder.encode(picture(120, 0))
    payloads, timestamp = encoder.encode(picture(60, 1920), force_keyframe=True)
    (frame,) = decode(Vp8Decoder(), payloads, timestamp)
    assert abs(int(frame.to_ndarray(format="rgb24").mean()) - 60) < 4


def test_small_changes_of_the_estimate_are_not_followed() -> None:
    """A fifth less costs no key frame."""
    damper = RateDamper(1_000_000)
    assert damper.propose(800_000, 10.0) == 1_000_000
    assert damper.propose(5_000_000, 20.0) == 1_000_000


def test_a_large_drop_is_followed_but_not_at_once_again() -> None:
    """Two drops within two seconds are one."""
    damper = RateDamper(1_000_000)
    assert damper.propose(600_000, 10.0) == 600_000
    assert damper.propose(300_000, 10.0 + HOLD_DOWN_S / 2) == 600_000
    assert damper.propose(300_000, 10.0 + HOLD_DOWN_S) == 300_000


@given(st.lists(st.tuples(st.integers(0, 10_000_000), st.floats(0.0, 3.0)), max_size=60))
def test_the_rate_changes_rarely_and_stays_in_its_range(
    estimates: list[tuple[int, float]],
) -> None:
    """Whatever the estimates: at most one change per ``HOLD_DOWN_S``, never above the setting."""
    damper = RateDamper(1_500_000)
    now, changes, rate = 0.0, 0, damper.rate_bps
    for estimate, wait in estimates:
        now += wait
        new = damper.propose(estimate, now)
        changes += new != rate
        rate = new
        assert FLOOR_BPS <= rate <= 1_500_000
    assert changes <= 1 + now / HOLD_DOWN_S


def test_the_sender_takes_the_estimate_through_aiortcs_own_name() -> None:
    """Aiortc sets ``target_bitrate`` and keeps its encoder where ``install`` puts one."""
    encoder = SteadyVp8Encoder(terms("vp8", 1000), ManualClock())
    encoder.target_bitrate = 400_000
    assert encoder.target_bitrate == 400_000
    assert ENCODER_ATTRIBUTE in RTCRtpSender.__init__.__code__.co_names
    assert ENCODER_ATTRIBUTE in RTCRtpSender._next_encoded_frame.__code__.co_names


def test_h264_can_be_decoded_keeps_its_time_and_the_size_agreed_on() -> None:
    """A picture twice as large comes out as small as was wished; a key frame stands alone."""
    assert h264_by() in ("libx264", "h264_nvenc")
    encoder = SteadyH264Encoder(terms("h264", 500, 32), ManualClock())
    for index, level in enumerate((120, 60)):
        payloads, timestamp = encoder.encode(picture(level, index * 1920), force_keyframe=True)
        assert timestamp == index * 3600
        data = b"".join(h264_depayload(payload) for payload in payloads)
        (frame,) = H264Decoder().decode(JitterFrame(data, timestamp))
        assert (frame.width, frame.height) == (32, 32)
        assert abs(int(frame.to_ndarray(format="rgb24").mean()) - level) < 4


@pytest.mark.parametrize("kind", [SteadyVp8Encoder, SteadyH264Encoder])
def test_a_noisy_talk_stays_near_its_rate(kind: type[SteadyEncoder]) -> None:
    """Five seconds of pictures that hardly compress take no more than a quarter too much."""
    generator, size = np.random.default_rng(3), 0
    codec = "vp8" if kind is SteadyVp8Encoder else "h264"
    encoder = kind(terms(codec, 300, 128), ManualClock())
    still = generator.integers(0, 255, (128, 128, 3), dtype=np.uint8)
    for index in range(125):
        rgb = np.roll(still, 2 * index, axis=0)
        frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
        frame.pts, frame.time_base = index * 1920, fractions.Fraction(1, 48_000)
        size += sum(map(len, encoder.encode(frame)[0]))
    assert size * 8 / 5 < 1.25 * 300_000
