"""``elocute bench``: how many sessions this machine can serve."""

import argparse
import dataclasses
import json
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stream_engine.capacity.load import hop_ms
from stream_engine.capacity.picture import ProfileRun, draw
from stream_engine.capacity.search import most_that_fit
from stream_engine.config import EngineConfig
from stream_engine.cores import shared_cores, usable_cores
from stream_engine.errors import ConfigError
from stream_engine.motion.window import PROFILES, profile_named
from stream_engine.setting_checks import check_targets
from stream_engine.types import F32

if TYPE_CHECKING:
    from stream_engine.assemble import Assembly

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
    option(
        "--profile", action="append", dest="profiles", choices=sorted(PROFILES),
        help="latency profile; several times for several (default: that of the settings)",
    )  # fmt: skip
    option("--steps", type=int, choices=(1, 2, 4), help="diffusion steps per window (default 1)")
    option("--threads", type=int, metavar="N", help="engine threads (default: as many as cores)")
    option(
        "--scale", type=int, nargs="*", metavar="N",
        help="what a session costs among so many (default 1 10 100 1000), one engine thread: the "
        "clock goes by the engine's processor time alone, N / 20 times slower above 20, as if "
        "the machine were so much faster; processor time and memory are this machine's",
    )  # fmt: skip
    option(
        "--start", type=int, nargs="?", const=5, metavar="N",
        help="how long a server takes from its command to the first motion, so often (default 5)",
    )  # fmt: skip
    option("--shed", action="store_true", help="let quality give way when windows would be late")
    option("--speech", type=Path, metavar="FILE", help="what is said (default: the sample)")
    option("--json", type=Path, metavar="FILE", help="to write every figure to: server.capacity")
    option("--picture", type=Path, metavar="FILE", help="SVG of the times by number of sessions")
    option("--config", type=Path, help="TOML file of settings")
    parser.set_defaults(command=run)


@shared_cores()  # as the server has them
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
    check_targets(options.json, options.picture)
    if options.start is not None:
        return _start(options)
    if options.scale is not None:
        return _scale(options, config)
    from stream_engine.assemble import Assembly
    from stream_engine.audio.file_source import SAMPLE, speech_for_model
    from stream_engine.capacity.steadiness import slow_share

    _check(options)
    speech, stages = speech_for_model(options.speech or SAMPLE), Assembly(config)
    bench = Bench(stages, speech, options.seconds, config.motion.seed)
    setting = stages.setting
    names = ("backend", "steps", "threads")
    _say(", ".join(f"{name} {getattr(setting, name)}" for name in names) + f"; {_machine()}")
    slow = slow_share(options.seconds)
    _say(f"{100 * slow:.0f} % of the time cores are over twice as slow as usual by themselves")
    runs = [
        bench.measure(name, options.sessions)
        for name in options.profiles or [config.motion.profile]
    ]
    if options.json is not None:
        fitting = {run.profile: run.fitting for run in runs if run.fitting is not None}
        rows = [dataclasses.asdict(run) for run in runs]
        _write(
            options,
            config,
            {"setting": setting, "fitting": fitting, "slow_share": slow, "runs": rows},
        )
    if options.picture is not None:
        options.picture.write_text(draw(runs), encoding="utf-8")
    stages.close()
    return 0


def _start(options: argparse.Namespace) -> int:
    """Start servers one after the other, and print how long each took."""
    from stream_engine.audio.file_source import SAMPLE, speech_for_model
    from stream_engine.capacity.start import summary, time_start

    _check(options)
    speech, starts = speech_for_model(options.speech or SAMPLE), []
    _say(f"{_machine()}")
    for _ in range(options.start):
        starts.append(time_start(speech, options.config))
        _say(f"listening {starts[-1].listening_s:.2f} s, first motion {starts[-1].motion_s:.2f} s")
    _say(summary(starts))
    if options.json is not None:
        _write_json(options.json, {"starts": [dataclasses.asdict(start) for start in starts]})
    return 0


