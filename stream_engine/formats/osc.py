"""Open Sound Control 1.0: messages and bundles of the types that are needed here.

Source: Wright, 'The Open Sound Control 1.0 Specification', 2002.
"""

import struct
from collections.abc import Sequence

Argument = int | float | str

IMMEDIATELY = 1
"""Time tag of a bundle that is to take effect when it comes."""

_HEAD = b"#bundle\0"


def message(address: str, *arguments: Argument) -> bytes:
    """Write a message.

    Args:
        address: Begins with a slash.
        *arguments: Whole numbers (int32), numbers (float32) and text.

    Returns:
        Its bytes; a multiple of four.
    """
    tags, data = ",", b""
    for argument in arguments:
        if isinstance(argument, str):
            tags, data = tags + "s", data + text(argument)
        elif isinstance(argument, int):
            tags, data = tags + "i", data + struct.pack(">i", argument)
        else:
            tags, data = tags + "f", data + struct.pack(">f", argument)
    return text(address) + text(tags) + data


def text(value: str) -> bytes:
    """Write a string: UTF-8 and one to four zeros, up to a multiple of four."""
    data = value.encode("utf-8")
    return data + b"\0" * (4 - len(data) % 4)


def bundles(messages: Sequence[bytes], most: int) -> list[bytes]:
    """Put messages into as few bundles as fit, in order.

    Args:
        messages: From `message`.
        most: Longest bundle, bytes; one message that is longer has a bundle of its own.

    Returns:
        The bundles, each to be a datagram.
    """
    head = _HEAD + struct.pack(">q", IMMEDIATELY)
    out: list[bytes] = []
    for item in messages:
        element = struct.pack(">i", len(item)) + item
        if out and len(out[-1]) + len(element) <= most:
            out[-1] += element
        else:
            out.append(head + element)
    return out
