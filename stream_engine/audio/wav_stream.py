"""A WAV file as it comes down a pipe, when nobody knows yet how long it will be."""

import struct
from dataclasses import dataclass

import numpy as np

from stream_engine.audio.check import check_rate
from stream_engine.errors import AudioError
from stream_engine.types import F32

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_MOST_HEADER = 1 << 16
_MOST_CHANNELS = 8
_FORMAT = struct.Struct("<HHIIHH")
_SUBFORMAT_AT = 24
_EXPECTED = "a WAV file of PCM (8, 16, 24 or 32 bits) or 32-bit floats"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How samples are written."""

    code: int
    channels: int
    rate_hz: int
    bits: int


class WavStream:
    """Reads a WAV file piece by piece; any chunking gives the same samples.

    Programs that write to a pipe cannot come back to say how long it was: a length of 0, or one
    that is longer than what comes, means up to the end.

    *Latency*: 0. *State*: the header, then less than a sample. *Thread*: any, one at a time.
    *Buffers*: results are the caller's.
    """

    def __init__(self) -> None:
        self._waiting = b""
        self._kind: _Kind | None = None
        self._left: int | None = None
        self._in_data = False

    @property
    def rate_hz(self) -> int:
        """Samples in a second; 0 until that is known."""
        return self._kind.rate_hz if self._kind and self._in_data else 0

    def feed(self, data: bytes) -> F32:
        """Take bytes that follow on from the last.

        Args:
            data: Of the file.

        Returns:
            Samples that became whole, channels averaged, float32 [N] in -1..1.

        Raises:
            AudioError: If it is no WAV file, or of a kind that cannot be read.
        """
        self._waiting += data
        if not self._in_data:
            self._read_header()
        if not self._in_data or self._kind is None:
            return np.zeros(0, np.float32)
        frame = self._kind.channels * self._kind.bits // 8
        whole = len(self._waiting) if self._left is None else min(len(self._waiting), self._left)
        whole -= whole % frame
        taken, self._waiting = self._waiting[:whole], self._waiting[whole:]
        if self._left is not None:
            self._left -= whole
            if self._left < frame:  # what follows is no sound
                self._waiting = b""
        return _samples(taken, self._kind)

    def _read_header(self) -> None:
        """Go through chunks up to ``data``, as far as they have come."""
        head = self._waiting[:12]
        if not (head[:4] == b"RIFF"[: len(head[:4])] and head[8:] == b"WAVE"[: len(head[8:])]):
            raise AudioError(
                "sound is no WAV file", got=f"{head!r} at its beginning", expected=_EXPECTED
            )
        at = 12
        while len(self._waiting) >= at + 8:
            name, size = self._waiting[at : at + 4], _size(self._waiting, at + 4)
            if name == b"data" and self._kind is not None:
                self._left = size or None
                self._waiting = self._waiting[at + 8 :]
                self._in_data = True
                return
            end = at + 8 + size + size % 2
            if end > _MOST_HEADER:
                raise AudioError(
                    "a WAV file's header does not end", got=f"{size} bytes of {name!r}",
                    expected=f"sound within {_MOST_HEADER} bytes",
                )  # fmt: skip
            if len(self._waiting) < end:
                return
            if name == b"fmt ":
                self._kind = _kind_of(self._waiting[at + 8 : end])
            at = end


def _size(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _kind_of(chunk: bytes) -> _Kind:
    if len(chunk) < _FORMAT.size:
        raise AudioError("a WAV file's format is cut short", got=f"{len(chunk)} bytes")
    code, channels, rate_hz, _, _, bits = _FORMAT.unpack_from(chunk)
    if code == _EXTENSIBLE and len(chunk) >= _SUBFORMAT_AT + 2:
        code = int.from_bytes(chunk[_SUBFORMAT_AT : _SUBFORMAT_AT + 2], "little")
    known = bits in (8, 16, 24, 32) if code == _PCM else code == _FLOAT and bits == 32
    if not known or not 1 <= channels <= _MOST_CHANNELS:
        raise AudioError(
            "a WAV file of this kind cannot be read",
            got=f"format {code}, {bits} bits, {channels} channels",
            expected=f"{_EXPECTED}, 1 to {_MOST_CHANNELS} channels",
        )
    check_rate(rate_hz)
    return _Kind(code, channels, rate_hz, bits)


def _samples(data: bytes, kind: _Kind) -> F32:
    if kind.code == _FLOAT:
        raw = np.nan_to_num(np.frombuffer(data, "<f4")).clip(-1.0, 1.0)
    elif kind.bits == 8:
        raw = (np.frombuffer(data, np.uint8).astype(np.float32) - 128.0) / 128.0
    elif kind.bits == 16:
        raw = np.frombuffer(data, "<i2").astype(np.float32) / 32768.0
    elif kind.bits == 24:
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        raw = wide.view("<i4")[:, 0].astype(np.float32) / 2.0**31
    else:
        raw = np.frombuffer(data, "<i4").astype(np.float32) / 2.0**31
    mono: F32 = raw.reshape(-1, kind.channels).mean(axis=1, dtype=np.float32)
    return mono