def _scale(options: argparse.Namespace, config: EngineConfig) -> int:
    """Measure and print, a line for each number of sessions."""
    from stream_engine.assemble import Assembly
    from stream_engine.audio.file_source import SAMPLE, speech_for_model
    from stream_engine.capacity import scale
    from stream_engine.capacity.load import Load

    _check(options)
    motion = dataclasses.replace(config.motion, threads=1)
    stages = Assembly(dataclasses.replace(config, motion=motion))
    speech, runs = speech_for_model(options.speech or SAMPLE), []
    for profile in options.profiles or [motion.profile]:
        stated = scale.stated_bytes(stages.motion_slots(profile, 1))
        # Libraries take what they keep for good before growth is measured.
        scale.measure(Load(profile, 1, _SHORTEST_S, speech), stages, stated)
        _say(f"{profile}, {motion.steps} steps, {stages.backend}; {_machine()}\n{scale.HEAD}")
        for sessions in options.scale or scale.SESSIONS:
            load = Load(profile, sessions, options.seconds, speech, motion.seed)
            runs.append(scale.measure(load, stages, stated))
            _say(scale.line(runs[-1]))
    if options.json is not None:
        scales = [dataclasses.asdict(report) for report in runs]
        _write(options, config, {"setting": stages.setting, "fitting": {}, "scale": scales})
    stages.close()
    return 0


def _check(options: argparse.Namespace) -> None:
    if options.seconds < _SHORTEST_S:
        raise ConfigError(
            "--seconds is too short",
            got=f"{options.seconds:g}",
            expected=f"{_SHORTEST_S:g} or more",
        )
    sessions = [] if options.sessions is None else [options.sessions]
    starts = [] if options.start is None else [options.start]
    counts = {"--sessions": sessions, "--scale": options.scale or [], "--start": starts}
    for name, numbers in counts.items():
        for number in numbers:
            if not 1 <= number <= _MOST:
                raise ConfigError(
                    f"{name} is out of range", got=str(number), expected=f"1..{_MOST}"
                )


def _write(options: argparse.Namespace, config: EngineConfig, found: dict[str, Any]) -> None:
    figures = {
        "seconds": options.seconds,
        "seed": config.motion.seed,
        "shed": config.motion.shed,
        **found,
        "setting": dataclasses.asdict(found["setting"]),
    }
    _write_json(options.json, figures)


def _write_json(file: Path, found: dict[str, Any]) -> None:
    from stream_engine.profiling.machine import describe_commit, describe_machine, describe_versions

    about = {
        "machine": describe_machine(),  # its cards included
        "versions": describe_versions(),
        "commit": describe_commit(),
    }
    file.write_text(json.dumps({**found, **about}, indent=2) + "\n", encoding="utf-8")


class Bench:
    """Trials of one model, printed as they end.

    Args:
        stages: Makes the model's slots.
        speech: 16 kHz mono, float32 [N].
        seconds: Of each trial.
        seed: Of the moments at which sessions begin.
    """

    def __init__(self, stages: "Assembly", speech: F32, seconds: float, seed: int) -> None:
        self._stages, self._speech, self._seconds, self._seed = stages, speech, seconds, seed

    def measure(self, profile: str, sessions: int | None) -> ProfileRun:
        """Try so many sessions of a profile, or look for the most that fit."""
        from stream_engine.capacity.load import Load, LoadReport, RealTime, run_load
        from stream_engine.clock import MonotonicClock

        clock, limit_ms = MonotonicClock(), hop_ms(profile_named(profile))

        def trial(count: int) -> LoadReport:
            load = Load(profile, count, self._seconds, self._speech, self._seed)
            report = run_load(load, self._stages, clock, RealTime(clock))
            _say(_line(report))
            return report

        _say(f"{profile}\n{_HEAD}")
        if sessions is not None:
            return ProfileRun(profile, limit_ms, None, [trial(sessions)])
        fitting, reports = most_that_fit(trial, limit_ms, _MOST)
        _say(f"{fitting} sessions fit: 99 of 100 windows take less than {limit_ms:g} ms")
        return ProfileRun(profile, limit_ms, fitting, reports)


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
