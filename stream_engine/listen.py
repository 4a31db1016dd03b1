"""``elocute listen``: hears what a moving face says.

Offered to the ``elocute`` command by entry point; what it needs is imported when it runs.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stream_engine.config import EngineConfig
from stream_engine.errors import AudioError, ConfigError, TransportError
from stream_engine.setting_checks import check_targets
from stream_engine.types import F32, MOTION_FPS, MelFrames

if TYPE_CHECKING:
    from stream_engine.monitor.ear import HeardFrames

_UNITS_PER_SECOND = 50


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``listen`` to the commands of ``elocute``."""
    parser = commands.add_parser("listen", help="hear what a moving face says")
    parser.description = (
        "Make sound of facial motion alone. What a mouth does not show (voicing, pitch, the "
        "tongue) is guessed: docs/listen.md says how much can be understood."
    )
    option = parser.add_argument
    option("motion", type=Path, metavar="MOTION", help="CSV with the columns of Live Link Face")
    option("-o", "--output", type=Path, required=True, help="WAV to write")
    option("--voice", type=Path, metavar="SPEECH", help="recording whose voice it gets")
    option("--units", type=Path, help="text file to write the speech units to")
    option("--fps", type=float, help="frames a second of MOTION (default: as its timecodes say)")
    parser.set_defaults(command=run, config=None)


def run(options: argparse.Namespace, config: EngineConfig) -> int:
    """Hear and write.

    Args:
        options: The command line.
        config: Not used: all that can be set stands on the command line.

    Returns:
        Exit status 0.

    Raises:
        ConfigError: If an option is out of range.
        AssetError: If there is no ear, or the motion cannot be read.
        AudioError: If the recording of the voice cannot be used.
        TransportError: If a file cannot be written.
    """
    del config
    from stream_engine.assemble import open_ear
    from stream_engine.monitor.griffin_lim import mel_to_speech
    from stream_engine.transport.motion_file import read_motion
    from stream_engine.transport.sound_file import write_sound

    if options.fps is not None and not 1.0 <= options.fps <= 240.0:
        raise ConfigError("--fps is out of range", got=str(options.fps), expected="1..240")
    check_targets(options.output, options.units)
    ear = open_ear()
    motion = read_motion(options.motion, options.fps)
    voice = None if options.voice is None else voice_of_recording(options.voice)
    heard = ear.hear(motion, voice)
    write_sound(options.output, mel_to_speech(heard.mel))
    if options.units is not None:
        _write_units(options.units, heard)
    print(f"{len(motion) / MOTION_FPS:.2f} s heard, written to {options.output}")  # noqa: T201
    return 0


def voice_of_recording(path: Path) -> F32:
    """Speaker vector of a recording, read piece by piece.

    Args:
        path: Speech file of any kind.

    Returns:
        float32 [160], as `stream_engine.monitor.ear.voice_of` gives it.

    Raises:
        AudioError: If the file cannot be read, or holds no sound.
    """
    from stream_engine.audio.file_source import FileSource
    from stream_engine.audio.resampler import Resampler
    from stream_engine.features.log_mel import LogMelExtractor
    from stream_engine.monitor.ear import voice_of

    features, loudest = LogMelExtractor(), 0.0
    blocks: list[MelFrames] = []
    with FileSource(path) as source:
        resampler = Resampler(source.rate_hz)
        for chunk in source.chunks():
            for plain in resampler.feed(chunk):
                loudest = max(loudest, float(np.abs(plain.samples).max(initial=0.0)))
                blocks += features.feed(plain)
    for plain in resampler.finish():
        blocks += features.feed(plain)
    if loudest == 0.0:
        raise AudioError(
            "recording holds no voice", got=f"silence in {path}", fix="give one with speech"
        )
    return voice_of(np.concatenate([block.values for block in [*blocks, *features.finish()]]))


def _write_units(path: Path, heard: "HeardFrames") -> None:
    """One line for each 20 ms: when, the likeliest unit, how sure the ear is of it."""
    odds = np.exp(heard.units - heard.units.max(axis=1, keepdims=True))
    sure = odds / odds.sum(axis=1, keepdims=True)
    lines = ["time_s\tunit\tprobability"]
    for step, (unit, share) in enumerate(zip(sure.argmax(axis=1), sure.max(axis=1), strict=True)):
        lines.append(f"{step / _UNITS_PER_SECOND:.2f}\t{unit}\t{share:.3f}")
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise TransportError.unwritable("units", path, error) from error
