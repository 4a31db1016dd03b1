"""How well windows in sync are told from faulty ones, by one system and by another."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from stream_engine.monitor.sync_score import Calibration
from training.evaluation.intervals import Interval, draw_counts
from training.sync.systems import SHIPPED
from training.sync.tried import FAULTS, IN_SYNC, Hops
from training.sync.worth import Floats, log_odds

_EDGES = (2.5, 97.5)

ByFault = dict[str, Interval]


def auc_draws(good: Sequence[Floats], bad: Sequence[Floats]) -> Floats:
    """Chance that a window in sync scores higher than a faulty one; bootstrap over faces.

    Draws of as many faces are the same draws, so those of two systems may be subtracted.

    Args:
        good: Scores of the windows of each face in sync.
        bad: Of the same faces with the fault.

    Returns:
        The chance, of all faces and of each draw, [1 + R]; ties count half, NaN where a side has
        no window.
    """
    values = np.concatenate([*good, *bad])
    owner = np.concatenate([np.full(len(v), k) for side in (good, bad) for k, v in enumerate(side)])
    right = np.arange(len(values)) < sum(map(len, good))
    counts = np.concatenate([np.ones((1, len(good)), np.int64), draw_counts(len(good))])
    found = np.full(len(counts), np.nan)
    if not right.any() or right.all():
        return found
    order = values.argsort(kind="stable")
    first = np.flatnonzero(np.diff(values[order], prepend=-np.inf) != 0)
    weight = counts[:, owner[order]]
    of_good = np.add.reduceat(weight * right[order], first, axis=1)
    of_bad = np.add.reduceat(weight * ~right[order], first, axis=1)
    below = of_bad.cumsum(axis=1) - 0.5 * of_bad
    total = of_good.sum(axis=1) * of_bad.sum(axis=1)
    np.divide((of_good * below).sum(axis=1), total, out=found, where=total > 0)
    return found


def drawn_interval(draws: Floats, faces: int) -> Interval:
    """An AUC, or the difference of two, with the middle 95 % of its draws.

    Args:
        draws: From `auc_draws`, [1 + R].
        faces: How many were drawn from.

    Returns:
        The interval; not known if there was nothing to compare.
    """
    known = draws[1:][np.isfinite(draws[1:])]
    if not np.isfinite(draws[0]) or not len(known):
        return Interval(math.nan, math.nan, math.nan, 0)
    low, high = np.percentile(known, _EDGES)
    return Interval(float(draws[0]), float(low), float(high), faces)


def compare(
    tried: Mapping[str, Mapping[str, Hops]], calibrations: Mapping[str, Calibration]
) -> dict[str, tuple[ByFault, ByFault]]:
    """AUC of every system by fault, and by how much the shipped one's is higher.

    Args:
        tried: Hops by system and fault, of the same faces; `SHIPPED` is among the systems.
        calibrations: By system.

    Returns:
        Both by system.
    """
    faces = len(tried[SHIPPED][IN_SYNC])
    draws = {name: _by_fault(tried[name], found) for name, found in calibrations.items()}
    return {
        name: (
            {f: drawn_interval(auc, faces) for f, auc in aucs.items()},
            {f: drawn_interval(draws[SHIPPED][f] - auc, faces) for f, auc in aucs.items()},
        )
        for name, aucs in draws.items()
    }


def by_corpus(
    tried: Mapping[str, Hops], corpora: Sequence[str], calibration: Calibration
) -> dict[str, ByFault]:
    """AUC by corpus and fault.

    Args:
        tried: Hops by fault.
        corpora: Of which corpus each face is.
        calibration: Of the system.

    Returns:
        Intervals.
    """
    found = {}
    for name in sorted(set(corpora)):
        some = {
            fault: [h for h, corpus in zip(hops, corpora, strict=True) if corpus == name]
            for fault, hops in tried.items()
        }
        draws, faces = _by_fault(some, calibration), len(some[IN_SYNC])
        found[name] = {fault: drawn_interval(auc, faces) for fault, auc in draws.items()}
    return found


def _by_fault(tried: Mapping[str, Hops], calibration: Calibration) -> dict[str, Floats]:
    scores = {fault: [log_odds(one, calibration) for one in hops] for fault, hops in tried.items()}
    return {f: auc_draws(scores[IN_SYNC], scores[f]) for f in FAULTS if f != IN_SYNC}
