"""A fitted clip next to the points it was fitted to, as one picture to look at.

python -m training.data.show_fit --grid FOLDER --clip bbaf2n --out fit.png
"""

import argparse
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray

from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.render.mesh_renderer import MeshRenderer
from stream_engine.types import F32
from training.data.fit import FitWeights, LandmarkBasis, fit_weights
from training.data.grid import GridCorpus
from training.data.speaker import displacement_of, find_speaker, head_local

_COLUMNS = 8
_MILLIMETRES = 1000.0


def pictures(weights: F32) -> list[NDArray[np.uint8]]:
    """Draw the head once per row of weights [T, 52]."""
    head = load_head_asset()
    poser, renderer = HeadMesh(head), MeshRenderer(head, 320, 320)
    rows = []
    for row in weights:
        coefficients = np.zeros(COEFFICIENT_COUNT, np.float32)
        coefficients[: len(row)] = row
        rows.append(renderer.render(poser.pose(0, coefficients)).rgb)
    renderer.close()
    return rows


def draw(
    tracked: NDArray[np.float64],
    fitted: NDArray[np.float64],
    shown: list[NDArray[np.uint8]],
    path: Path,
) -> None:
    """Points as tracked (black) and as fitted (red) above each picture.

    Args:
        tracked: Head-local points, metres, [T, P, 3].
        fitted: The same of the fit.
        shown: One picture per frame.
        path: PNG to write.
    """
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, len(shown), figsize=(2.4 * len(shown), 5.2))
    for column, picture in enumerate(shown):
        top, bottom = axes[0, column], axes[1, column]
        for points, colour in ((tracked[column], "black"), (fitted[column], "red")):
            top.scatter(*(points[:, :2].T * _MILLIMETRES), s=1.5, color=colour)
        top.set_aspect("equal")
        bottom.imshow(picture)
        for axis in (top, bottom):
            axis.axis("off")
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def main() -> None:
    """Fit one clip and save the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grid", type=Path, required=True)
    parser.add_argument("--clip", help="clip name; the first by default")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    corpus = GridCorpus(options.grid)
    basis = LandmarkBasis(load_head_asset(), corpus.point_ids)
    clips = list(corpus.clips())
    speaker = find_speaker(clips, basis)
    clip = next(c for c in clips if options.clip in (None, c.name))
    displacement = displacement_of(head_local(clip, speaker, basis), speaker, basis)
    weights = fit_weights(basis, displacement, clip.scores, FitWeights())
    chosen = np.linspace(18, min(55, len(weights) - 1), _COLUMNS).astype(int)
    fitted = np.einsum("tk,kpx->tpx", weights[chosen], basis.shapes) + speaker.neutral
    tracked = displacement[chosen] + speaker.neutral
    draw(tracked, fitted, pictures(weights[chosen]), options.out)


if __name__ == "__main__":
    main()
