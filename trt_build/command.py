"""``elocute build``: engines for an NVIDIA card, this machine's or another's."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from stream_engine.config import PRECISIONS, EngineConfig
from stream_engine.errors import BackendUnavailable, ConfigError
from stream_engine.motion.window import PROFILES, profile_named
from stream_engine.runtime.cuda import Cuda

_MOST_SESSIONS = 4096


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``build`` to the commands of ``elocute``."""
    parser = commands.add_parser("build", help="compile the models for an NVIDIA card")
    parser.description = (
        "Compile the shipped models with TensorRT or TensorRT-RTX: for this machine's card, or "
        "ahead of time for others (TensorRT-RTX). What the folder has already stays."
    )
    option = parser.add_argument
    option("--out", type=Path, required=True, help="folder of engines")
    option(
        "--compute-capability", action="append", dest="capabilities", metavar="N.N",
        help="of a card, such as 8.9; several times for several (default: this machine's)",
    )  # fmt: skip
    option(
        "--profile", action="append", dest="profiles", metavar="NAME",
        help=f"latency profile, {', '.join(PROFILES)}; several times for several (default all)",
    )  # fmt: skip
    option(
        "--steps", action="append", type=int, dest="step_counts", metavar="N",
        help="diffusion steps, 1, 2 or 4; several times for several (default all)",
    )  # fmt: skip
    option("--precision", default="fp16", metavar="P", help="fp16 (default), bf16 or fp32")
    option("--sessions", type=int, default=64, metavar="N", help="most in a call (default 64)")
    parser.set_defaults(command=run, config=None)


def run(options: argparse.Namespace, config: EngineConfig) -> int:
    """Build what is wanted and not there yet; one line for each engine.

    Args:
        options: The command line.
        config: Not used: what is built stands on the command line.

    Returns:
        Exit status: 1 if engines for this machine's card are not as good as the reference.

    Raises:
        BackendUnavailable: If packages or the card are missing.
        BackendError: If something cannot be built.
        ConfigError: If an option is out of range.
    """
    del config
    try:
        from trt_build.build import Target, build
        from trt_build.export import STEP_COUNTS
        from trt_build.graphs import chosen
    except ImportError as error:
        raise BackendUnavailable(
            "building needs packages that serving does not",
            got=str(error),
            fix="pip install 'elocute[train]'",
        ) from error
    _check("--precision", options.precision, PRECISIONS)
    steps = options.step_counts or STEP_COUNTS
    for count in steps:
        _check("--steps", count, STEP_COUNTS)
    if not 1 <= options.sessions <= _MOST_SESSIONS:
        raise ConfigError(
            "--sessions is out of range", got=str(options.sessions), expected=f"1..{_MOST_SESSIONS}"
        )
    graphs = chosen([profile_named(name) for name in options.profiles or PROFILES], steps)
    cards, ahead = options.capabilities or [_own_card()], bool(options.capabilities)
    for graph in graphs:
        for card in cards:
            target = Target(options.precision, options.sessions, card, ahead)
            built = build(graph, target, options.out)
            took = f"{built.seconds:.1f} s" if built.seconds else "was there"
            sys.stdout.write(f"{built.path.name}  {built.size / 1e6:.1f} MB  {took}\n")
    return 0 if ahead else _verify(options, steps)


def _verify(options: argparse.Namespace, steps: Sequence[int]) -> int:
    """Run on this machine's card what was just built for it."""
    from stream_engine.audio.file_source import SAMPLE
    from trt_build.verify_command import run as verify

    chosen = argparse.Namespace(
        profiles=options.profiles, step_counts=steps, precision=options.precision,
        engines=options.out, speech=SAMPLE, json=options.out / "parity.json",
    )  # fmt: skip
    return verify(chosen, EngineConfig())


def _check(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        wanted = ", ".join(str(choice) for choice in choices)
        raise ConfigError(f"{name} is unknown", got=repr(value), expected=f"one of {wanted}")


def _own_card() -> str:
    """Compute capability of this machine's card."""
    try:
        return Cuda().card.capability
    except BackendUnavailable as error:
        raise BackendUnavailable(
            "no card in this machine to build for",
            got=str(error),
            fix="say for which one: --compute-capability 8.9",
        ) from error
