"""Recipe: what evidence is worth, for every way to tell whether a mouth goes with a voice.

    python -m training.sync.calibrate --pairs cache/grid.npz --spoken cache/spoken.npz

Fits on recorded clips of the validation split and on made faces of half of the speakers that no
ear heard; the other half, and the test split, stay for `elocute monitor evaluate`. Alarms are
fitted on more hours: speakers the ears know, and other voices (``--more``). Writes into
``monitor.json``.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from stream_engine.assemble_monitor import DESCRIPTION, MONITOR_FOLDER, read_monitor
from stream_engine.monitor.sync_score import Calibration
from training.data.spoken_faces import SpokenFaces, load_spoken
from training.dataset import PairSet, load_pairs
from training.listening import for_tests, held_out
from training.sync.faces import made_faces, recorded_faces, streams
from training.sync.faults import TalkingFace
from training.sync.fitting import (
    Evidence,
    fit,
    found_soon,
    peaks,
)
from training.sync.systems import SHIPPED, SyncSystem, open_systems
from training.sync.trial import HOP_S
from training.sync.tried import listen_to, long_enough, try_faces, try_planted
from trt_build.export_monitor import write_description

_STREAM_S, _PLANTED_S, _MOST_PLANTED = 60.0, 15.0, 60
_SEED, _PART = 3, 8


def faces_to_fit(pairs: PairSet, spoken: SpokenFaces) -> tuple[list[list[TalkingFace]], ...]:
    """Recorded and made faces that no ear and no test knows; and healthy ones the ears do know."""
    unheard = [held_out(str(s)) and not for_tests(str(s)) for s in spoken.speaker]
    known = [not held_out(str(s)) for s in spoken.speaker]
    faces = [
        recorded_faces(pairs.select(pairs.split == "validation")),
        made_faces(spoken.select(np.array(unheard))),
    ]
    return faces, [
        recorded_faces(pairs.select(pairs.split == "train"))[::2],
        made_faces(spoken.select(np.array(known))),
    ]


def gather(
    systems: Mapping[str, SyncSystem],
    faces: Sequence[Sequence[TalkingFace]],
    more: Sequence[Sequence[TalkingFace]],
) -> dict[str, Evidence]:
    """Evidence of every system.

    Args:
        systems: By name.
        faces: A list for each kind of face.
        more: Sets of healthy ones to listen to; all systems but the shipped one hear a part.

    Returns:
        By system.
    """
    tried = [try_faces(systems, kind, _SEED, show) for kind in faces]
    whole = [s for kind in (*faces, *more) for s in streams(kind, _STREAM_S)]
    short = long_enough([s for kind in (*faces, *more[2:]) for s in streams(kind, _PLANTED_S)])
    short = short[:: max(1, len(short) // _MOST_PLANTED)]
    gathered = {}
    for name, system in systems.items():
        one = {name: system}
        healthy = listen_to(one, whole[:: 1 if name == SHIPPED else _PART], show)[name]
        planted = try_planted(one, short, _SEED, show)[name]
        gathered[name] = Evidence([kind[name] for kind in tried], healthy, planted)
    return gathered


def account(evidence: Evidence, calibration: Calibration) -> dict[str, Any]:
    """What the fit was on and how good it looks there."""
    shifted, wrong = peaks(evidence.healthy, calibration).max(axis=0).tolist()
    return {
        "healthy_hours": round(sum(map(len, evidence.healthy)) * HOP_S / 3600, 3),
        "largest_healthy_sums": [round(shifted, 2), round(wrong, 2)],
        "found_within_2_s": {
            fault: round(found_soon(some, calibration), 3)
            for fault, some in evidence.planted.items()
        },
    }


def rounded(calibration: Calibration) -> dict[str, Any]:
    """As it is written."""
    return {
        name: [round(v, 4) for v in value] if isinstance(value, tuple) else round(value, 4)
        for name, value in asdict(calibration).items()
    }


def show(stage: str, done: int, total: int) -> None:
    """Say now and then how far it is."""
    if done % 50 == 0:
        print(f"{stage}: {done} of {total}", flush=True)


def main() -> None:
    """Fit, write, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--spoken", type=Path, required=True)
    parser.add_argument(
        "--more", type=Path, nargs="*", default=[], help="made faces, not tested on"
    )
    parser.add_argument("--folder", type=Path, default=MONITOR_FOLDER, help="of the monitor")
    parser.add_argument("--systems", nargs="+", help="only these, by name")
    options = parser.parse_args()
    systems = open_systems(options.folder)
    systems = {name: systems[name] for name in options.systems or systems}
    faces, more = faces_to_fit(load_pairs(options.pairs), load_spoken(options.spoken))
    more += [made_faces(load_spoken(path)) for path in options.more]
    described = read_monitor(options.folder)
    for name, evidence in gather(systems, faces, more).items():
        fitted = fit(evidence)
        described.setdefault("calibration", {})[name] = rounded(fitted)
        print(json.dumps({name: rounded(fitted) | account(evidence, fitted)}))
    write_description(options.folder, described)
    print(f"{options.folder / DESCRIPTION} written")


if __name__ == "__main__":
    main()
