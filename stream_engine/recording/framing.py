"""An ``.elo`` file as bytes: records, each with its length and a checksum over all before it.

::

    magic 8 | version 4 ║ length 4 | kind 1 | payload | checksum 4 ║ length 4 | ...

Numbers are little-endian. The checksum is CRC-32 of the record (length, kind, payload), begun with
the checksum of the record before, and for the first with that of magic and version: a record that
was altered, left out, doubled or moved is found. A file may end anywhere; what is whole before the
end is good.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from stream_engine.errors import RecordingError

MAGIC = b"\x89ELO\r\n\x1a\n"
"""Broken by whatever takes the file for text."""

VERSION = 1

MOST_PAYLOAD = 1 << 20
"""Longest payload, bytes; a greater length is damage."""

_PROLOGUE = struct.Struct("<8sI")
_HEAD = struct.Struct("<IB")
_CHECKSUM = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Record:
    """One record; of a kind that is not known a reader makes nothing.

    Attributes:
        kind: 0..255; see `content`.
        payload: As written.
    """

    kind: int
    payload: bytes


def prologue() -> bytes:
    """What a file begins with."""
    return _PROLOGUE.pack(MAGIC, VERSION)


def framed(record: Record, checksum: int) -> tuple[bytes, int]:
    """Write one record.

    Args:
        record: At most `MOST_PAYLOAD` bytes of payload.
        checksum: Of the record before; of the prologue for the first.

    Returns:
        Its bytes and its checksum.
    """
    assert len(record.payload) <= MOST_PAYLOAD
    body = _HEAD.pack(len(record.payload), record.kind) + record.payload
    checksum = zlib.crc32(body, checksum)
    return body + _CHECKSUM.pack(checksum), checksum


def first_checksum() -> int:
    """The checksum of the prologue."""
    return zlib.crc32(prologue())


def read_records(file: BinaryIO) -> Iterator[Record]:
    """Read whole records, one after the other, up to where the file ends.

    Args:
        file: At its beginning.

    Yields:
        The records; a last one that is not whole is left out.

    Raises:
        RecordingError: If it is no recording, of another version, or damaged: it says where.
    """
    start = file.read(_PROLOGUE.size)
    if start[: len(MAGIC)] != MAGIC or len(start) < _PROLOGUE.size:
        begins = f"one that begins with {start[:8]!r}"
        raise RecordingError("the file is no recording", got=begins, expected="an .elo")
    version = _PROLOGUE.unpack(start)[1]
    if version != VERSION:
        raise RecordingError(
            "a recording of another version",
            got=str(version),
            expected=str(VERSION),
            fix="replay it with the release of elocute that wrote it",
        )
    at, checksum = _PROLOGUE.size, first_checksum()
    while (head := file.read(_HEAD.size)) and len(head) == _HEAD.size:
        length, kind = _HEAD.unpack(head)
        if length > MOST_PAYLOAD:
            raise _damaged(at)
        rest = file.read(length + _CHECKSUM.size)
        if len(rest) < length + _CHECKSUM.size:
            return
        payload = rest[:length]
        checksum = zlib.crc32(payload, zlib.crc32(head, checksum))
        if _CHECKSUM.unpack(rest[length:])[0] != checksum:
            raise _damaged(at)
        at += len(head) + len(rest)
        yield Record(kind, payload)


def _damaged(at: int) -> RecordingError:
    return RecordingError(
        "the recording is damaged",
        got=f"a record at byte {at} that is not as it was written",
        fix="what stands before it is good; restore the rest from a copy",
    )
