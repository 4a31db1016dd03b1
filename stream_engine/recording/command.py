"""``elocute replay``: a recorded session performed again, and compared bit by bit."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from stream_engine.config import AUTO, EngineConfig
from stream_engine.errors import BackendUnavailable, RecordingError, StreamEngineError
from stream_engine.recording.content import HEAD, SOUND, Head, unpack_json, unpack_sound
from stream_engine.recording.framing import Record, read_records
from stream_engine.recording.replay import Replayer, Verdict
from stream_engine.recording.versions import apart, versions_here
from stream_engine.transport.motion_sink import check_kind, open_motion
from stream_engine.types import (
    F32,
    MODEL_RATE_HZ,
    MOTION_FPS,
    SAMPLES_PER_FRAME,
    TICKS_PER_FRAME,
    AudioChunk,
    MotionFrames,
)

if TYPE_CHECKING:
    from stream_engine.assemble import Assembly


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``replay`` to the commands of ``elocute``."""
    parser = commands.add_parser("replay", help="perform a recorded session again, bit by bit")
    parser.description = (
        "Perform a recorded session again with the same speech, seed, events and levels, and "
        "compare what leaves with what left then. Exit status 0: every bit is the same."
    )
    option = parser.add_argument
    option("recording", type=Path, metavar="FILE", help="an .elo file (docs/recording.md)")
    option("--motion", type=Path, help="motion to write: .csv, .json or .glb, as elocute render")
    option("--movie", type=Path, help="movie to write (.mp4), with what the model heard as sound")
    option("--json", action="store_true", help="print what was found as JSON")
    option("--config", type=Path, help="TOML file of settings: engines, avatar, picture size")
    parser.set_defaults(command=run)


class Take:
    """What left the session, as it was in the end, and its sound; kept where files are wanted.

    *State*: the whole session.

    Args:
        kept: Whether to keep anything.
    """

    def __init__(self, kept: bool) -> None:
        self._kept = kept
        self._faces: dict[int, F32] = {}
        self._sound: list[F32] = []

    def hear(self, record: Record) -> None:
        """Take the sound of a record that has any."""
        if self._kept and record.kind == SOUND:
            self._sound.append(unpack_sound(record.payload).samples)

    def see(self, frames: MotionFrames) -> None:
        """Take motion; what comes after a cut replaces what was there."""
        if self._kept:
            self._faces |= dict(enumerate(frames.coefficients, frames.start))

    def motion(self) -> Iterator[MotionFrames]:
        """Give every frame once, in order; where there was none, the face stood still."""
        if not self._faces:
            return
        first, last = min(self._faces), max(self._faces)
        face = self._faces[first]
        for frame in range(last + 1):
            face = self._faces.get(frame, face)
            yield MotionFrames(frame, face[None])

    def sound(self) -> Iterator[AudioChunk]:
        """Give what the model heard, a second at a time."""
        start = 0
        for samples in self._sound:
            yield AudioChunk(start, samples, MODEL_RATE_HZ)
            start += len(samples)


def run(options: argparse.Namespace, config: EngineConfig) -> int:
    """Replay, write what is wanted, and say what was found.

    Args:
        options: Of the command line.
        config: Settings.

    Returns:
        Exit status: 0 if every bit is the same.

    Raises:
        RecordingError: If the file is none, or is damaged; what stands before is told.
        StreamEngineError: If a file cannot be written.
    """
    if options.motion is not None:
        check_kind(options.motion)
    take = Take(options.motion is not None or options.movie is not None)
    damage: RecordingError | None = None
    with ExitStack() as stack:
        file = stack.enter_context(_opened(options.recording))
        records = read_records(file)
        head = _head(next(records, None))
        assembly = _assembly(head, config)
        stack.callback(assembly.close)
        replayer = Replayer(assembly.motion_slots(head.profile, 1), head)
        try:
            _perform(records, replayer, take)
        except RecordingError as error:
            damage = error
        here = versions_here(assembly.setting)
        _write(options, take, assembly, config)
    verdict = replayer.verdict
    differences = apart(head.versions, here)
    if options.json:
        _say(json.dumps(_as_json(head, verdict, differences, damage), indent=2))
    else:
        for line in _lines(head, verdict, differences, damage is None):
            _say(line)
    if damage is not None:
        raise damage
    return 0 if verdict.bit_exact else 1


def _perform(records: Iterator[Record], replayer: Replayer, take: Take) -> None:
    for record in records:
        take.hear(record)
        for frames in replayer.take(record):
            take.see(frames)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        said = f"{path}: {error.strerror or error}"
        raise RecordingError(
            "the recording cannot be read", got=said, expected="a file that a server wrote, .elo"
        ) from error


