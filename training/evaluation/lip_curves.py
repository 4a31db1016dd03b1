"""Recorded against made lips over time: gap and width of some clips as a picture, words below.

    python -m training.evaluation.lip_curves --pairs cache/grid.npz --out lips.png
        --model shipped=stream_engine/assets/motion --clips bbas1s,bbaz4n

Thick: as tracked. Solid: one sample. Thin and dashed: the mean of several. Numbers: gap or width
PCC of that sample on that clip.
"""

import argparse
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
import torch
from numpy.typing import NDArray

from stream_engine.config import SHIPPED_STEPS
from stream_engine.errors import AssetError
from stream_engine.types import MOTION_FPS
from training.dataset import PairSet, load_pairs
from training.evaluation.generate import generate
from training.evaluation.hops import add_models, named_models
from training.evaluation.lip_reader import LipReader
from training.evaluation.over_frames import Floats, pearson

_COLOURS = ("#d1495b", "#1f78b4", "#2a9d4e", "#8e5bb5", "#c77f0a")
_GREY, _SHADE = "#9a9a9a", "#eef0f3"


@dataclass(frozen=True, slots=True)
class Curve:
    """Lips of one model, or of the recording.

    Attributes:
        name: What the legend calls it.
        gap: mm, [S, M, T]; the first sample is shown, and the mean if there are more.
        width: mm, [S, M, T].
    """

    name: str
    gap: Floats
    width: Floats


def word_spans(word: NDArray[np.str_]) -> list[tuple[str, int, int]]:
    """Word, first frame and frame after the last of each word of a clip, from [T]."""
    edges = [0, *(np.flatnonzero(word[1:] != word[:-1]) + 1).tolist(), len(word)]
    spans = pairwise(edges)
    return [(str(word[start]), start, end) for start, end in spans if word[start]]


def chosen(pairs: PairSet, names: str | None, count: int) -> PairSet:
    """Clips by name, or the first few.

    Args:
        pairs: Clips to choose from.
        names: Names with commas between; None for the first ``count``.
        count: How many then.

    Returns:
        The clips, in the order named.

    Raises:
        AssetError: If one is not there.
    """
    if names is None:
        return pairs.select(np.arange(len(pairs))[:count])
    at = {str(name): row for row, name in enumerate(pairs.name)}
    wanted = names.split(",")
    missing = [name for name in wanted if name not in at]
    if missing:
        raise AssetError(
            "no such test clip", got=", ".join(missing), expected=f"such as {', '.join([*at][:5])}"
        )
    return pairs.select(np.array([at[name] for name in wanted]))


def draw(pairs: PairSet, curves: list[Curve], path: Path) -> None:
    """Draw a column per clip: gap above width, words below.

    Args:
        pairs: The M clips.
        curves: One per model.
        path: PNG to write.
    """
    matplotlib.use("Agg")
    from matplotlib import pyplot

    size = (4.6 * len(pairs), 4.4)
    figure, axes = pyplot.subplots(2, len(pairs), figsize=size, sharex=True, squeeze=False)
    at = np.arange(pairs.gap.shape[1]) / MOTION_FPS
    for clip, (top, bottom) in enumerate(axes.T):
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        for axis, kind in ((top, "gap"), (bottom, "width")):
            real = getattr(pairs, kind)[clip]
            axis.plot(at, real, color=_GREY, linewidth=3.2, label="recorded")
            for number, (curve, colour) in enumerate(zip(curves, _COLOURS, strict=False)):
                samples = getattr(curve, kind)[:, clip]
                axis.plot(at, samples[0], color=colour, linewidth=1.3, label=curve.name)
                if len(samples) > 1:
                    mean = {"linewidth": 0.7, "linestyle": (0, (5, 2))}
                    axis.plot(at, samples.mean(axis=0), color=colour, **mean)
                r = pearson(samples[:1], real[None], np.ones((1, len(real)), bool))[0]
                place = {"xy": (0.985, 0.965 - 0.085 * number), "xycoords": "axes fraction"}
                axis.annotate(
                    f"{r:.2f}", **place, color=colour, ha="right", va="top", fontsize=8, bbox=box
                )
            for word, start, end in word_spans(pairs.word[clip]):
                axis.axvspan(start / MOTION_FPS, end / MOTION_FPS, color=_SHADE, ec="white", lw=1)
                if axis is top:
                    middle, axes_of = (start + end) / 2 / MOTION_FPS, ("data", "axes fraction")
                    font = {"ha": "center", "va": "top", "fontsize": 7.5}
                    axis.annotate(word, (middle, -0.03), xycoords=axes_of, **font)
            axis.margins(x=0.0, y=0.14)
            axis.spines[["top", "right"]].set_visible(False)
        top.tick_params(bottom=False)
        top.set_title(f"“{pairs.transcript[clip]}”", fontsize=10)
        bottom.set_xlabel("seconds")
    axes[0, 0].set_ylabel("lip gap, mm")
    axes[1, 0].set_ylabel("lip width, mm")
    axes[0, 0].legend(loc="upper left", fontsize=8, frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=90)
    pyplot.close(figure)


def main() -> None:
    """Let every model say the clips, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    add_models(parser)
    parser.add_argument("--steps", type=int, default=SHIPPED_STEPS)
    parser.add_argument("--samples", type=int, default=10, help="in the mean")
    parser.add_argument("--clips", help="names of test clips with commas between")
    parser.add_argument("--count", type=int, default=3, help="clips if none is named")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    pairs = chosen(load_pairs(options.pairs, "test"), options.clips, options.count)
    reader, curves = LipReader(), []
    for model in named_models(options):
        hop = model.hop(options.profile, options.steps)
        made = generate(hop, pairs.mel.astype(np.float32), range(options.samples))
        tracks = [reader.read(sample) for sample in made]
        gap, width = (np.stack([getattr(t, kind) for t in tracks]) for kind in ("gap", "width"))
        curves.append(Curve(model.name, gap, width))
    draw(pairs, curves, options.out)


if __name__ == "__main__":
    main()
