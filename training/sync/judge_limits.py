"""What `elocute judge` makes of a face that is right but unlike those its ears learned from.

``python -m training.sync.judge_limits`` prints the table of docs/judge.md.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from stream_engine.assemble import Assembly
from stream_engine.assemble_monitor import open_streaming_ears, read_calibration
from stream_engine.audio.file_source import SAMPLE
from stream_engine.config import EngineConfig
from stream_engine.features.log_mel import MELS_PER_FRAME, LogMelExtractor
from stream_engine.judge import speech_of
from stream_engine.monitor.recording_ears import hear_recording
from stream_engine.monitor.recording_judge import Stretch, judge_recording
from stream_engine.motion.arkit import ARKIT_COUNT, INDEX, MOUTH_NAMES
from stream_engine.types import F32, MODEL_RATE_HZ, MOTION_FPS, AudioChunk

DRAWS = 10
SIZES = (0.3, 0.4, 0.5, 2.0, 3.0)
SHARES = (0.9, 0.8, 0.7, 0.6, 0.5)
RATES = (5, 10, 15, 20)
NOISES = (0.01, 0.02, 0.05)
MEANS = (3, 5)

Judge = Callable[[F32], Stretch]


def with_size(motion: F32, size: float) -> F32:
    """The face moves so much more, or less."""
    sized = motion * np.float32(size)
    sized[:, :ARKIT_COUNT] = sized[:, :ARKIT_COUNT].clip(0.0, 1.0)
    return sized


def with_some_shapes(motion: F32, share: float, rng: np.random.Generator) -> F32:
    """Of the mouth's shapes only such a share is there, jawOpen always; drawn anew."""
    others = [name for name in MOUTH_NAMES if name != "jawOpen"]
    lost = rng.choice(others, len(MOUTH_NAMES) - round(share * len(MOUTH_NAMES)), replace=False)
    left = motion.copy()
    left[:, [INDEX[name] for name in lost]] = 0.0
    return left


def at_rate(motion: F32, fps: float) -> F32:
    """Recorded at another rate, and read as the command reads it: straight lines between frames."""
    here = np.arange(len(motion)) / MOTION_FPS
    there = np.arange(0.0, here[-1] + 1e-9, 1.0 / fps)
    columns = [np.interp(here, there, np.interp(there, here, column)) for column in motion.T]
    return np.stack(columns, axis=1).astype(np.float32)


def with_noise(motion: F32, size: float, rng: np.random.Generator) -> F32:
    """Every weight of every frame is off by so much, as of a tracker that trembles."""
    noisy: F32 = (motion + rng.normal(0.0, size, motion.shape)).astype(np.float32)
    return noisy


def smoothed(motion: F32, frames: int) -> F32:
    """The mean over so many frames."""
    padded = np.pad(motion, ((frames // 2, frames // 2), (0, 0)), mode="edge")
    columns = [np.convolve(column, np.ones(frames) / frames, "valid") for column in padded.T]
    return np.stack(columns, axis=1).astype(np.float32)


def rows(motion: F32, judge: Judge, seed: int = 0) -> Iterator[str]:
    """Judge a face in all these ways.

    Args:
        motion: One that is in sync, float32 [T, D].
        judge: Gives what is said of a face as a whole.
        seed: Of what is drawn.

    Yields:
        Lines of a table: what was done, mean score, its lowest and highest over draws, lag.
    """
    rng = np.random.default_rng(seed)
    yield _row("as it is", [judge(motion)])
    for size in SIZES:
        yield _row(f"moves {size:g} times as far", [judge(with_size(motion, size))])
    for share in SHARES:
        draws = [judge(with_some_shapes(motion, share, rng)) for _ in range(DRAWS)]
        yield _row(f"{share:.0%} of the mouth's shapes, {DRAWS} draws", draws)
    for fps in RATES:
        yield _row(f"{fps} frames a second", [judge(at_rate(motion, fps))])
    for noise in NOISES:
        draws = [judge(with_noise(motion, noise, rng)) for _ in range(DRAWS)]
        yield _row(f"weights tremble by {noise:g}, {DRAWS} draws", draws)
    for frames in MEANS:
        yield _row(f"mean over {1000 * frames // MOTION_FPS} ms", [judge(smoothed(motion, frames))])


def _row(what: str, found: Sequence[Stretch]) -> str:
    scores = [stretch.score for stretch in found]
    spread = f" ({min(scores):.2f} to {max(scores):.2f})" if len(scores) > 1 else ""
    lag = float(np.median([stretch.lag_ms for stretch in found]))
    sure = float(np.median([stretch.confidence for stretch in found]))
    return f"| {what} | {np.mean(scores):.2f}{spread} | {lag:.0f} | {sure:.2f} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table.

    Args:
        arguments: Command line without the program's name; the real one by default.

    Returns:
        Exit status 0.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", type=Path, default=SAMPLE, help="speech (default: the sample)")
    options = parser.parse_args(arguments)
    samples = speech_of(options.audio)
    chunk = AudioChunk(0, samples, MODEL_RATE_HZ)
    stream, features = Assembly(EngineConfig()).motion_stream("balanced"), LogMelExtractor()
    runs = [*stream.feed(chunk), *stream.finish()]
    mel = np.concatenate([block.values for block in [*features.feed(chunk), *features.finish()]])
    motion = np.concatenate([run.coefficients for run in runs])[: len(mel) // MELS_PER_FRAME]
    ears, calibration = open_streaming_ears(), read_calibration()

    def judge(face: F32) -> Stretch:
        heard = hear_recording(ears, face, mel[: MELS_PER_FRAME * len(face)])
        return judge_recording(heard, calibration).whole

    print("| the face | score | lag, ms | confidence |\n|---|---|---|---|")
    for row in rows(motion, judge):
        print(row)
    ears.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
