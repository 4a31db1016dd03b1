"""A desk that writes at once into memory, and a disk that fills up."""

import errno
import io
from dataclasses import dataclass, field

from stream_engine.protocols import MotionSlots
from stream_engine.recording.content import HEAD, Head, unpack_json
from stream_engine.recording.framing import Record, read_records
from stream_engine.recording.reel import Reel
from stream_engine.recording.replay import Replayer
from stream_engine.recording.tape import Tape


class KeptFilm(io.BytesIO):
    """Implements `Film`; what was written can be read after it was closed."""

    data = b""

    def close(self) -> None:
        """Keep what is there."""
        if not self.closed:
            self.data = self.getvalue()
        super().close()


class FullFilm(KeptFilm):
    """Implements `Film` of a disk with room for so many bytes: then half a write, then ENOSPC."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        """Take what fits."""
        free = self.room - self.tell()
        if free <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data[:free])


@dataclass
class MemoryDisk:
    """Implements `Disk`.

    Attributes:
        room: Of each file.
        free: What it says is free.
        films: By name.
    """

    room: int = 1 << 40
    free: int = 1 << 50
    films: dict[str, FullFilm] = field(default_factory=dict)

    def open(self, name: str) -> FullFilm:
        """Make a file."""
        return self.films.setdefault(name, FullFilm(self.room))

    def free_bytes(self) -> int:
        """Say what is free."""
        return self.free


@dataclass
class PromptDesk:
    """Implements `Desk`: writes each record when it comes, into one film for each session.

    Attributes:
        room: Records taken before there is no more room.
        reels: By tape.
        films: By tape.
        causes: Why tapes were cut.
    """

    room: int = 1 << 40
    reels: dict[Tape, Reel] = field(default_factory=dict)
    films: dict[Tape, KeptFilm] = field(default_factory=dict)
    causes: list[str] = field(default_factory=list)

    def put(self, tape: Tape, kind: int, payload: bytes) -> bool:
        """Write."""
        if self.room <= 0:
            return False
        self.room -= 1
        if tape not in self.reels:
            self.films[tape] = KeptFilm()
            self.reels[tape] = Reel(self.films[tape])
        self.reels[tape].add(kind, payload)
        return True

    def over(self, tape: Tape, cause: str) -> None:
        """Take note."""
        del tape
        self.causes.append(cause)

    def written(self, tape: Tape) -> bytes:
        """End a recording and give its file."""
        assert tape.end is not None
        self.reels[tape].end(tape.end)
        return self.films[tape].data


def records_of(data: bytes) -> list[Record]:
    """Every whole record of a file."""
    return list(read_records(io.BytesIO(data)))


def head_of(data: bytes) -> Head:
    """What a recording begins with."""
    first = records_of(data)[0]
    assert first.kind == HEAD
    return unpack_json(Head, first.payload)


def replayed(data: bytes, slots: MotionSlots) -> Replayer:
    """Replay a file."""
    replayer = Replayer(slots, head_of(data))
    for record in records_of(data)[1:]:
        replayer.take(record)
    return replayer
