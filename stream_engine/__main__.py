"""The ``elocute`` command."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stream_engine.errors import StreamEngineError

if TYPE_CHECKING:
    from stream_engine.assemble import Assembly
    from stream_engine.config import EngineConfig

_BAR = 30
_COMMANDS = "elocute.commands"
_NOBODY_READS = 141
"""What a shell shows of a program that SIGPIPE ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Command line without the program's name; the real one by default.

    Returns:
        Exit status: 0 fine, 1 an error that was explained, 2 a wrong command line, 141 nobody
        reads what is printed (`elocute doctor | head`).
    """
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()  # here, where it can be caught, --help included
    except BrokenPipeError:
        # What waits would be written, and fail, once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NOBODY_READS


def _run(arguments: Sequence[str] | None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    with _ended_by_ctrl_c():
        options = _parser(given).parse_args(given)
    try:
        with _ended_by_ctrl_c():
            from stream_engine.telemetry.log import set_up

            config = _settings(options)
        level = logging.DEBUG if options.verbose else logging.INFO
        set_up(config.telemetry.log_format, level)
        status: int = options.command(options, config)
    except StreamEngineError as error:
        print(f"elocute: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status


@contextmanager
def _ended_by_ctrl_c() -> Iterator[None]:
    """Let Ctrl-C end the process itself while modules are imported, as nothing is to be put away.

    As an exception it comes in the middle of an import: there is a traceback, or it is lost, or it
    leaves a lock of importlib's for which other threads' imports wait for ever.
    """
    usual = signal.getsignal(signal.SIGINT)
    ours = threading.current_thread() is threading.main_thread()
    if not ours or usual is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def _parser(given: Sequence[str] = ()) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="elocute", description="Live speech in, a talking 3D head out."
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands.add_parser("serve", help="serve the page, WebRTC and the WebSocket door"))
    _add_render(commands.add_parser("render", help="render a speech file to a movie or motion"))
    doctor = commands.add_parser("doctor", help="say what this machine can run")
    doctor.add_argument("--config", type=Path, help="TOML file of settings")
    doctor.set_defaults(command=_doctor)
    wanted = next((word for word in given if not word.startswith("-")), "")
    if wanted not in commands.choices:  # or a server would start .2 s later
        _add_files(commands)
    if wanted not in commands.choices:
        _add_installed(commands)
    return parser


def _add_files(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from stream_engine.avatar import command as avatar
    from stream_engine.recording import command as replay

    replay.add(commands)
    avatar.add(commands)


def _add_installed(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add what other installed packages offer; a broken one is said and left out."""
    from importlib.metadata import entry_points

    for found in sorted(entry_points(group=_COMMANDS), key=lambda entry: entry.name):
        try:
            add = found.load()
        except (ImportError, AttributeError) as error:
            print(f"elocute: no command {found.name!r}: {error}", file=sys.stderr)
            continue
        add(commands)


def _add_serve(serve: argparse.ArgumentParser) -> None:
    from stream_engine.motion.window import PROFILES
    from stream_engine.service_config import LOG_FORMATS

    serve.description = "Serve the page, WebRTC signalling, metrics and the WebSocket door."
    serve.add_argument("--config", type=Path, help="TOML file of settings")
    serve.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    serve.add_argument("--port", type=int, help="port; 0 takes a free one (default 8080)")
    serve.add_argument("--profile", choices=sorted(PROFILES), help="default latency profile")
    serve.add_argument("--replica", help="this server's name among others (docs/scale-out.md)")
    serve.add_argument(
        "--outputs",
        type=_names,
        metavar="NAME,NAME",
        help="outputs of the settings for sessions that ask for none",
    )
    serve.add_argument(
        "--insecure",
        action="store_true",
        default=None,
        help="let anybody who reaches the server open sessions (docs/operate.md)",
    )
    serve.add_argument("--log-format", choices=LOG_FORMATS, help="lines or JSON (default text)")
    serve.set_defaults(command=_serve)


