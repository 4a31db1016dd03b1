import fractions

import av
import numpy as np
from aiortc import RTCRtpSender
from aiortc.codecs.vpx import Vp8Decoder, vp8_depayload
from aiortc.jitterbuffer import JitterFrame
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.transport.encoder import (
    ENCODER_ATTRIBUTE,
    FLOOR_BPS,
    HOLD_DOWN_S,
    RateDamper,
    SteadyVp8Encoder,
)
from tests.fakes.clock import ManualClock


def picture(level: int, pts: int) -> av.VideoFrame:
    """A plain grey picture."""
    rgb = np.full((64, 64, 3), level, np.uint8)
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    frame.pts, frame.time_base = pts, fractions.Fraction(1, 48_000)
    return frame


def decode(decoder: Vp8Decoder, payloads: list[bytes], timestamp: int) -> list[av.VideoFrame]:
    """Decode what was made for RTP."""
    data = b"".join(vp8_depayload(payload) for payload in payloads)
    return decoder.decode(JitterFrame(data, timestamp))


def test_what_is_encoded_can_be_decoded_and_keeps_its_time() -> None:
    """Grey in, grey out, 1/48,000 s turned into 1/90,000 s."""
    encoder, decoder = SteadyVp8Encoder(500, ManualClock()), Vp8Decoder()
    for index in range(3):
        payloads, timestamp = encoder.encode(picture(120, index * 1920))
        assert timestamp == index * 3600
        (frame,) = decode(decoder, payloads, timestamp)
        assert abs(int(frame.to_ndarray(format="rgb24").mean()) - 120) < 4


def test_a_key_frame_comes_when_asked_for() -> None:
    """A peer that lost the picture gets one that stands alone."""
    encoder = SteadyVp8Encoder(500, ManualClock())
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
    encoder = SteadyVp8Encoder(1000, ManualClock())
    encoder.target_bitrate = 400_000
    assert encoder.target_bitrate == 400_000
    assert ENCODER_ATTRIBUTE in RTCRtpSender.__init__.__code__.co_names
    assert ENCODER_ATTRIBUTE in RTCRtpSender._next_encoded_frame.__code__.co_names