def _head(record: Record | None) -> Head:
    if record is None or record.kind != HEAD:
        raise RecordingError(
            "the recording has no head", got="a file that was cut off before anything was said"
        )
    return unpack_json(Head, record.payload)


def _assembly(head: Head, config: EngineConfig) -> "Assembly":
    """The stages as recorded; on another backend, and said so, where that one cannot be had."""
    from stream_engine.assemble import Assembly

    motion = dataclasses.replace(
        config.motion,
        profile=head.profile,
        steps=head.steps,
        seed=head.seed,
        shed=head.shed,
        backend=head.backend,
        precision=head.precision,
    )
    monitor = dataclasses.replace(config.monitor, enabled=head.boosts, acts=head.boosts)
    config = dataclasses.replace(config, monitor=monitor)
    try:
        return Assembly(dataclasses.replace(config, motion=motion))
    except BackendUnavailable as error:
        print(f"elocute replay: {error}; replayed without it", file=sys.stderr)  # noqa: T201
    other = dataclasses.replace(motion, backend=AUTO, precision=AUTO, engines="")
    return Assembly(dataclasses.replace(config, motion=other))


def _write(
    options: argparse.Namespace, take: Take, assembly: "Assembly", config: EngineConfig
) -> None:
    from stream_engine.heads import head_asset

    avatar = config.render.avatar
    if options.motion is not None:
        head = partial(head_asset, avatar, config.render.avatars_folder)
        sink = open_motion(options.motion, head)
        try:
            for frames in take.motion():
                sink.write(frames)
        finally:
            sink.close()
    if options.movie is not None:
        _film(options.movie, take, assembly, config)


def _film(path: Path, take: Take, assembly: "Assembly", config: EngineConfig) -> None:
    from stream_engine.transport.movie_file import MovieFile

    avatar, size = config.render.avatar, (config.render.width, config.render.height)
    poser, renderer = assembly.head_poser(avatar), assembly.renderer(avatar)
    movie = MovieFile(path, size, MOTION_FPS, MODEL_RATE_HZ)
    sound = take.sound()
    voiced = 0
    for frames in take.motion():
        while voiced <= frames.start * SAMPLES_PER_FRAME and (chunk := next(sound, None)):
            movie.write_audio(chunk)
            voiced += len(chunk.samples)
        mesh = poser.pose(frames.start * TICKS_PER_FRAME, frames.coefficients[0])
        movie.write(renderer.render(mesh))
    movie.close()
    renderer.close()


def _as_json(
    head: Head,
    verdict: Verdict,
    differences: dict[str, tuple[str, str]],
    damage: StreamEngineError | None,
) -> dict[str, object]:
    return {
        "session": head.session,
        "begun": head.begun,
        "profile": head.profile,
        "bit_exact": verdict.bit_exact,
        "frames": verdict.frames,
        "seconds": verdict.seconds,
        "first_difference_s": verdict.differing[0] if verdict.differing else None,
        "differing_s": verdict.differing,
        "furthest": verdict.furthest,
        "windows": verdict.windows,
        "levels": verdict.levels,
        "events": verdict.events,
        "whole": verdict.whole and damage is None,
        "end": None if verdict.end is None else dataclasses.asdict(verdict.end),
        "damage": None if damage is None else str(damage),
        "versions": head.versions,
        "other_here": {name: here for name, (_, here) in differences.items()},
    }


def _lines(
    head: Head, verdict: Verdict, differences: dict[str, tuple[str, str]], good: bool
) -> Iterator[str]:
    events = ", ".join(f"{name} {count}" for name, count in verdict.events.items()) or "none"
    levels = ", ".join(f"{level}: {count}" for level, count in sorted(verdict.levels.items()))
    yield (f"session {head.session} of {head.begun}, {verdict.seconds:.2f} s, {head.profile}; "
           f"windows by level {levels or 'none'}; events {events}")  # fmt: skip
    if verdict.end is not None and verdict.end.cause:
        yield f"the {'recording was cut' if verdict.end.cut else 'session ended'}: " \
              f"{verdict.end.cause}"  # fmt: skip
    elif verdict.end is None and good:
        yield "the file is cut off here; what was sent after the last whole record is not in it"
    if verdict.bit_exact:
        yield f"bit-exact: {verdict.frames} frames"
        return
    yield (f"differs from second {verdict.differing[0]} on, in {len(verdict.differing)} of the "
           f"pieces of about a second in {verdict.frames} frames")  # fmt: skip
    if verdict.furthest is not None:
        yield f"  no coefficient by more than {verdict.furthest:.3g}"
    for name, (recorded, here) in differences.items():
        yield f"  {name}: recorded with {recorded or 'none'}, here {here or 'none'}"
    if not differences:
        yield "  nothing that was recorded of model, backend and machine is another here"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
