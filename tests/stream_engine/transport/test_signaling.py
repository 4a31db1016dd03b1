import pytest

from stream_engine.errors import SignalingError
from stream_engine.transport.signaling import candidates_of, usable_sdp
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


OFFER = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=mid:0
a=ice-ufrag:ours
a=ice-pwd:0123456789012345678901
"""
HOST = "a=candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host"
HIDDEN = HOST.replace("192.0.2.7", "0a1b.local")


def test_late_candidates_are_read_and_hidden_names_left_out() -> None:
    """All go the way of the first section; the end is told."""
    found, complete = candidates_of(f"a=ice-ufrag:ours\r\nm=x\r\n{HOST}\r\n{HIDDEN}\r\n", OFFER)
    assert [(one.ip, one.port, one.sdpMid) for one in found] == [("192.0.2.7", 50000, "0")]
    assert not complete
    assert candidates_of("a=end-of-candidates\r\n", OFFER) == ([], True)


@pytest.mark.parametrize(
    "fragment",
    ["a=ice-ufrag:theirs\r\n", "a=candidate:1 1 udp x y z", "\r\n".join([HOST] * 65)],
)
def test_late_candidates_that_cannot_be_used_are_refused(fragment: str) -> None:
    """Of another session, unreadable, too many."""
    with pytest.raises(SignalingError):
        candidates_of(fragment, OFFER)
