import pytest

from stream_engine.config import EngineConfig
from stream_engine.errors import SignalingError
from stream_engine.render_config import RenderConfig
from stream_engine.transport.video_terms import RATES, VideoTerms, agree
from stream_engine.types import TICKS_PER_SECOND
from stream_engine.wire import Video

SDP = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
m=video 9 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 0.0.0.0
a=mid:0
a=rtpmap:96 VP8/90000
a=rtpmap:97 H264/90000
"""
H264_ONLY = SDP.replace("96 97", "97").replace("a=rtpmap:96 VP8/90000\n", "")
CONFIG = EngineConfig(render=RenderConfig(width=640, height=512))


def test_what_is_left_open_is_the_servers() -> None:
    """Its own size and rate; the codec that costs least of those offered."""
    assert agree(Video(), SDP, CONFIG) == VideoTerms("vp8", 1500, 640, 512, 25)
    assert agree(Video(), H264_ONLY, CONFIG).codec == "h264"
    assert agree(Video(), SDP[: SDP.index("m=")], CONFIG).codec == "vp8"


def test_a_wish_is_fulfilled_where_it_can_be() -> None:
    """The width follows the height; frames begin on whole ticks."""
    terms = agree(Video("h264", 300, 256, 12), SDP, CONFIG)
    assert terms == VideoTerms("h264", 300, 320, 256, 12)
    assert terms.step == 4000
    assert {codec.mimeType for codec in terms.capabilities} == {"video/H264", "video/rtx"}
    assert all(TICKS_PER_SECOND % fps == 0 for fps in RATES)


@pytest.mark.parametrize(
    ("wish", "sdp"),
    [
        (Video(codec="av1"), SDP),
        (Video(codec="vp8"), H264_ONLY),
        (Video(), H264_ONLY.replace("H264", "AV1")),
        (Video(kbps=5000), SDP),
        (Video(kbps=-1), SDP),
        (Video(height=1024), SDP),
        (Video(height=255), SDP),
        (Video(fps=60), SDP),
        (Video(fps=7), SDP),
    ],
)
def test_a_wish_that_cannot_be_had_is_refused(wish: Video, sdp: str) -> None:
    """With what would do."""
    with pytest.raises(SignalingError) as caught:
        agree(wish, sdp, CONFIG)
    assert caught.value.expected
