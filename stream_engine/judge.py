"""``elocute judge``: does a face say what its voice says, and when? Anyone's face.

Offered to the ``elocute`` command by entry point; what it needs is imported when it runs.
"""

import argparse
import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stream_engine.config import EngineConfig
from stream_engine.errors import AssetError, AudioError, ConfigError, TransportError
from stream_engine.setting_checks import check_targets
from stream_engine.types import F32, MODEL_RATE_HZ, MOTION_FPS, TICKS_PER_SECOND, AudioChunk

if TYPE_CHECKING:
    from stream_engine.judge_report import JudgeReport
    from stream_engine.monitor.recording_ears import HeardRecording
    from stream_engine.transport.face_recording import FaceRecording


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``judge`` to the commands of ``elocute``."""
    parser = commands.add_parser("judge", help="does a face say what its voice says, and when?")
    parser.description = (
        "Hold any facial motion with ARKit's shapes against the speech it goes with: score, lag, "
        "drift, what is wrong where. docs/judge.md says what the numbers are worth."
    )
    option = parser.add_argument
    option("--audio", type=Path, required=True, metavar="FILE", help="the speech, any sound file")
    option(
        "--motion",
        type=Path,
        required=True,
        metavar="FILE",
        help=".csv (Live Link Face, Audio2Face), .json (Audio2Face), .glb or .gltf",
    )
    option("--fps", type=float, help="frames a second of MOTION, where it does not say")
    option("--json", type=Path, metavar="FILE", help="write all of it, second by second")
    option("--picture", type=Path, metavar="FILE", help="write a picture of it (.svg)")
    option("--units", type=Path, metavar="FILE", help="write what both say, every 20 ms")
    option("--fail-below", type=float, metavar="SCORE", help="status 1 if the score is lower")
    parser.set_defaults(command=run, config=None)


def run(options: argparse.Namespace, config: EngineConfig) -> int:
    """Judge and tell.

    Args:
        options: The command line.
        config: Not used: all that can be set stands on the command line.

    Returns:
        Exit status: 0; 1 if the score is below what was asked, or nothing could be judged then.

    Raises:
        ConfigError: If an option cannot be.
        AssetError: If the motion or the ears cannot be read, or too little of a mouth is there.
        AudioError: If the sound cannot be read.
        TransportError: If a file cannot be written.
    """
    del config
    from stream_engine.judge_picture import draw
    from stream_engine.judge_report import as_json, as_text, units_table
    from stream_engine.monitor.verdict import QUIET

    _check(options)
    report, heard = judge_files(options.audio, options.motion, options.fps)
    if options.json is not None:
        _write(options.json, json.dumps(as_json(report), indent=1) + "\n")
    if options.picture is not None:
        _write(options.picture, draw(report, heard))
    if options.units is not None:
        _write(options.units, units_table(heard, report.judgement.whole.lag_ms))
    print(as_text(report))  # noqa: T201
    if options.fail_below is None:
        return 0
    silent = report.verdict.kind == QUIET
    return int(silent or report.judgement.whole.score < options.fail_below)


def judge_files(
    audio: Path, motion: Path, fps: float | None = None
) -> "tuple[JudgeReport, HeardRecording]":
    """Judge a face in one file against the voice in another.

    Args:
        audio: Any sound file.
        motion: See `stream_engine.transport.motion_source.read_face`.
        fps: Likewise.

    Returns:
        All there is to say, and what the ears heard.

    Raises:
        ConfigError: If the motion is of a kind that cannot be read, or the rate cannot be.
        AssetError: If the motion or the ears cannot be read, or too little of a mouth is there.
        AudioError: If the sound cannot be read.
    """
    from stream_engine.assemble_monitor import open_streaming_ears, read_calibration
    from stream_engine.judge_report import JudgeReport
    from stream_engine.monitor.recording_ears import hear_recording
    from stream_engine.monitor.recording_judge import judge_recording
    from stream_engine.monitor.verdict import verdict_of
    from stream_engine.transport.motion_source import read_face

    ears, calibration = open_streaming_ears(), read_calibration()
    try:
        face = read_face(motion, fps)
        _check_mouth(face, motion)
        samples, coefficients = speech_of(audio), face.motion()
        mel = _mel_of(samples)
        frames = min(len(coefficients), len(mel) // 4)
        heard = hear_recording(ears, coefficients[:frames], mel[: 4 * frames])
    finally:
        ears.close()
    judgement = judge_recording(heard, calibration)
    report = JudgeReport(
        audio=(str(audio), len(samples) / MODEL_RATE_HZ),
        motion=(str(motion), len(coefficients) / MOTION_FPS),
        face=face,
        judgement=judgement,
        verdict=verdict_of(judgement, len(face.moving)),
        about=_about(),
    )
    return report, heard


def speech_of(path: Path) -> F32:
    """Read a whole sound file as the ears hear it, without the resampler's delay.

    Args:
        path: Any sound file, or a movie with sound.

    Returns:
        16 kHz, float32 [N].

    Raises:
        AudioError: If it cannot be read, or lasts no frame.
    """
    from stream_engine.audio.file_source import FileSource
    from stream_engine.audio.resampler import Resampler

    with FileSource(path) as source:
        resampler = Resampler(source.rate_hz)
        parts = [plain.samples for chunk in source.chunks() for plain in resampler.feed(chunk)]
    parts += [plain.samples for plain in resampler.finish()]
    samples = np.concatenate([np.zeros(0, np.float32), *parts])
    samples = samples[resampler.group_delay * MODEL_RATE_HZ // TICKS_PER_SECOND :]
    if len(samples) < MODEL_RATE_HZ // MOTION_FPS:
        raise AudioError("sound lasts no frame", got=f"{len(samples)} samples in {path}")
    return samples


def _mel_of(samples: F32) -> F32:
    from stream_engine.features.log_mel import LogMelExtractor

    features = LogMelExtractor()
    blocks = [*features.feed(AudioChunk(0, samples, MODEL_RATE_HZ)), *features.finish()]
    return np.concatenate([block.values for block in blocks])


def _check(options: argparse.Namespace) -> None:
    if options.fail_below is not None and not 0.0 <= options.fail_below <= 1.0:
        raise ConfigError("--fail-below is out of range", got=f"{options.fail_below:g}",
                          expected="0..1")  # fmt: skip
    if options.picture is not None and options.picture.suffix.lower() != ".svg":
        raise ConfigError(
            "picture of a kind that cannot be drawn",
            got=str(options.picture),
            expected=".svg",
            fix="any browser shows SVG, and can print it",
        )
    check_targets(options.json, options.picture, options.units)


def _check_mouth(face: "FaceRecording", path: Path) -> None:
    from stream_engine.judge_report import LEAST_MOUTH_SHARE

    mouth = len(face.mouth) + len(face.missing)
    if len(face.mouth) < LEAST_MOUTH_SHARE * mouth or "jawOpen" not in face.names:
        raise AssetError(
            "too little of a mouth to judge",
            got=f"{len(face.mouth)} of {mouth} shapes in {path}, without "
            f"{', '.join(face.missing[:5])}",
            expected=f"jawOpen and at least {LEAST_MOUTH_SHARE * 100:.0f} % of the mouth's shapes",
            fix="export all of ARKit's shapes",
        )


def _about() -> dict[str, str]:
    """Which engine and which ears judged."""
    from stream_engine import assemble_monitor as monitor

    try:
        engine = version("elocute")
    except PackageNotFoundError:
        engine = "not installed"
    files = sorted(path for path in monitor.MONITOR_FOLDER.iterdir() if path.is_file())
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in files}
    return {"elocute": engine, **hashes}


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise TransportError.unwritable("result", path, error) from error
