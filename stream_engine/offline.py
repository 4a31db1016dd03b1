"""A speech file through the live pipeline: the same stages, fed by a file, as fast as they go."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from stream_engine.audio.file_source import FileSource
from stream_engine.errors import ConfigError, StreamEngineError
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.protocols import Clock, FrameSink, HeadPoser, MotionStream, Renderer
from stream_engine.render_config import RenderConfig
from stream_engine.transport.motion_sink import Head, check_kind, open_motion
from stream_engine.transport.movie_file import MovieFile, check_movie
from stream_engine.types import MOTION_FPS, TICKS_PER_FRAME, MotionFrames

STAGES = ("decode", "motion", "mesh", "render", "encode")


@dataclass(frozen=True, slots=True)
class RenderJob:
    """What to make of which file.

    Attributes:
        speech: Speech file of any kind.
        movie: Movie to write, or None.
        motion: Motion to write, or None; the suffix says how.

    Raises:
        ConfigError: If there is no such kind of movie or motion, or it would take the place of the
            speech.
    """

    speech: Path
    movie: Path | None = None
    motion: Path | None = None

    def __post_init__(self) -> None:
        if self.motion is not None:
            check_kind(self.motion)
        if self.movie is not None:
            check_movie(self.movie)
        for path in (self.movie, self.motion):
            if path is not None and path.resolve() == self.speech.resolve():
                raise ConfigError(
                    "what is written would take the place of the speech",
                    got=str(path),
                    fix="write to another file",
                )


@dataclass(slots=True)
class RenderReport:
    """What was made and what it cost.

    Attributes:
        frames: Motion frames made.
        seconds: Wall time spent, by stage.
    """

    frames: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    @property
    def real_time_factor(self) -> float:
        """Seconds of talk made per second of work."""
        return self.frames / MOTION_FPS / max(sum(self.seconds.values()), 1e-9)


@dataclass(frozen=True, slots=True)
class RenderStages:
    """The stages of one job; poser and renderer may be missing if no movie is wanted.

    Attributes:
        motion: Speech to motion.
        poser: Coefficients to vertices.
        renderer: Draws.
        head: Gives the head, for motion that comes with one.
    """

    motion: MotionStream
    poser: HeadPoser | None
    renderer: Renderer | None
    head: Head = load_head_asset


Progress = Callable[[float, float | None], None]
"""Told the seconds made so far, and of how many if the file says."""


class OfflineRender:
    """Runs one job.

    Args:
        job: What to make.
        stages: The live pipeline's own stages.
        config: Picture size.
        clock: Wall time, for the report.
    """

    def __init__(
        self, job: RenderJob, stages: RenderStages, config: RenderConfig, clock: Clock
    ) -> None:
        self._job = job
        self._stages = stages
        self._config = config
        self._clock = clock
        self.report = RenderReport()
        self._movie: MovieFile | None = None
        self._sink: FrameSink | None = None
        self._begun: list[Path] = []

    def run(self, progress: Progress) -> RenderReport:
        """Read the speech to its end; a file begun is removed again if that fails.

        Args:
            progress: Told after every chunk.

        Returns:
            Frames and times.

        Raises:
            StreamEngineError: If the speech cannot be read or the files cannot be written.
        """
        try:
            with ExitStack() as stack:
                source = stack.enter_context(FileSource(self._job.speech))
                self._open(stack, source.rate_hz)
                self._pump(source, progress)
        except StreamEngineError:
            for path in self._begun:  # others may hold what an earlier run made
                with suppress(OSError):
                    path.unlink()
            raise
        return self.report

    def _open(self, stack: ExitStack, rate_hz: int) -> None:
        if self._job.motion is not None:
            self._sink = open_motion(self._job.motion, self._stages.head)
            self._begun.append(self._job.motion)
            stack.callback(self._sink.close)
        if self._job.movie is not None:
            size = (self._config.width, self._config.height)
            self._movie = MovieFile(self._job.movie, size, MOTION_FPS, rate_hz)
            self._begun.append(self._job.movie)
            stack.callback(self._movie.close)

    def _pump(self, source: FileSource, progress: Progress) -> None:
        chunks = source.chunks()
        while True:
            with self._timed("decode"):
                chunk = next(chunks, None)
            with self._timed("motion"):
                stream = self._stages.motion
                frames = stream.finish() if chunk is None else stream.feed(chunk)
            if chunk is not None and self._movie is not None:
                with self._timed("encode"):
                    self._movie.write_audio(chunk)
            self._write(frames)
            progress(self.report.frames / MOTION_FPS, source.duration_s)
            if chunk is None:
                return

    def _write(self, runs: Sequence[MotionFrames]) -> None:
        for run in runs:
            self.report.frames += len(run.coefficients)
            if self._sink is not None:
                self._sink.write(run)
            if self._movie is not None:
                self._draw(run, self._movie)

    def _draw(self, run: MotionFrames, movie: MovieFile) -> None:
        poser, renderer = self._stages.poser, self._stages.renderer
        assert poser is not None
        assert renderer is not None
        for offset, coefficients in enumerate(run.coefficients):
            with self._timed("mesh"):
                mesh = poser.pose((run.start + offset) * TICKS_PER_FRAME, coefficients)
            with self._timed("render"):
                picture = renderer.render(mesh)
            with self._timed("encode"):
                movie.write(picture)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = self._clock.now()
        yield
        self.report.seconds[stage] += self._clock.now() - began
