"""Recipe: what evidence is worth, for every way to tell whether a mouth goes with a voice.

    python -m training.sync.calibrate --pairs cache/grid.npz --spoken cache/spoken.npz

Fits on recorded clips of the validation split and on made faces of half of the speakers that no
ear heard; the other half, and the test split, stay for `elocute monitor evaluate`. Healthy faces
of speakers the ears know are listened to as well, for there are more hours of them. Writes into
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
    largest_sums,
)
from training.sync.systems import SyncSystem, open_systems
from training.sync.trial import HOP_S
from training.sync.tried import listen_to, long_enough, try_faces, try_planted
from trt_build.export_monitor import write_description

_STREAM_S, _PLANTED_S = 60.0, 15.0
_SEED = 3


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
    known: Sequence[Sequence[TalkingFace]],
) -> dict[str, Evidence]:
    """Evidence of every system.

    Args:
        systems: By name.
        faces: A list for each kind of face.
        known: More of each kind, to be listened to only.

    Returns:
        By system.
    """
    tried = [try_faces(systems, kind, _SEED, show) for kind in faces]
    whole = [s for kind in (*faces, *known) for s in streams(kind, _STREAM_S)]
    healthy = listen_to(systems, whole, show)
    short = long_enough([s for kind in faces for s in streams(kind, _PLANTED_S)])
    planted = try_planted(systems, short, _SEED, show)
    return {
        name: Evidence([kind[name] for kind in tried], healthy[name], planted[name])
        for name in systems
    }


def account(evidence: Evidence, calibration: Calibration) -> dict[str, Any]:
    """What the fit was on and how good it looks there."""
    shifted, wrong = largest_sums(evidence.healthy, calibration)
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
    parser.add_argument("--folder", type=Path, default=MONITOR_FOLDER, help="of the monitor")
    parser.add_argument("--systems", nargs="+", help="only these, by name")
    options = parser.parse_args()
    systems = open_systems(options.folder)
    systems = {name: systems[name] for name in options.systems or systems}
    sets = faces_to_fit(load_pairs(options.pairs), load_spoken(options.spoken))
    described = read_monitor(options.folder)
    for name, evidence in gather(systems, *sets).items():
        fitted = fit(evidence)
        described.setdefault("calibration", {})[name] = rounded(fitted)
        print(json.dumps({name: rounded(fitted) | account(evidence, fitted)}))
    write_description(options.folder, described)
    print(f"{options.folder / DESCRIPTION} written")


if __name__ == "__main__":
    main()
