import dataclasses
import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from stream_engine.recording.content import SOUND, End
from stream_engine.recording.disk import FolderDisk
from stream_engine.recording.tape import Tape
from stream_engine.recording.writer import TICK_S, Writer
from stream_engine.service_config import RecordingConfig
from stream_engine.telemetry.metrics import Tally
from tests.fakes.clock import ManualClock
from tests.fakes.recording import FullFilm, MemoryDisk, head_of, records_of, replayed
from tests.fakes.stages import FakeStages
from tests.stream_engine.recording.test_replay import FRAME, Studio

CONFIG = RecordingConfig(folder="somewhere", keep_free_mb=10)
LOUD = np.random.default_rng(2).normal(0, 0.1, 100 * FRAME).astype(np.float32)


class Room:
    """A studio whose desk is a real writer, worked by hand."""

    def __init__(
        self, disk: MemoryDisk | FolderDisk, config: RecordingConfig = CONFIG, waiting: int = 9999
    ) -> None:
        self.studio = Studio(FakeStages())
        self.clock = ManualClock()
        self.tally = Tally()
        self.writer = Writer(config, disk, self.tally, self.clock, waiting)
        self.studio.desk = self.writer  # type: ignore[assignment]

    def talk(self, seconds: int = 4, writing: bool = True) -> Tape:
        """One session from beginning to end, which must not notice anything."""
        lane, tape = self.studio.join()
        for frame in range(25 * seconds):
            self.studio.speak(lane, LOUD[frame * FRAME : frame * FRAME + FRAME])
            self.studio.engine.run_once()
            self.clock.advance(0.04)
            if writing:
                self.writer.work()
        self.studio.engine.remove(lane)
        tape.finish(lane.error)
        self.writer.work()
        self.writer.tick()
        assert lane.tally.count("motion_frames_total") == 25 * seconds - 2
        return tape

    def cut(self, cause: str) -> int:
        return self.tally.count(f'recordings_cut_total{{cause="{cause}"}}')


def only(disk: MemoryDisk) -> FullFilm:
    (film,) = disk.films.values()
    return film


def test_a_session_is_written_to_its_end() -> None:
    """Whole, and it replays."""
    disk = MemoryDisk()
    room = Room(disk)
    room.talk()
    verdict = replayed(only(disk).data, room.studio.stages.motion_slots("balanced", 1)).verdict
    assert (verdict.whole, verdict.bit_exact, verdict.frames) == (True, True, 98)
    assert room.tally.count("recordings_total") == 1
    assert next(iter(disk.films)).endswith("Z-s.elo")


def test_what_is_written_within_a_second_is_there_after_a_crash() -> None:
    """Even of a session that says little."""
    disk = MemoryDisk()
    room = Room(disk)
    lane, _ = room.studio.join()
    room.studio.speak(lane, LOUD[:FRAME])
    room.writer.work()
    assert SOUND not in [record.kind for record in records_of(only(disk).getvalue())]
    room.clock.advance(TICK_S)
    room.studio.speak(lane, LOUD[:160])
    room.writer.work()
    assert SOUND in [record.kind for record in records_of(only(disk).getvalue())]


