"""Figures of docs/expression.md: ``python -m tests.measure_expression FOLDER [--profile NAME]``.

Cuts each recording of a folder at its loudest moment past the middle, where the mouth is open, and
lets a quiet room follow: that is the hardest end of speech, and the only one known to the sample.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from stream_engine.assemble import MODEL_FOLDER, open_hop
from stream_engine.audio.file_source import FileSource
from stream_engine.audio.resampler import Resampler
from stream_engine.config import SHIPPED_STEPS
from stream_engine.motion.arkit import ARKIT_COUNT, INDEX, MOUTH_NAMES
from stream_engine.motion.emotion import EMOTIONS, Manner
from stream_engine.motion.expression import Expression, ExpressionState
from stream_engine.motion.generator import MotionGenerator
from stream_engine.motion.performance import Performance, seeds_of
from stream_engine.motion.window import PROFILES, LatencyProfile
from stream_engine.pipeline import SpeechToMotion
from stream_engine.types import F32, MODEL_RATE_HZ, MOTION_FPS, AudioChunk
from tests.lips import Lips
from tests.paths import SAMPLE

LONGEST_S, BLINKS_FROM_S, CUT_S, ROOM_S, ROOM_DBFS, FADE_S = 15, 8, 4, 2, -62, 0.03
LID = INDEX["eyeBlinkLeft"]
BLOCK = 25


class Recorder(Expression):
    """Keeps what the model gave, and for which features."""

    def __init__(self, profile: LatencyProfile) -> None:
        super().__init__(profile)
        self.heard: list[tuple[F32, F32]] = []

    def step(
        self, state: ExpressionState, frames: F32, mel: F32, manner: F32
    ) -> tuple[F32, ExpressionState]:
        """Keep, then express."""
        self.heard.append((frames.copy(), mel.copy()))
        return super().step(state, frames, mel, manner)


def express_again(
    heard: list[tuple[F32, F32]], profile: LatencyProfile, manner: Manner, seed: int = 0
) -> F32:
    """What a recorder was given, in another manner: all frames from the first hop on, [T, D]."""
    expression, row = Expression(profile), manner.row()[None]
    state, shown = expression.initial_state(seeds_of(seed), row), []
    for frames, mel in heard:
        out, state = expression.step(state, frames, mel, row)
        shown.append(out[0])
    return np.concatenate(shown)


class Bench:
    """The shipped models with a recorder behind them."""

    def __init__(self, profile: str) -> None:
        self.profile = PROFILES[profile]
        self._hop = open_hop(MODEL_FOLDER, profile, SHIPPED_STEPS)

    def motion(self, samples: F32) -> tuple[F32, F32, list[tuple[F32, F32]]]:
        """Motion as shown, the model's own, and what the stage was given."""
        recorder = Recorder(self.profile)
        mouth = [INDEX[name] for name in MOUTH_NAMES]
        stream = SpeechToMotion(MotionGenerator(Performance(self._hop, recorder, shared=mouth)))
        runs = [*stream.feed(AudioChunk(0, samples, MODEL_RATE_HZ)), *stream.finish()]
        shown = np.concatenate([run.coefficients for run in runs])
        model = np.concatenate([frames for frames, _ in recorder.heard], axis=1)[0]
        first = self.profile.lookahead_frames
        return shown, model[first : first + len(shown)], recorder.heard

    def again(self, heard: list[tuple[F32, F32]], manner: Manner, frames: int) -> F32:
        """The same talk in another manner."""
        first = self.profile.lookahead_frames
        return express_again(heard, self.profile, manner)[first : first + frames]


def read(path: Path) -> F32:
    """Samples at 16 kHz."""
    with FileSource(path) as source:
        samples = np.concatenate([chunk.samples for chunk in source.chunks()])
        resampler = Resampler(source.rate_hz)
    runs = [*resampler.feed(AudioChunk(0, samples, source.rate_hz)), *resampler.finish()]
    return np.concatenate([run.samples for run in runs])[: LONGEST_S * MODEL_RATE_HZ]


