"""``elocute monitor evaluate``: what the lip-sync monitor is worth, on faults that are known.

Offered to the ``elocute`` command by entry point; what it needs is imported when it runs.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stream_engine.config import EngineConfig
from stream_engine.errors import AssetError, ConfigError
from training.evaluation.options import check_files, check_number, extra_packages

if TYPE_CHECKING:
    from stream_engine.monitor.sync_score import Calibration
    from training.evaluation.intervals import Interval
    from training.sync.material import Kind
    from training.sync.report import SyncReport
    from training.sync.systems import SyncSystem
    from training.sync.worth import FalseAlarms

_STREAM_S, _PLANTED_S = 60.0, 15.0
_PART, _FEW = 6, 40
"""All systems but the shipped one listen to every so-many-th stream where there are many."""

_SAID_S = 5.0


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``monitor`` to the commands of ``elocute``."""
    parser = commands.add_parser("monitor", help="the lip-sync monitor, put to the test")
    inner = parser.add_subparsers(required=True, metavar="COMMAND")
    one = inner.add_parser("evaluate", help="score the monitor on known faults, next to baselines")
    one.description = (
        "Score the lip-sync monitor, the same with a mesh-to-speech it never saw, and two "
        "baselines on recorded faces and on faces the engine makes, with 95 % intervals. Markdown "
        "goes to standard output, progress to standard error."
    )
    option = one.add_argument
    option("--data", type=Path, required=True, help="folder of recordings (docs/evaluate.md)")
    option("--unseen", action="store_true", help="only sentences held out of training")
    option(
        "--speech", action="append", default=[], metavar="PLACE",
        help="speech the engine makes faces of: a folder, or a file of "
        "training.data.spoken_faces; PLACE:held-out for one the ears learned from; may be given "
        "several times",
    )  # fmt: skip
    option("--music", action="append", default=[], metavar="PLACE", help="the same, nobody speaks")
    option("--clips", type=int, default=200, help="faces of a kind to do faults to (default 200)")
    option("--json", type=Path, help="file to write all figures to")
    option("--picture", type=Path, help="folder to draw monitor-real.png and monitor-made.png in")
    option("--monitor", type=Path, help="folder of another monitor than the shipped one")
    option("--systems", nargs="+", help="only these, by name, beside the shipped one")
    option("--seed", type=int, dest="draw", default=0, help="seed of all draws (default 0)")
    one.set_defaults(command=run, config=None)


def run(options: argparse.Namespace, config: EngineConfig) -> int:
    """Evaluate and print.

    Args:
        options: The command line.
        config: Not used: what is evaluated stands on the command line.

    Returns:
        Exit status 0.

    Raises:
        BackendUnavailable: If packages are not installed.
        ConfigError: If an option is out of range.
        AssetError: If recordings, speech or a model cannot be used.
    """
    del config
    _check(options)
    with extra_packages("train", "evaluation"):
        import scipy.stats  # noqa: F401 - intervals need it

        from stream_engine.assemble_monitor import read_calibration
        from training.sync.report import as_json, as_markdown
        from training.sync.systems import open_systems
    systems = _chosen(open_systems(options.monitor), options.systems)
    calibrations = {name: read_calibration(options.monitor, name) for name in systems}
    report = _evaluate(options, systems, calibrations)
    if options.json:
        text = json.dumps(as_json(report), indent=1, allow_nan=False)
        options.json.write_text(text + "\n", encoding="utf-8")
    print(as_markdown(report), end="")
    return 0


def _chosen(systems: "dict[str, SyncSystem]", names: list[str] | None) -> "dict[str, SyncSystem]":
    """The shipped one, and those that are named; all if none is."""
    from training.sync.systems import SHIPPED

    unknown = sorted(set(names or ()) - set(systems))
    if unknown:
        raise ConfigError(
            "--systems names one that is not there",
            got=", ".join(unknown), expected=", ".join(systems),
        )  # fmt: skip
    return {n: s for n, s in systems.items() if not names or n == SHIPPED or n in names}


def _check(options: argparse.Namespace) -> None:
    check_number("--clips", options.clips, 2)
    check_number("--seed", options.draw, 0)
    check_files(options.data, options.json)
    if options.picture and not options.picture.is_dir():
        raise AssetError("no folder to draw in", got=str(options.picture))


def _evaluate(
    options: argparse.Namespace,
    systems: "Mapping[str, SyncSystem]",
    calibrations: "Mapping[str, Calibration]",
) -> "SyncReport":
    from training.evaluation.recordings import Selection
    from training.sync.material import made_kind, recorded_kind
    from training.sync.report import SyncReport

    selection = Selection(unseen=options.unseen, clips=options.clips, seed=options.draw)
    real, skipped = recorded_kind(options.data, selection, say)
    kinds = [real]
    if options.speech:
        kinds.append(made_kind(options.speech, options.clips, options.draw))
    report = SyncReport(_about(options, kinds, skipped), {}, {}, {})
    for kind in kinds:
        _judge_kind(report, kind, options, systems, calibrations)
    nothing = _judge_nothing(options, systems, calibrations)
    report.nothing.update(nothing)
    return report


