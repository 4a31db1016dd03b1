"""Who is at the other end of a WebRTC connection."""

from enum import Enum


class Role(Enum):
    """What the other end does."""

    CALLS = "speaks and watches"
    SPEAKS = "speaks"
    WATCHES = "watches"