def _add_render(render: argparse.ArgumentParser) -> None:
    from stream_engine.motion.emotion import EMOTIONS
    from stream_engine.motion.window import PROFILES

    render.description = (
        "Render a speech file through the same pipeline as live sessions. "
        "Give -o for a movie, --motion for ARKit weights, or both."
    )
    render.add_argument("speech", type=Path, metavar="SPEECH", help="WAV, FLAC, Ogg, MP3, ...")
    render.add_argument("-o", "--output", type=Path, help="movie to write (.mp4)")
    render.add_argument(
        "--motion",
        type=Path,
        help="motion to write: .csv (Live Link Face), .json (Audio2Face) or .glb (glTF)",
    )
    render.add_argument("--config", type=Path, help="TOML file of settings")
    render.add_argument("--profile", choices=sorted(PROFILES), help="latency profile")
    render.add_argument("--steps", type=int, choices=(1, 2, 4), help="diffusion steps per window")
    render.add_argument("--seed", type=int, help="seed of the motion's variation")
    render.add_argument("--emotion", choices=EMOTIONS, help="what the face shows (default neutral)")
    render.add_argument("--intensity", type=float, help="how much of it, 0..1 (default 0.7)")
    render.add_argument("--style", type=float, help="strength of articulation, 0..2 (default 1)")
    render.add_argument("--size", type=int, help="width and height in pixels (default 512)")
    render.add_argument("--quiet", action="store_true", help="no progress bar")
    render.set_defaults(command=_render)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def _settings(options: argparse.Namespace) -> "EngineConfig":
    import dataclasses

    from stream_engine.config import EngineConfig, load_config

    config = load_config(options.config) if options.config else EngineConfig()

    def given(*same: str, **names: str) -> dict[str, Any]:
        names |= {name: name for name in same}
        values = {key: getattr(options, name, None) for key, name in names.items()}
        return {key: value for key, value in values.items() if value is not None}

    return dataclasses.replace(
        config,
        motion=dataclasses.replace(
            config.motion,
            **given("profile", "steps", "threads", "shed", "seed", "emotion", "intensity", "style"),
        ),
        render=dataclasses.replace(config.render, **given(width="size", height="size")),
        server=dataclasses.replace(config.server, **given("host", "port", "replica", "outputs")),
        outputs=config.outputs,
        access=dataclasses.replace(config.access, **given("insecure")),
        telemetry=dataclasses.replace(config.telemetry, **given("log_format")),
    )


def _serve(options: argparse.Namespace, config: "EngineConfig") -> int:
    from concurrent.futures import ThreadPoolExecutor

    with _ended_by_ctrl_c(), ThreadPoolExecutor(1, "models") as opening:
        opened = opening.submit(_assembly, config)  # beside the imports of the server
        from stream_engine.server import check_settings, serve

        check_settings(config)
        assembly = opened.result()
    serve(assembly, config)
    return 0


def _assembly(config: "EngineConfig") -> "Assembly":
    from stream_engine.assemble import Assembly

    assembly = Assembly(config)
    assembly.prepare()
    return assembly


def _render(options: argparse.Namespace, config: "EngineConfig") -> int:
    from stream_engine.assemble import Assembly
    from stream_engine.clock import MonotonicClock
    from stream_engine.heads import head_asset
    from stream_engine.offline import OfflineRender, RenderJob, RenderStages

    if options.output is None and options.motion is None:
        print("elocute render: nothing to write; give -o or --motion", file=sys.stderr)
        return 2
    job = RenderJob(options.speech, options.output, options.motion)
    assembly = Assembly(config)
    movie = options.output is not None
    chosen = config.render.avatar
    stages = RenderStages(
        motion=assembly.motion_stream(config.motion.profile),
        poser=assembly.head_poser(chosen) if movie else None,
        renderer=assembly.renderer(chosen) if movie else None,
        head=partial(head_asset, chosen, config.render.avatars_folder),
    )
    render = OfflineRender(job, stages, config.render, MonotonicClock())
    bar = _ProgressBar(sys.stderr.isatty() and not options.quiet)
    try:
        report = render.run(bar.show)
    finally:
        bar.end()
    shares = ", ".join(f"{name} {spent:.1f} s" for name, spent in report.seconds.items())
    print(f"{report.frames} frames, {report.real_time_factor:.2f} x real time ({shares})")
    return 0


def _doctor(options: argparse.Namespace, config: "EngineConfig") -> int:
    from stream_engine.doctor import examine

    findings = examine(config)
    marks = {True: "ok      ", False: "MISSING ", None: "optional"}
    for finding in findings:
        print(f"{marks[finding.works]}  {finding.text}")
    broken = any(finding.works is False for finding in findings)
    print("\nSome parts will not run." if broken else "\nEverything needed works.")
    return int(broken)


class _ProgressBar:
    """Redrawn for every hundredth of the work; one line, on standard error if that is watched."""

    def __init__(self, watched: bool) -> None:
        self._watched = watched
        self._shown = -1

    def show(self, done_s: float, total_s: float | None) -> None:
        share = min(done_s / total_s, 1.0) if total_s else 0.0
        step = round(share * 100) if total_s else int(done_s)
        if step == self._shown or not self._watched:
            return
        self._shown = step
        bar = "#" * round(share * _BAR)
        total = f" of {total_s:.1f}" if total_s else ""
        print(f"\r[{bar:<{_BAR}}] {done_s:.1f}{total} s", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """What follows begins a line."""
        if self._shown >= 0:
            print(file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
