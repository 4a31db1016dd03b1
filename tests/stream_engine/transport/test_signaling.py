import pytest

from stream_engine.config import ServerConfig
from stream_engine.errors import SignalingError
from stream_engine.transport.signaling import ice_servers, usable_sdp
from stream_engine.wire import Offer

SDP = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=candidate:1 1 udp 2113937151 0a1b.local 50000 typ host
a=candidate:2 1 udp 2113937150 192.0.2.7 50001 typ host
a=end-of-candidates
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=fingerprint:sha-256 00:11
a=setup:actpass
a=mid:0
a=sendrecv
a=rtcp-mux
a=rtpmap:111 opus/48000/2
""".replace("\n", "\r\n")


def test_hidden_addresses_are_not_looked_up() -> None:
    """``.local`` goes, and the promise that the list is complete with it; the rest stays."""
    lines = usable_sdp(Offer(SDP, "offer")).splitlines()
    assert not any(".local" in line for line in lines)
    assert "a=end-of-candidates" not in lines
    assert sum("192.0.2.7" in line for line in lines) == 1


def test_without_hidden_addresses_nothing_changes() -> None:
    """Line for line."""
    sdp = SDP.replace("0a1b.local", "192.0.2.6")
    assert usable_sdp(Offer(sdp, "offer")) == sdp


@pytest.mark.parametrize(
    "offer",
    [
        Offer("", "offer"),
        Offer("hello", "offer"),
        Offer(SDP, "answer"),
        Offer(SDP.replace("m=audio", "m=video"), "offer"),
        Offer(SDP.replace("m=audio", "m=text"), "offer"),
        Offer(SDP.replace("a=mid:0\r\n", ""), "offer"),
        Offer(SDP.replace("a=group:BUNDLE 0\r\n", ""), "offer"),
        Offer(SDP.replace("a=ice-pwd", "a=x"), "offer"),
        Offer(SDP.replace("a=fingerprint", "a=x"), "offer"),
        Offer(SDP.replace("m=audio 9", "m=audio nine"), "offer"),
    ],
)
def test_what_is_no_offer_of_audio_is_refused(offer: Offer) -> None:
    """Each is a SignalingError."""
    with pytest.raises(SignalingError):
        usable_sdp(offer)


def test_no_server_outside_is_asked_unless_configured() -> None:
    """The default is an empty list, which aiortc does not replace by its own."""
    assert ice_servers(ServerConfig()) == []
    (server,) = ice_servers(ServerConfig(ice_servers=("stun:192.0.2.1:3478",)))
    assert server.urls == "stun:192.0.2.1:3478"
