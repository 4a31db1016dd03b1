"""What is done to an offer before aiortc sees it."""

import re

from aiortc import RTCIceCandidate
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError
from aiortc.sdp import SessionDescription, candidate_from_sdp

from stream_engine.errors import SignalingError
from stream_engine.wire import Offer

BAD_OFFER = (
    AssertionError,
    AttributeError,
    IndexError,
    InvalidAccessError,
    InvalidStateError,
    KeyError,
    OperationError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
)
"""What aiortc raises for an SDP it cannot use."""

MAX_CANDIDATES = 64
"""At once; a browser with many networks finds a dozen."""

_UFRAG = re.compile(r"^a=ice-ufrag:(\S+)", re.MULTILINE)


def usable_sdp(offer: Offer) -> str:
    """Check an offer and take out what would only cost time.

    Browsers hide their addresses behind ``.local`` names until the microphone is allowed; looking
    one up takes a second where there is no multicast. The browser's own checks reach the server
    anyway, so the names are dropped, and with them the promise that the list is complete.

    Args:
        offer: As received.

    Returns:
        The SDP to use.

    Raises:
        SignalingError: If it is not a complete, bundled offer with an audio section.
    """
    if offer.type != "offer":
        raise SignalingError("not an offer", got=repr(offer.type)[:40], expected="'offer'")
    lines = offer.sdp.splitlines()
    kept = [line for line in lines if not (line.startswith("a=candidate:") and ".local" in line)]
    if len(kept) < len(lines):
        kept = [line for line in kept if line != "a=end-of-candidates"]
    text = "\r\n".join(kept) + "\r\n"
    try:
        fault = _fault_of(SessionDescription.parse(text))
    except BAD_OFFER as error:
        fault = f"{type(error).__name__} while reading it"
        raise _refusal(offer, fault) from error
    if fault:
        raise _refusal(offer, fault)
    return text


def candidates_of(fragment: str, offer: str) -> tuple[list[RTCIceCandidate], bool]:
    """Read candidates that were found after the offer; ``.local`` names are left out.

    Args:
        fragment: ``application/trickle-ice-sdpfrag`` (RFC 8840).
        offer: The SDP it follows.

    Returns:
        The candidates, and whether there are no more.

    Raises:
        SignalingError: If a line cannot be read, or they are of another ICE session.
    """
    ufrags = set(_UFRAG.findall(fragment))
    if not ufrags <= set(_UFRAG.findall(offer)):
        raise SignalingError(
            "candidates of another ICE session",
            got=f"a=ice-ufrag:{sorted(ufrags)[0]}"[:80],
            expected="the offer's a=ice-ufrag",
            fix="this server does not restart ICE: open a new session",
        )
    found: list[RTCIceCandidate] = []
    # In a BUNDLE everything goes the way of the first section, whichever a candidate stands under.
    first = SessionDescription.parse(offer).media[0].rtp.muxId
    for line in fragment.splitlines():
        if not line.startswith("a=candidate:") or ".local" in line:
            continue
        try:
            candidate = candidate_from_sdp(line.removeprefix("a=candidate:").strip())
        except BAD_OFFER as error:
            raise SignalingError(
                "a candidate cannot be read",
                got=repr(line)[:120],
                expected="a=candidate: as ICE writes it (RFC 8839)",
            ) from error
        candidate.sdpMid = first
        found.append(candidate)
        if len(found) > MAX_CANDIDATES:
            raise SignalingError("too many candidates", expected=f"at most {MAX_CANDIDATES}")
    return found, "a=end-of-candidates" in fragment.split()


def _fault_of(description: SessionDescription) -> str:
    """Say what aiortc would stumble over half-way; empty when nothing."""
    media = description.media
    names = [section.rtp.muxId for section in media]
    bundles = [group.items for group in description.group if group.semantic == "BUNDLE"]
    if not any(section.kind == "audio" for section in media):
        return "no m=audio section"
    if any(section.kind not in ("audio", "video", "application") for section in media):
        return "a section that is neither audio, video nor data channel"
    if not all(names) or len(set(names)) < len(names):
        return "sections without a=mid, or with the same one"
    if bundles != [names]:
        return "sections that are not all in one a=group:BUNDLE"
    for section in media:
        if not (section.ice.usernameFragment and section.ice.password):
            return "a section without a=ice-ufrag and a=ice-pwd"
        if section.dtls is None or not section.dtls.fingerprints:
            return "a section without a=fingerprint"
    return ""


def _refusal(offer: Offer, fault: str) -> SignalingError:
    return SignalingError(
        "the SDP offer cannot be used",
        got=f"{fault}: {offer.sdp[:40]!r}",
        expected="a complete offer with an m=audio section, everything in one BUNDLE",
        fix="send RTCPeerConnection.localDescription.sdp as it is",
    )
