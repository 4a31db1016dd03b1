"""``elocute verify``: is every backend of this machine as good as the reference?"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stream_engine.audio.file_source import SAMPLE, speech_for_model
from stream_engine.config import PRECISIONS, SHIPPED_STEP_COUNTS, EngineConfig
from stream_engine.errors import BackendUnavailable
from stream_engine.motion.window import PROFILES, profile_named
from stream_engine.setting_checks import check_targets

if TYPE_CHECKING:
    from trt_build.parity import Parity


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``verify`` to the commands of ``elocute``."""
    parser = commands.add_parser("verify", help="hold every backend against the reference")
    parser.description = (
        "Run the shipped model in torch, the reference, in ONNX Runtime (int8 and fp32), in ONNX "
        "Runtime on what TensorRT is given, and with --engines in TensorRT: on seeded inputs and "
        "on speech, output by output, and as millimetres by which the lips are elsewhere."
    )
    option = parser.add_argument
    option(
        "--profile", action="append", dest="profiles", choices=sorted(PROFILES),
        help="latency profile; several times for several (default all)",
    )  # fmt: skip
    option(
        "--steps", action="append", dest="step_counts", type=int, choices=SHIPPED_STEP_COUNTS,
        help="diffusion steps; several times for several (default 1)",
    )  # fmt: skip
    option("--precision", default="fp16", choices=PRECISIONS, help="of what TensorRT is given")
    option("--engines", type=Path, metavar="DIR", help="engines for this machine's card")
    option("--speech", type=Path, default=SAMPLE, metavar="FILE", help="default: the sample")
    option("--json", type=Path, metavar="FILE", help="file to write every figure to")
    parser.set_defaults(command=run, config=None)


def run(options: argparse.Namespace, config: EngineConfig) -> int:
    """Verify, a line for each backend, profile and step count.

    Args:
        options: The command line.
        config: Not used: what is verified stands on the command line.

    Returns:
        Exit status: 0 if all is within its tolerance, 1 if not.

    Raises:
        BackendUnavailable: If packages are missing, or there are engines and no card.
        EngineMismatch: If an engine is missing.
        AudioError: If the speech cannot be read.
    """
    del config
    try:
        from trt_build.verify import verify_here
    except ImportError as error:
        raise BackendUnavailable(
            "verifying needs packages that serving does not",
            got=str(error),
            fix="pip install 'elocute[train]'",
        ) from error
    check_targets(options.json)
    speech = speech_for_model(options.speech)
    found: list[Parity] = []
    for profile in options.profiles or PROFILES:
        for steps in options.step_counts or (1,):
            sizes = profile_named(profile)
            parities = verify_here(sizes, steps, options.precision, speech, options.engines)
            say(parities)
            found += parities
    if options.json is not None:
        rows = [dataclasses.asdict(parity) | {"holds": parity.holds} for parity in found]
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0 if all(parity.holds for parity in found) else 1


def say(parities: Sequence["Parity"]) -> None:
    """Print how far backends are from the reference."""
    for parity in parities:
        allowed = parity.tolerance
        verdict = "holds" if parity.holds else "DOES NOT HOLD"
        figures = [_worst("on speech", parity.heard, allowed.heard)]
        if allowed.output is not None:
            figures.append(_worst("on seeded inputs", parity.outputs, allowed.output))
        figures.append(f"lips {parity.lips_mm:.2g} of {allowed.lips_mm:g} mm")
        sys.stdout.write(
            f"{parity.profile}, {parity.steps} steps, {parity.backend}: {verdict}; "
            f"{', '.join(figures)} ({allowed.reason})\n"
        )
    sys.stdout.flush()


def _worst(where: str, apart: Mapping[str, float], allowed: float) -> str:
    name = max(apart, key=lambda output: apart[output])
    return f"{name} {apart[name]:.2g} of {allowed:g} {where}"