def _judge_kind(
    report: "SyncReport",
    kind: "Kind",
    options: argparse.Namespace,
    systems: "Mapping[str, SyncSystem]",
    calibrations: "Mapping[str, Calibration]",
) -> None:
    """Add what all systems are worth on one kind of face to the report."""
    from training.sync.faces import streams
    from training.sync.picture import draw
    from training.sync.report import Worth
    from training.sync.told_apart import by_corpus, compare
    from training.sync.tried import listen_to, long_enough, try_faces, try_planted
    from training.sync.worth import detection, false_alarms, lag_error, reliability

    tried = try_faces(systems, kind.faces, options.draw, say)
    whole, short = streams(kind.whole, _STREAM_S), long_enough(streams(kind.whole, _PLANTED_S))
    short = short[:: -(-len(short) // options.clips)] if short else short
    one, rest = _first_and_rest(systems)
    healthy = listen_to(one, whole, say)
    healthy |= listen_to(rest, whole[:: 1 if len(whole) < _FEW else _PART], say)
    planted = try_planted(one, short, options.draw, say)
    planted |= try_planted(rest, short[:: 1 if len(short) < _FEW else _PART], options.draw, say)
    compared = compare(tried, calibrations)
    report.worth[kind.name] = {}
    for name, found in calibrations.items():
        report.worth[kind.name][name] = Worth(
            *compared[name],
            lag_error(tried[name]),
            reliability(tried[name], found),
            false_alarms(healthy[name], found),
            {f: detection(p, found, _delay_s(systems)) for f, p in planted[name].items()},
        )
    if kind.name == "made":
        corpora = [kind.corpus[face.voice] for face in kind.faces]
        report.corpora.update(by_corpus(tried["shipped"], corpora, calibrations["shipped"]))
    if options.picture:
        draw(options.picture / f"monitor-{kind.name}.png", kind.name, tried, calibrations)


def _judge_nothing(
    options: argparse.Namespace,
    systems: "Mapping[str, SyncSystem]",
    calibrations: "Mapping[str, Calibration]",
) -> "dict[str, tuple[Interval, FalseAlarms]]":
    """What the shipped monitor makes of sounds that nobody says."""
    from training.sync.faces import made_faces, streams
    from training.sync.material import noises, read_spoken
    from training.sync.tried import listen_to
    from training.sync.worth import false_alarms, judged_share

    sets = {"noise by formula, a face that keeps still": noises(options.draw)}
    for place in options.music:
        sets[Path(place).stem] = made_faces(read_spoken(place, options.draw))
    found = {}
    for name, faces in sets.items():
        hops = listen_to(_first_and_rest(systems)[0], streams(faces, _STREAM_S), say)["shipped"]
        found[name] = (judged_share(hops), false_alarms(hops, calibrations["shipped"]))
    return found


def _first_and_rest(
    systems: "Mapping[str, SyncSystem]",
) -> "tuple[dict[str, SyncSystem], dict[str, SyncSystem]]":
    from training.sync.systems import SHIPPED

    rest = {name: system for name, system in systems.items() if name != SHIPPED}
    return {SHIPPED: systems[SHIPPED]}, rest


def _delay_s(systems: "Mapping[str, SyncSystem]") -> float:
    delay: float = getattr(systems["shipped"], "delay_s", 0.0)
    return delay


def _about(options: argparse.Namespace, kinds: "list[Kind]", skipped: int) -> dict[str, object]:
    about: dict[str, object] = {
        "data": options.data.resolve().name,
        "sentences": "held out of training" if options.unseen else "all",
        "clips left out": skipped,
        "speech": ", ".join(Path(place).name for place in options.speech) or "none",
        "seed": options.draw,
        "intervals": "95 %: bootstrap over faces (AUC, lag), Wilson (shares), Poisson (rates)",
    }
    for kind in kinds:
        seconds = sum(len(face) for face in kind.whole) / 25
        voices = len({face.voice for face in kind.whole})
        about[f"{kind.name} faces"] = (
            f"{len(kind.faces)} with faults, {seconds / 60:.1f} minutes, {voices} voices"
        )
    return about


_said: dict[str, float] = {}


def say(stage: str, done: int, total: int) -> None:
    """One line on standard error now and then."""
    now = time.monotonic()
    if done == 0 or now - _said.get(stage, 0.0) > _SAID_S:
        print(f"{stage}: {done} of {total}", file=sys.stderr, flush=True)
        _said[stage] = now