@pytest.mark.parametrize("kilobytes", [0, 1, 70, 150, 200])
def test_a_disk_that_fills_up_cuts_the_recording_and_nothing_else(
    kilobytes: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Wherever it happens: the file is whole up to there, counted, logged; the session goes on."""
    disk = MemoryDisk(room=kilobytes * 1024 + 20)
    room = Room(disk)
    tape = room.talk()
    assert tape.end is not None
    assert tape.end.cut
    assert tape.end.cause == "disk: No space left on device"
    assert (room.cut("disk"), caplog.text.count("is cut")) == (1, 1)
    film = only(disk)
    assert film.closed
    if kilobytes:
        verdict = replayed(film.data, room.studio.stages.motion_slots("balanced", 1)).verdict
        assert verdict.bit_exact
        assert not verdict.whole
        assert verdict.frames < 98
    room.writer.work()
    assert not room.writer._reels
    assert not room.writer._taken


def test_a_disk_that_cannot_be_written_costs_the_recording_only() -> None:
    """No file can be made: counted, and nothing is kept in memory for it."""

    class NoDisk(MemoryDisk):
        def open(self, name: str) -> FullFilm:
            raise OSError(errno.EROFS, "Read-only file system")

    room = Room(NoDisk())
    tape = room.talk()
    assert tape.end == End(cut=True, cause="disk: Read-only file system")
    assert (room.cut("disk"), room.tally.count("recordings_total")) == (1, 0)
    assert not room.writer._taken


def test_room_is_kept_on_the_disk() -> None:
    """Below the floor no recording begins, and those that run end."""
    disk = MemoryDisk(free=5 << 20)
    room = Room(disk)
    assert room.talk().end == End(True, "disk: less is free than recording.keep_free_mb")
    assert not disk.films
    disk.free = 11 << 20
    lane, tape = room.studio.join()
    room.studio.speak(lane, LOUD[: 20 * FRAME])
    room.studio.engine.run_once()
    room.writer.work()
    disk.free = 9 << 20
    room.writer.tick()
    assert tape.end is not None
    assert tape.end.cut
    verdict = replayed(only(disk).data, room.studio.stages.motion_slots("balanced", 1)).verdict
    assert verdict.bit_exact
    assert verdict.end == tape.end


def test_a_writer_that_does_not_keep_up_cuts_recordings_without_holes() -> None:
    """A slow disk: the queue is full, the recording ends there and says so; the call goes on."""
    disk = MemoryDisk()
    room = Room(disk, waiting=120)
    tape = room.talk(writing=False)
    assert tape.end == End(cut=True, cause="queue")
    assert room.cut("queue") == 1
    verdict = replayed(only(disk).data, room.studio.stages.motion_slots("balanced", 1)).verdict
    assert verdict.bit_exact
    assert verdict.end == tape.end
    assert 0 < verdict.samples < 100 * FRAME
    assert verdict.samples % 160 == 0


def test_a_file_gets_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within what is written in a second."""
    monkeypatch.setattr("stream_engine.recording.writer.MIB", 100_000)
    disk = MemoryDisk()
    room = Room(disk, dataclasses.replace(CONFIG, most_mb=1))
    assert room.talk().end == End(cut=True, cause="limit: recording.most_mb")
    assert room.cut("limit") == 1
    assert replayed(only(disk).data, room.studio.stages.motion_slots("balanced", 1)).verdict.frames


def test_a_fault_of_the_writer_cuts_the_recording_it_was_at(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is logged as what it is, and the thread goes on."""

    class BrokenFilm(FullFilm):
        def write(self, data: bytes, /) -> int:
            if self.tell() > 60_000:
                raise ValueError("a bug")
            return super().write(data)

    class BrokenDisk(MemoryDisk):
        def open(self, name: str) -> FullFilm:
            return self.films.setdefault(name, BrokenFilm(self.room))

    room = Room(BrokenDisk())
    assert room.talk().end == End(cut=True, cause="error")
    assert room.cut("error") == 1
    assert "a bug" in caplog.text


def test_closing_writes_what_waits_and_ends_every_file(tmp_path: Path) -> None:
    """Sessions that nobody closed are ended too; the thread stops."""
    room = Room(FolderDisk(tmp_path), dataclasses.replace(CONFIG, keep_free_mb=0))
    room.writer.start()
    lane, tape = room.studio.join()
    for frame in range(30):
        room.studio.speak(lane, LOUD[frame * FRAME : frame * FRAME + FRAME])
        room.studio.engine.run_once()
    room.writer.close()
    assert not room.writer._thread.is_alive()
    (path,) = tmp_path.iterdir()
    verdict = replayed(path.read_bytes(), room.studio.stages.motion_slots("balanced", 1)).verdict
    assert (verdict.whole, verdict.samples) == (True, 30 * FRAME)
    assert tape.end == End()
    assert head_of(path.read_bytes()).session == "s"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 200 KiB, where one may be mounted."""
    place = tmp_path / "small"
    place.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root mounts file systems")
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_real_disk_that_is_full_leaves_a_file_that_replays(small_disk: Path) -> None:
    """The kernel's own ENOSPC, in the middle of a record."""
    room = Room(FolderDisk(small_disk), dataclasses.replace(CONFIG, keep_free_mb=0))
    tape = room.talk()
    assert tape.end == End(cut=True, cause="disk: No space left on device")
    (path,) = small_disk.iterdir()
    verdict = replayed(path.read_bytes(), room.studio.stages.motion_slots("balanced", 1)).verdict
    assert verdict.bit_exact
    assert verdict.frames > 24
    assert not verdict.whole
