"""One ``.elo`` file being written: whole records only, whatever the disk does."""

from contextlib import suppress
from typing import Protocol

import numpy as np

from stream_engine.recording.content import (
    END,
    HEAD,
    MOTION,
    SOUND,
    End,
    Sound,
    pack_json,
    pack_motion,
    pack_sound,
)
from stream_engine.recording.framing import Record, first_checksum, framed, prologue

BLOCK_BYTES = 64_000
"""Speech packed together: a second, as float32."""

BROKEN = ("disk", "error")
"""How the causes of a cut begin after which only the end itself is written, if that."""

_MOST_LATER = 256
"""Other records that wait for their speech."""


class Film(Protocol):
    """Where the bytes go; a file without a buffer of its own."""

    def write(self, data: bytes, /) -> int | None:
        """Take bytes; how many were taken."""
        ...

    def truncate(self, size: int, /) -> int:
        """Forget what comes after so many bytes."""
        ...

    def seek(self, offset: int, /) -> int:
        """Go on writing there."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Reel:
    """Packs records and writes them, speech a second at a time.

    Speech is written before what was told after it, so whatever the file's end cuts off, what a
    record needs stands before it.

    *State*: a second of speech and what came with it. *Thread*: one.

    Args:
        film: Empty; closed in the end.

    Attributes:
        size: Bytes of whole records in the file.
    """

    def __init__(self, film: Film) -> None:
        self._film = film
        self._checksum = first_checksum()
        self._sound: list[bytes] = []
        self._sound_bytes = 0
        self._heard = 0
        self._later: list[Record] = []
        self.size = 0
        self._write(prologue())

    def add(self, kind: int, payload: bytes) -> None:
        """Take a record; of speech and motion the numbers alone, as float32.

        Args:
            kind: See `content`.
            payload: Of that kind.

        Raises:
            OSError: If what is there could not be written; the file ends with a whole record.
        """
        if kind == SOUND:
            self._sound.append(payload)
            self._sound_bytes += len(payload)
        elif kind == MOTION:
            self._later.append(Record(MOTION, pack_motion(np.frombuffer(payload, "<f4"))))
        else:
            self._later.append(Record(kind, payload))
        full = self._sound_bytes >= BLOCK_BYTES or len(self._later) >= _MOST_LATER
        if full or kind == HEAD:
            self.flush()

    def flush(self) -> None:
        """Write what waits; OSError, and the file ends with a whole record, if that fails."""
        records, self._later = self._later, []
        if self._sound:
            samples = np.frombuffer(b"".join(self._sound), "<f4")
            sound = Sound(self._heard, samples)
            self._heard += len(samples)
            self._sound, self._sound_bytes = [], 0
            records = [Record(SOUND, pack_sound(sound)), *records]
        self._put(records)

    def end(self, end: End) -> None:
        """Write what waits and how it ended, and close the file.

        Args:
            end: How.

        Raises:
            OSError: If even that could not be written; the file is closed all the same.
        """
        try:
            if not end.cause.startswith(BROKEN) or not end.cut:
                self.flush()
            self._put([Record(END, pack_json(end))])
        finally:
            with suppress(OSError):
                self._film.close()

    def _put(self, records: list[Record]) -> None:
        data, checksum = bytearray(), self._checksum
        for record in records:
            body, checksum = framed(record, checksum)
            data += body
        self._write(bytes(data))
        self._checksum = checksum

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._film.write(bytes(rest)) or 0 :]
        except OSError:
            with suppress(OSError):
                self._film.truncate(self.size)
                self._film.seek(self.size)
            raise
        self.size += len(data)
