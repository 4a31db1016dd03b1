"""``elocute profile``: where the time of a live session goes."""

import argparse
import contextlib
import dataclasses
import datetime
import json
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from stream_engine.config import EngineConfig
from stream_engine.cores import shared_cores, usable_cores
from stream_engine.errors import ConfigError, StreamEngineError
from stream_engine.motion.window import PROFILES, profile_named
from stream_engine.profiling.compare import ALONE, SCHEMA, check_like, compare, slower, warnings_of
from stream_engine.profiling.figures import Period
from stream_engine.profiling.report import (
    Run,
    change_lines,
    figure_lines,
    figures_of,
    write_report,
)
from stream_engine.telemetry.spans import Recorder, find_nvtx, installed

_SHORTEST_S, _MOST_SESSIONS = 3.0, 64
_COUNTS = (
    "audio_gap_samples_total", "audio_stall_samples_total", "audio_underrun_samples_total",
    "engine_batches_total", "engine_windows_total", "engine_windows_shed_total",
    "frames_rendered_total",
    "frames_skipped_total", "video_frames_total", "video_repeated_total", "video_skipped_total",
)  # fmt: skip


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``profile`` to the commands of ``elocute``."""
    parser = commands.add_parser("profile", help="where the time of a live session goes")
    parser.description = (
        "Let recorded speech call the real server over WebRTC, on loopback and in real time, and "
        "measure every stage from packet to packet. Writes report.html, report.json and "
        "trace.json (for ui.perfetto.dev)."
    )
    option = parser.add_argument
    option("--seconds", type=float, default=10.0, metavar="S", help="of talk, the first cold (10)")
    option("--sessions", type=int, default=1, metavar="N", help="that talk at once (default 1)")
    option("--profile", choices=sorted(PROFILES), help="latency profile (default balanced)")
    option("--steps", type=int, choices=(1, 2, 4), help="diffusion steps per window (default 1)")
    option("--threads", type=int, metavar="N", help="engine threads (default: as many as cores)")
    option("--shed", action="store_true", help="let quality give way when windows would be late")
    option("--seed", type=int, help="seed of the motion's variation")
    option("--motion-only", action="store_true", help="the engine alone: no WebRTC, no pictures")
    option("--speech", type=Path, metavar="FILE", help="what is said (default: the sample)")
    option("--out", type=Path, default=Path("profile"), metavar="DIR", help="folder (./profile)")
    option("--against", type=Path, nargs="+", metavar="FILE", help="report.json of earlier runs")
    option("--fail-slower", action="store_true", help="exit status 1 if anything got slower")
    option("--config", type=Path, help="TOML file of settings")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace, config: EngineConfig) -> int:
    """Measure, print the stages, write the report.

    Args:
        options: The command line.
        config: Model, profile, steps, seed, picture.

    Returns:
        Exit status: 1 with ``--fail-slower`` if anything got slower, else 0.

    Raises:
        ConfigError: If an option is out of range, or ``--against`` cannot be compared with.
        RenderError: If OpenGL cannot be had.
        TransportError: If no connection came about.
    """
    settings = _settings(options, config)
    olds = [_earlier(path, settings) for path in options.against or ()]
    _make_folder(options.out)
    about = _about(config) | {"settings": settings}
    _say(f"profiling {options.seconds:g} s of talk, {options.sessions} at once ...")
    made = (_motion_only if options.motion_only else _live)(options, config)
    report = about | figures_of(made) | {"steps": _steps(options, config)}
    changes = compare([old["figures"] for old in olds], report["figures"]) if olds else []
    _say(*figure_lines(report))
    if olds:
        warnings = [line for old in olds for line in warnings_of(old, report)]
        warnings += [ALONE] if len(olds) == 1 else []
        report["comparison"] = {
            "against": ", ".join(map(str, options.against)),
            "warnings": warnings,
            "changes": [dataclasses.asdict(change) for change in changes],
        }
        _say(*change_lines(changes, warnings))
    write_report(options.out, report, made.recorder)
    _say(f"written to {options.out}: report.html, report.json, trace.json")
    return int(options.fail_slower and bool(slower(changes)))


def _settings(options: argparse.Namespace, config: EngineConfig) -> dict[str, Any]:
    """What two reports must share to be compared."""
    if options.seconds < _SHORTEST_S:
        raise ConfigError(
            "--seconds is too short",
            got=f"{options.seconds:g}",
            expected=f"{_SHORTEST_S:g} or more",
        )
    if not 1 <= options.sessions <= _MOST_SESSIONS:
        raise ConfigError(
            "--sessions is out of range",
            got=str(options.sessions),
            expected=f"1..{_MOST_SESSIONS}",
        )
    motion = config.motion
    return {
        "kind": "motion only" if options.motion_only else "live",
        "profile": motion.profile,
        "steps": motion.steps,
        "threads": motion.threads or usable_cores(),
        "shed": motion.shed,
        "sessions": options.sessions,
        "picture": f"{config.render.width}x{config.render.height}",
    }


def _earlier(path: Path, settings: dict[str, Any]) -> dict[str, Any]:
    try:
        old = json.loads(path.read_text(encoding="utf-8"))
        check_like(old, settings)
        old["figures"], old["machine"]["cpu"], old["made"]
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise ConfigError("--against cannot be read", got=f"{path}: {error!r}") from error
    return dict(old)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError("--out cannot be made", got=f"{path}: {error}") from error


def _about(config: EngineConfig) -> dict[str, Any]:
    """What is to be known before the load begins."""
    from stream_engine.assemble import MODEL_FOLDER
    from stream_engine.profiling.machine import describe_commit, describe_machine, describe_versions
    from stream_engine.runtime.engine_manifest import graph_hash

    names = ("speech_encoder", f"motion_sampler_{config.motion.steps}")
    return {
        "schema": SCHEMA,
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["elocute", *sys.argv[1:]]),
        "machine": describe_machine(),
        "versions": describe_versions(),
        "git": describe_commit(),
        "model": {name: graph_hash(MODEL_FOLDER / f"{name}.onnx") for name in names},
        "seeds": {"motion": config.motion.seed, "bootstrap": 0},
    }


def _live(options: argparse.Namespace, config: EngineConfig) -> Run:
    from stream_engine.assemble import Assembly
    from stream_engine.audio.file_source import SAMPLE
    from stream_engine.profiling.live import run_live

    limit = max(config.server.max_sessions, options.sessions)
    server = dataclasses.replace(config.server, host="127.0.0.1", port=0, max_sessions=limit)
    config = dataclasses.replace(config, server=server)
    stages = Assembly(config)
    with contextlib.closing(stages), installed(Recorder(find_nvtx())) as recorder:
        speech = options.speech or SAMPLE
        done = run_live(stages, config, speech, options.seconds, options.sessions)
    counts = {name: done.counts[name] for name in _COUNTS}
    return Run(recorder, Period(done.began_ns, done.ended_ns), done.pictures, counts)


@shared_cores()
def _motion_only(options: argparse.Namespace, config: EngineConfig) -> Run:
    from stream_engine.assemble import Assembly
    from stream_engine.audio.file_source import SAMPLE, speech_for_model
    from stream_engine.capacity.load import Load, RealTime, run_load
    from stream_engine.clock import MonotonicClock

    motion, clock = config.motion, MonotonicClock()
    speech = speech_for_model(options.speech or SAMPLE)
    load = Load(motion.profile, options.sessions, options.seconds, speech, motion.seed)
    stages = Assembly(config)
    with contextlib.closing(stages), installed(Recorder(find_nvtx())) as recorder:
        began_ns = time.monotonic_ns()
        report = run_load(load, stages, clock, RealTime(clock))
    period = Period(began_ns, began_ns + int(options.seconds * 1e9))
    counts = {"windows": report.windows, "missed": report.missed, "shed_share": report.shed}
    return Run(recorder, period, 0, counts)


def _steps(options: argparse.Namespace, config: EngineConfig) -> dict[str, Any]:
    """Time the graphs of every step count; say so if one of them cannot be had."""
    from stream_engine.assemble import Assembly
    from stream_engine.audio.file_source import SAMPLE, speech_for_model
    from stream_engine.profiling.steps import plain, time_steps
    from stream_engine.protocols import MotionSlots

    motion = config.motion
    with contextlib.ExitStack() as stack:

        def slots_of(steps: int) -> MotionSlots:
            plain_motion = dataclasses.replace(motion, steps=steps, shed=False)
            wanted = dataclasses.replace(config, motion=plain_motion)
            stages = stack.enter_context(contextlib.closing(Assembly(wanted)))
            return stages.motion_slots(motion.profile, options.sessions)

        try:
            speech = speech_for_model(options.speech or SAMPLE)
            costs = time_steps(slots_of, profile_named(motion.profile), speech, options.sessions)
        except StreamEngineError as error:
            return {"missing": str(error)}
    rows = {name: dataclasses.asdict(cost) for name, cost in plain(costs).items()}
    about = {"clock": costs.clock, "rounds": costs.rounds, "sessions": costs.sessions}
    return about | {"rows": rows}


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
