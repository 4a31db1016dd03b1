"""ROC curves, reliability and lag errors as one picture."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from stream_engine.monitor.sync_evidence import STEP_MS
from stream_engine.monitor.sync_score import Calibration, features
from training.sync.trial import windows_of
from training.sync.tried import IN_SYNC, LAG_OF, OTHER_WORDS, Hops
from training.sync.worth import log_odds, reliability, roc

_ROCS = ("+80 ms", OTHER_WORDS)
_WIDEST_MS = 100
_COLOURS = 48
"""Kept of the picture, for a file of a third of the size."""



def draw(
    path: Path,
    kind: str,
    tried: Mapping[str, Mapping[str, Hops]],
    calibrations: Mapping[str, Calibration],
) -> None:
    """Draw how systems do on one kind of face.

    Args:
        path: Of the picture.
        kind: Of the faces, for the title.
        tried: Hops by system and fault.
        calibrations: By system.
    """
    from matplotlib.figure import Figure
    from PIL import Image

    figure = Figure(figsize=(11, 2.9), dpi=80, layout="constrained")
    axes = figure.subplots(1, 4)
    for fault, plot in zip(_ROCS, axes, strict=False):
        for name, hops in tried.items():
            sides = (
                np.concatenate([log_odds(one, calibrations[name]) for one in hops[side]])
                for side in (IN_SYNC, fault)
            )
            plot.plot(*roc(*sides), label=name, linewidth=1)
        plot.set(title=f"ROC, {fault}", xlabel="faulty let through", ylabel="in sync let through")
    axes[0].legend(fontsize=7)
    for name in tried:
        found = reliability(tried[name], calibrations[name])
        axes[2].plot(found.said, found.true, ".-", label=name, linewidth=1)
        axes[3].hist(_lag_errors(tried[name]), 40, histtype="step", label=name)
    axes[2].plot([0, 1], [0, 1], ":", color="grey")
    axes[2].set(title="reliability", xlabel="score", ylabel="share in sync")
    axes[3].set(title="lag error, ms", xlim=(-_WIDEST_MS, _WIDEST_MS))
    figure.suptitle(f"{kind} faces", fontsize=9)
    figure.savefig(path)
    with Image.open(path) as drawn:
        plain = drawn.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    plain.save(path, optimize=True)


def _lag_errors(tried: Mapping[str, Hops]) -> np.ndarray:
    """Of all windows, those further off than the axis at its ends."""
    errors = [
        features(windows_of(one))[2] * STEP_MS - late_ms
        for fault, late_ms in LAG_OF.items()
        for one in tried[fault]
    ]
    return np.clip(np.concatenate(errors), -_WIDEST_MS, _WIDEST_MS)
