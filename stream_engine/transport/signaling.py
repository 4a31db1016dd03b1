"""What is done to an offer before aiortc sees it."""

from typing import Any

from aiortc import RTCIceServer
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError

from stream_engine.config import ServerConfig
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
    TypeError,
    ValueError,
)
"""What aiortc raises for an SDP it cannot use."""


def ice_servers(config: ServerConfig) -> list[Any]:
    """Build aiortc's list from the settings alone: aiortc's default asks a public server."""
    return [RTCIceServer(urls=url) for url in config.ice_servers]


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
        SignalingError: If it is not an offer with an audio section.
    """
    if offer.type != "offer":
        raise SignalingError("not an offer", got=repr(offer.type)[:40], expected="'offer'")
    lines = offer.sdp.splitlines()
    if not lines or lines[0] != "v=0" or not any(line.startswith("m=audio ") for line in lines):
        raise SignalingError(
            "the SDP offer cannot be used",
            got=repr(offer.sdp[:40]),
            expected="SDP that starts with v=0 and has an m=audio section",
            fix="send RTCPeerConnection.localDescription.sdp as it is",
        )
    kept = [line for line in lines if not (line.startswith("a=candidate:") and ".local" in line)]
    if len(kept) < len(lines):
        kept = [line for line in kept if line != "a=end-of-candidates"]
    return "\r\n".join(kept) + "\r\n"