def cut(samples: F32, random: np.random.Generator) -> tuple[F32, float]:
    """Speech that breaks off at its loudest, a room after it, and when that was, in ms."""
    samples = samples[: CUT_S * MODEL_RATE_HZ]
    power = np.convolve(samples**2, np.ones(800), "same")
    low, high = len(samples) // 2, len(samples) * 3 // 4
    end, fade = low + int(power[low:high].argmax()), int(FADE_S * MODEL_RATE_HZ)
    speech = samples[:end].copy()
    speech[-fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    room = random.standard_normal(ROOM_S * MODEL_RATE_HZ) * 10 ** (ROOM_DBFS / 20)
    return np.concatenate([speech, room]).astype(np.float32), 1000.0 * end / MODEL_RATE_HZ


def blinks(motion: F32) -> int:
    """How often the lids come down."""
    lid = motion[:, LID] > 0.5
    return int(np.count_nonzero(lid[1:] & ~lid[:-1]))


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


def closing(bench: Bench, talks: list[F32]) -> None:
    """How long the mouth stays open after speech."""
    random, lips = np.random.default_rng(0), Lips()
    waits: list[list[float]] = [[], []]
    for samples in talks:
        speech, end_ms = cut(samples, random)
        shown, model, _ = bench.motion(speech)
        for motion, found in ((model, waits[0]), (shown, waits[1])):
            last = np.nonzero(lips.middle(motion) > 0.5)[0].max(initial=-1) + 1
            found.append(max(0.0, last * 1000 / MOTION_FPS - end_ms))
    for name, found in zip(("model", "shown"), waits, strict=True):
        p50, p90, most = np.percentile(found, (50, 90, 100))
        within = np.mean(np.array(found) <= 200)
        say(
            f"closed (< 0.5 mm), {name}: p50 {p50:.0f}, p90 {p90:.0f}, longest {most:.0f} ms, "
            f"within 200 ms {within:.0%} of {len(found)}"
        )


def tolerance(bench: Bench, talks: list[F32]) -> None:
    """What emotions do to closed lips; how often eyes blink in speech and at rest."""
    lips, speech_s, counts = Lips(), 0.0, [0, 0]
    worst = {emotion: [0.0, 0.0, 1.0] for emotion in EMOTIONS[1:]}
    for samples in talks:
        shown, model, heard = bench.motion(samples)
        if len(shown) >= BLINKS_FROM_S * MOTION_FPS:  # shorter ones begin and end too soon
            speech_s += len(shown) / MOTION_FPS
            counts = [counts[0] + blinks(model), counts[1] + blinks(shown)]
        plain = bench.again(heard, Manner(), len(shown))
        closed = lips.middle(plain) < 1.0
        for emotion, row in worst.items():
            moved = bench.again(heard, Manner(emotion, 1.0), len(shown))
            apart = (lips.columns(moved) - lips.columns(plain))[closed]
            middle = (lips.middle(moved) - lips.middle(plain))[closed]
            alike = np.corrcoef(lips.middle(plain), lips.middle(moved))[0, 1]
            row[0] = max(row[0], float(apart.max(initial=0.0)))
            row[1] = max(row[1], float(-middle.min(initial=0.0)))
            row[2] = min(row[2], float(alike))
    for emotion, (opened, pressed, alike) in worst.items():
        say(
            f"{emotion}: closed lips opened at most {opened:.2f} mm anywhere, middle pressed "
            f"{pressed:.2f} mm, lowest gap r {alike:.3f}"
        )
    rates = [60 * count / max(speech_s, 1e-9) for count in counts]
    say(
        f"blinks a minute in {speech_s:.0f} s of speech: model {rates[0]:.1f}, shown {rates[1]:.1f}"
    )
    shown, model, _ = bench.motion(np.zeros(120 * MODEL_RATE_HZ, np.float32))
    heads = [np.degrees(m[:, ARKIT_COUNT:].std(axis=0)).round(2) for m in (model, shown)]
    say(
        f"two minutes of silence: blinks a minute model {blinks(model) / 2}, shown "
        f"{blinks(shown) / 2}; head spread in degrees model {heads[0]}, shown {heads[1]}"
    )


def cost(profile: str, heard: list[tuple[F32, F32]]) -> None:
    """Milliseconds a hop, of sessions that all hear the same talk, each from another moment on.

    Blocks of hops are timed, for the clock of a thread takes as long as a hop on some machines.
    """
    for batch in (1, 8, 32):
        shift = 37 * np.arange(batch)
        turns = [[heard[n % len(heard)] for n in at + shift] for at in range(len(heard))]
        inputs = [
            (np.concatenate([one for one, _ in turn]), np.concatenate([mel for _, mel in turn]))
            for turn in turns
        ]
        for emotion in ("neutral", "happy"):
            expression = Expression(PROFILES[profile])
            rows = Manner(emotion, 1.0).row()[None].repeat(batch, axis=0)
            state = expression.initial_state(np.arange(batch, dtype=np.uint64), rows)
            times = []
            for at in range(0, len(inputs) - BLOCK + 1, BLOCK):
                began = time.thread_time()  # of this thread alone: others use the machine too
                for frames, mel in inputs[at : at + BLOCK]:
                    _, state = expression.step(state, frames, mel, rows)
                times.append(1000 * (time.thread_time() - began) / BLOCK)
            p10, p50 = np.percentile(times, (10, 50))
            say(f"{profile}, {batch} sessions, {emotion}: {p10:.2f} ms a hop (p10), p50 {p50:.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder", type=Path, nargs="?", help="recordings, one voice each; without: cost alone"
    )
    parser.add_argument("--profile", choices=sorted(PROFILES), default="balanced")
    parser.add_argument("--files", type=int, default=60, help="how many of them (default 60)")
    options = parser.parse_args()
    bench = Bench(options.profile)
    cost(options.profile, bench.motion(read(SAMPLE))[2][2:-2])
    if options.folder is None:
        return
    paths = sorted(path for path in options.folder.iterdir() if path.is_file())
    talks = [read(path) for path in paths[:: max(1, len(paths) // options.files)][: options.files]]
    closing(bench, talks)
    tolerance(bench, talks)


if __name__ == "__main__":
    main()
