"""``elocute evaluate``: scores models against recorded faces of anyone.

Offered to the ``elocute`` command by entry point; what it needs is imported when it runs.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from stream_engine.config import INT8, SHIPPED_STEPS, EngineConfig
from stream_engine.errors import AssetError, ConfigError
from stream_engine.motion.window import PROFILES
from training.evaluation.options import check_files, check_number, extra_packages

if TYPE_CHECKING:
    from training.evaluation.recordings import RecordingSet
    from training.evaluation.systems import System

_DEFAULT_PROFILE = "balanced"
_REDRAW_S = 0.2


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``evaluate`` to the commands of ``elocute``."""
    parser = commands.add_parser("evaluate", help="score models against recorded faces")
    parser.description = (
        "Score models on clips of one speaker, next to baselines, floor and ceiling, with "
        "95 % intervals. Markdown goes to standard output, progress to standard error."
    )
    option = parser.add_argument
    option("--data", type=Path, required=True, help="folder of recordings (docs/evaluate.md)")
    option(
        "--model", action="append", dest="models", metavar="[NAME=]FOLDER",
        help="exported model, FOLDER:int8 for its graphs of bytes, may be given several times "
        "(default: the shipped one, in bytes as it is served)",
    )  # fmt: skip
    option(
        "--profile", action="append", dest="profiles", metavar="NAME",
        help=f"latency profile, {', '.join(PROFILES)}; several times for several (default "
        f"{_DEFAULT_PROFILE})",
    )  # fmt: skip
    option(
        "--steps", action="append", type=int, dest="step_counts", metavar="N",
        help=f"diffusion steps per window; several times for several (default {SHIPPED_STEPS})",
    )  # fmt: skip
    option("--samples", type=int, default=10, help="samples per clip (default 10)")
    option("--clips", type=int, help="score at most so many clips, drawn at random")
    option("--unseen", action="store_true", help="only sentences held out of training")
    option("--words", default="", help="only clips that say one of these, judged on them alone")
    option("--json", type=Path, help="file to write all figures to")
    option("--seed", type=int, dest="draw", default=0, help="seed of samples and draws (default 0)")
    parser.set_defaults(command=run, config=None)


def run(options: argparse.Namespace, config: EngineConfig) -> int:
    """Score and print.

    Args:
        options: The command line.
        config: Not used: what is scored stands on the command line.

    Returns:
        Exit status 0.

    Raises:
        BackendUnavailable: If packages are not installed.
        ConfigError: If an option is out of range.
        AssetError: If the recordings or a model cannot be used.
    """
    del config
    _check(options)
    with extra_packages("train", "evaluation"):
        import scipy.signal  # noqa: F401 - reading 48 kHz audio needs it

        from training.evaluation.baselines import load_baselines
        from training.evaluation.recordings import Selection, read_recordings
        from training.evaluation.report import as_json, as_markdown, make_report
        from training.evaluation.scoring import score_all
        from training.evaluation.second_ear import open_second_ear
    systems, show = _systems(options), _Progress()
    for system in systems:
        system.open()  # a wrong folder or profile is said before an hour of work
    second = open_second_ear()
    words = frozenset(options.words.replace(",", " ").lower().split())
    selection = Selection(options.unseen, words, options.clips, options.draw)
    found, baselines = read_recordings(options.data, selection, show), load_baselines()
    seeds = range(options.draw * options.samples, (options.draw + 1) * options.samples)
    sheet = score_all(found.recordings, systems, baselines, second, seeds, show)
    seen = _seen(found, set(baselines.trained.tolist()))
    about = _about(options, found, systems, seen)
    report = make_report(sheet, systems, about, _notes(found, seen))
    show.end()
    for note in report.notes:
        print(f"elocute evaluate: {note}", file=sys.stderr)
    if options.json:
        text = json.dumps(as_json(report), indent=2, allow_nan=False)
        options.json.write_text(text + "\n", encoding="utf-8")
    print(as_markdown(report), end="")
    return 0


def _check(options: argparse.Namespace) -> None:
    check_number("--samples", options.samples, 1)
    check_number("--clips", options.clips, 1)
    check_number("--seed", options.draw, 0)
    check_files(options.data, options.json)


def _systems(options: argparse.Namespace) -> "list[System]":
    from stream_engine.assemble import MODEL_FOLDER
    from training.evaluation.hops import read_place
    from training.evaluation.systems import System

    folders = {}
    for given in options.models or [f"shipped={MODEL_FOLDER}:{INT8}"]:
        name, named, place = given.partition("=")
        path, precision = read_place(place if named else given)
        if not path.is_dir():
            raise AssetError("no such model folder", got=str(path))
        if not named:
            name = path.name
        if name in folders:
            raise ConfigError("two models of one name", got=name, fix="give --model NAME=FOLDER")
        folders[name] = (path, precision)
    return [
        System(name, folder, profile, steps, precision)
        for name, (folder, precision) in folders.items()
        for profile in dict.fromkeys(options.profiles or [_DEFAULT_PROFILE])
        for steps in dict.fromkeys(options.step_counts or [SHIPPED_STEPS])
    ]


def _seen(found: "RecordingSet", trained: set[int]) -> int:
    from training.evaluation.baselines import fingerprint

    pairs = [recording.pair for recording in found.recordings]
    return sum(fingerprint(pair.name, pair.word) in trained for pair in pairs)


def _about(
    options: argparse.Namespace, found: "RecordingSet", systems: "list[System]", seen: int
) -> dict[str, object]:
    from training.evaluation.second_ear import JUDGE_FOLDER
    from training.evaluation.systems import model_hash

    recordings = found.recordings
    return {
        "data": options.data.resolve().name,
        "clips": len(recordings),
        "clips the shipped model and the baselines were trained on": seen,
        "clips left out": found.skipped,
        "sentences": "held out of training" if options.unseen else "all",
        "words": sorted(options.words.replace(",", " ").lower().split()),
        "frames": sum(int(recording.valid.sum()) for recording in recordings),
        "frames without a face": sum(int((~recording.valid).sum()) for recording in recordings),
        "samples per clip": options.samples,
        "seed": options.draw,
        "models": {s.model: f"sha256 {model_hash(s.folder)}, {s.precision}" for s in systems},
        "second mesh-to-speech": f"sha256 {model_hash(JUDGE_FOLDER)}",
        "systems": {s.name: [s.model, s.profile, s.steps] for s in systems},
        "intervals": "95 %, percentile bootstrap over clips",
    }


def _notes(found: "RecordingSet", seen: int) -> list[str]:
    notes = []
    if seen:
        notes.append(
            f"WARNING: {seen} of {len(found.recordings)} clips were in the training data; these "
            "figures do not say how well unseen speech works (give --unseen)."
        )
    if found.skipped:
        notes.append(f"clips that could not be used and are left out: {len(found.skipped)}.")
    return notes


class _Progress:
    """One line on standard error, redrawn now and then; only stages without a terminal."""

    def __init__(self) -> None:
        self._stage = ""
        self._drawn = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        if not sys.stderr.isatty():
            if stage != self._stage:
                print(stage, file=sys.stderr, flush=True)
        elif stage != self._stage or time.monotonic() - self._drawn > _REDRAW_S:
            print(f"\r\033[K{stage}: {done} of {total}", end="", file=sys.stderr, flush=True)
            self._drawn = time.monotonic()
        self._stage = stage

    def end(self) -> None:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)
