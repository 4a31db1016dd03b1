"""ROC curves, reliability and lag errors as one picture."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypedDict

import numpy as np

from stream_engine.monitor.sync_evidence import STEP_MS
from stream_engine.monitor.sync_score import Calibration, features
from training.sync.systems import SHIPPED
from training.sync.trial import windows_of
from training.sync.tried import IN_SYNC, LAG_OF, OTHER_WORDS, Hops
from training.sync.worth import log_odds, reliability, roc

_ROCS = ("+80 ms", OTHER_WORDS)
_WIDEST_MS = 100

_COLOURS = 160
"""Kept of the picture, for a file of half the size."""


class _Look(TypedDict):
    color: str
    linewidth: float


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
    axes, looks = figure.subplots(1, 4), _looks(tried)
    for fault, plot in zip(_ROCS, axes, strict=False):
        for name, look in looks.items():
            sides = (
                np.concatenate([log_odds(one, calibrations[name]) for one in tried[name][side]])
                for side in (IN_SYNC, fault)
            )
            plot.plot(*roc(*sides), label=name, **look)
        plot.set(title=f"ROC, {fault}", xlabel="faulty let through", ylabel="in sync let through")
    axes[0].legend(fontsize=7)
    for name, look in looks.items():
        found = reliability(tried[name], calibrations[name])
        axes[2].plot(found.said, found.true, ".-", label=name, **look)
        axes[3].hist(_lag_errors(tried[name]), 40, histtype="step", label=name, **look)
    axes[2].plot([0, 1], [0, 1], ":", color="grey")
    axes[2].set(title="reliability", xlabel="score", ylabel="share in sync")
    axes[3].set(title="lag error, ms", xlim=(-_WIDEST_MS, _WIDEST_MS))
    figure.suptitle(f"{kind} faces", fontsize=9)
    figure.savefig(path)
    with Image.open(path) as drawn:
        plain = drawn.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    plain.save(path, optimize=True)


def _looks(names: Iterable[str]) -> dict[str, _Look]:
    """Colour and width by system; the shipped one lies on top, since lines of 1.0 hide others."""
    others = [name for name in names if name != SHIPPED]
    looks: dict[str, _Look] = {
        name: {"color": f"C{k}", "linewidth": 1.6 - 0.2 * k} for k, name in enumerate(others)
    }
    return {**looks, SHIPPED: {"color": "black", "linewidth": 0.8}}


def _lag_errors(tried: Mapping[str, Hops]) -> np.ndarray:
    """Of all windows, those further off than the axis at its ends."""
    errors = [
        features(windows_of(one))[2] * STEP_MS - late_ms
        for fault, late_ms in LAG_OF.items()
        for one in tried[fault]
    ]
    return np.clip(np.concatenate(errors), -_WIDEST_MS, _WIDEST_MS)
