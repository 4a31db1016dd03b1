"""Which sounds and expressions an avatar can show, by the shapes it has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open

from stream_engine.avatar.bundle import SHAPE_SOURCES
from stream_engine.avatar.complete import FOUND, MISSING
from stream_engine.avatar.visemes import FACE, VISEMES, shapes_of
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.motion.arkit import ARKIT_NAMES


@dataclass(frozen=True, slots=True)
class Covered:
    """One group of sounds, or one part of the face.

    Attributes:
        name: Of the viseme, or the part.
        sounds: What is said with it; empty for a part of the face.
        found: Share of its movement by shapes of the file, 0..1.
        made: Share by shapes that were made.
        missing: Shapes that it lacks.
    """

    name: str
    sounds: str
    found: float
    made: float
    missing: tuple[str, ...]


def coverage(how: Mapping[str, str]) -> list[Covered]:
    """Say what an avatar covers.

    Args:
        how: How each of ARKit's shapes was had (`complete`).

    Returns:
        A row for each viseme, then for each part of the face.
    """
    rows = [_row(name, viseme.sounds, shapes_of(name), how) for name, viseme in VISEMES.items()]
    parts = [_row(part, "", dict.fromkeys(shapes, 1.0), how) for part, shapes in FACE.items()]
    return rows + parts


def coverage_text(rows: list[Covered]) -> str:
    """Give the rows as a table."""
    lines = [f"{'viseme':8} {'sounds':8} {'in file':>7} {'made':>5}  missing"]
    lines += [
        f"{row.name:8} {row.sounds:8} {row.found:7.0%} {row.made:5.0%}  {' '.join(row.missing)}"
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def _row(name: str, sounds: str, weights: Mapping[str, float], how: Mapping[str, str]) -> Covered:
    total = sum(weights.values())
    found = sum(weight for shape, weight in weights.items() if how[shape] == FOUND)
    missing = tuple(shape for shape in weights if how[shape] == MISSING)
    lost = sum(weights[shape] for shape in missing)
    made = max(total - found - lost, 0.0)  # rounding
    return Covered(name, sounds, found / total, made / total, missing)


def about(file: Path) -> dict[str, str]:
    """Give what an avatar's file says of itself, such as ``source`` and ``licence``."""
    with safe_open(file, framework="numpy") as reader:
        return dict(reader.metadata() or {})


def shape_sources(file: Path, head: HeadAsset) -> dict[str, str]:
    """Say how each shape of an avatar was had.

    Args:
        file: The avatar's.
        head: The same, read.

    Returns:
        By name; a shipped avatar's are all its own.
    """
    said = json.loads(about(file).get(SHAPE_SOURCES, "{}"))
    moves = np.abs(head.deltas).max(axis=(1, 2)) > 0
    return {
        name: str(said.get(name, FOUND)) if moves[k] else MISSING
        for k, name in enumerate(ARKIT_NAMES)
    }
