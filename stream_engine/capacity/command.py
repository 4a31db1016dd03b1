"""``elocute bench``: how many sessions this machine can serve."""

import argparse
import dataclasses
import json
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stream_engine.config import EngineConfig
from stream_engine.cores import usable_cores
from stream_engine.errors import ConfigError
from stream_engine.motion.window import PROFILES, profile_named

_MOST = 4096
_SHORTEST_S = 2.0
_HEAD = "sessions   p50    p95    p99  p99.9 ms   missed   cold ms  batch  shed %"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``bench`` to the commands of ``elocute``."""
    parser = commands.add_parser("bench", help="how many sessions this machine can serve")
    parser.description = (
        "Let sessions of recorded speech talk in real time, and measure how long their windows "
        "take, from the last sample to the motion; a window may take as long as its hop. Without "
        "--sessions it looks for the most that fit. Pictures and connections are not part of it."
    )
    option = parser.add_argument
    option("--sessions", type=int, metavar="N", help="just so many (default: search)")
    option("--seconds", type=float, default=10.0, metavar="S", help="of each trial (default 10)")
    option("--profile", choices=sorted(PROFILES), help="latency profile (default balanced)")
    option("--steps", type=int, choices=(1, 2, 4), help="diffusion steps per window (default 1)")
    option("--threads", type=int, metavar="N", help="engine threads (default: as many as cores)")
    option("--shed", action="store_true", help="let quality give way when windows would be late")
    option("--speech", type=Path, metavar="FILE", help="what is said (default: the sample)")
    option("--json", type=Path, metavar="FILE", help="file to write every figure to")
    option("--config", type=Path, help="TOML file of settings")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace, config: EngineConfig) -> int:
    """Measure and print, a line for each trial.

    Args:
        options: The command line.
        config: Model, profile, steps, seed.

    Returns:
        Exit status 0.

    Raises:
        ConfigError: If an option is out of range.
        AudioError: If the speech cannot be read.
    """
    from stream_engine.assemble import Assembly
    from stream_engine.audio.file_source import speech_for_model
    from stream_engine.capacity.load import Load, LoadReport, RealTime, hop_ms, run_load
    from stream_engine.capacity.search import most_that_fit
    from stream_engine.clock import MonotonicClock
    from stream_engine.server import SWITCH_S

    _check(options)
    source = options.speech or Path(__file__).parents[1] / "assets" / "sample.wav"
    speech, clock = speech_for_model(source), MonotonicClock()
    stages, profile = Assembly(config), profile_named(config.motion.profile)
    sys.setswitchinterval(SWITCH_S)  # as the server has it

    def trial(sessions: int) -> LoadReport:
        load = Load(profile.name, sessions, options.seconds, speech, config.motion.seed)
        report = run_load(load, stages, clock, RealTime(clock))
        _say(_line(report))
        return report

    _say(f"{profile.name}, {config.motion.steps} steps, {stages.backend}; {_machine()}")
    _say(_HEAD)
    if options.sessions is not None:
        fitting, reports = None, [trial(options.sessions)]
    else:
        fitting, reports = most_that_fit(trial, hop_ms(profile), _MOST)
        _say(f"{fitting} sessions fit: 99 of 100 windows take less than {hop_ms(profile):g} ms")
    if options.json is not None:
        about = {"profile": profile.name, "steps": config.motion.steps, "seed": config.motion.seed}
        about |= {"backend": stages.backend, "seconds": options.seconds, "fitting": fitting}
        _write(options.json, about, reports)
    stages.close()
    return 0


def _check(options: argparse.Namespace) -> None:
    if options.seconds < _SHORTEST_S:
        raise ConfigError(
            "--seconds is too short",
            got=f"{options.seconds:g}",
            expected=f"{_SHORTEST_S:g} or more",
        )
    if options.sessions is not None and not 1 <= options.sessions <= _MOST:
        raise ConfigError(
            "--sessions is out of range", got=str(options.sessions), expected=f"1..{_MOST}"
        )


def _write(path: Path, about: dict[str, Any], reports: Sequence[Any]) -> None:
    versions = {name: version(name) for name in ("elocute", "numpy", "onnxruntime")}
    trials = [dataclasses.asdict(report) for report in reports]
    figures = about | {"machine": _machine(), "versions": versions, "trials": trials}
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _machine() -> str:
    python = platform.python_version()
    return f"{platform.machine()}, {usable_cores()} cores, {platform.system()}, Python {python}"


def _line(report: Any) -> str:
    shares = " ".join(f"{value:6.1f}" for value in report.latency_ms.values())
    missed = f"{report.missed}/{report.windows}"
    rest = f"{report.cold_ms:9.1f} {report.batch:6.1f} {100 * report.shed:7.0f}"
    return f"{report.sessions:8d} {shares} {missed:>11} {rest}"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
