"""Measures what a picture costs: `python -m stream_engine.render.bench`."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import HEADS, HeadAsset, load_head_asset
from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX
from stream_engine.render.atlas_renderer import AtlasRenderer
from stream_engine.render.mesh_renderer import MeshRenderer
from stream_engine.render.portrait import RenderStyle

Rows = np.ndarray[tuple[int, int], np.dtype[np.float32]]

_RATE_HZ = 25
_WARM_UP = 10
_SIZES = (256, 512, 1080)


def talking(frames: int) -> Rows:
    """Make up motion of a talking head, float32 [T, 55]."""
    time_s = np.arange(frames) / _RATE_HZ
    rows = np.zeros((frames, COEFFICIENT_COUNT), dtype=np.float32)
    rows[:, INDEX["jawOpen"]] = 0.25 + 0.25 * np.sin(time_s * 23.0)
    rows[:, INDEX["mouthFunnel"]] = 0.3 + 0.3 * np.sin(time_s * 9.0)
    rows[:, INDEX["mouthSmileLeft"]] = rows[:, INDEX["mouthSmileRight"]] = 0.2
    rows[:, INDEX["eyeBlinkLeft"]] = rows[:, INDEX["eyeBlinkRight"]] = time_s % 3.0 < 0.2
    rows[:, INDEX["headYaw"]] = 0.15 * np.sin(time_s)
    return rows


def batched(asset: HeadAsset, rows: Rows, size: int, batch: int) -> str:
    """Draw in batches, the last read back while the next is drawn; say how many heads a second.

    Args:
        asset: The head.
        rows: Motion, float32 [T, 55]; what fills no batch is left out.
        size: Width and height of a picture.
        batch: Heads of a batch.

    Returns:
        A line; posing is left out, for it may run elsewhere.
    """
    mesh, renderer = HeadMesh(asset), AtlasRenderer(asset, (size, size), batch)
    frames = [mesh.pose(number, row) for number, row in enumerate(rows)]
    runs = [frames[k : k + batch] for k in range(0, len(frames) - batch + 1, batch)]
    renderer.submit(runs[0])
    renderer.collect()
    begin_s = time.perf_counter()
    renderer.submit(runs[0])
    for run in runs[1:]:
        renderer.submit(run)
        renderer.collect()
    renderer.collect()
    rate = batch * len(runs) / (time.perf_counter() - begin_s)
    device = renderer.device
    renderer.close()
    return f"{device}, {size}x{size}, batches of {batch}: {rate:.1f} heads a second\n"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a picture costs, milliseconds.

    Attributes:
        device: What draws.
        triangles: Drawn, hair's shells and shadow not counted.
        wall: Median from coefficients to pixels.
        cpu: Of all threads, mean.
        posing: Of that, before anything is drawn.
    """

    device: str
    triangles: int
    wall: float
    cpu: float
    posing: float


def measured(asset: HeadAsset, size: int, frames: int, plain: bool) -> Cost:
    """Pose and draw the same talk.

    Args:
        asset: The head.
        size: Width and height of a picture.
        frames: How many pictures.
        plain: As the server where it has no GPU.

    Returns:
        What one costs.
    """
    style = RenderStyle(plain=plain)
    mesh, renderer = HeadMesh(asset), MeshRenderer(asset, size, size, style)
    rows = talking(frames + _WARM_UP)
    for row in rows[:_WARM_UP]:
        renderer.render(mesh.pose(0, row))
    walls, posing_s, cpu_s = [], 0.0, time.process_time()
    for row in rows[_WARM_UP:]:
        wall_s, before_s = time.perf_counter(), time.process_time()
        frame = mesh.pose(0, row)
        posing_s += time.process_time() - before_s
        renderer.render(frame)
        walls.append(time.perf_counter() - wall_s)
    cpu_s = time.process_time() - cpu_s
    device, triangles = renderer.device, renderer.triangles
    renderer.close()
    wall_ms = statistics.median(walls) * 1e3
    return Cost(device, triangles, wall_ms, cpu_s / frames * 1e3, posing_s / frames * 1e3)


def table(avatars: Mapping[str, Path], sizes: Sequence[int], frames: int) -> Iterator[str]:
    """Lines of a table of all avatars and sizes, full and plain."""
    yield "| avatar | pixels | drawn | triangles | wall, ms | CPU, ms | of it posing |\n"
    yield "|---|---|---|---|---|---|---|\n"
    for avatar, file in avatars.items():
        asset = load_head_asset(file)
        for size in sizes:
            for name, plain in (("full", False), ("plain", True)):
                cost = measured(asset, size, frames, plain)
                yield (
                    f"| {avatar} | {size} | {name} | {cost.triangles:,} | {cost.wall:.1f} "
                    f"| {cost.cpu:.1f} | {cost.posing:.1f} |\n"
                )
    yield f"\n{cost.device}, {frames} frames each\n"


def main() -> None:
    """Pose and draw the frames, then write the median wall time and the CPU time of all threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--plain", action="store_true", help="as the server where it has no GPU")
    parser.add_argument("--batch", type=int, default=0, help="draw so many heads at once")
    parser.add_argument("--table", action="store_true", help="all avatars, sizes, full and plain")
    arguments = parser.parse_args()
    if arguments.table:
        for line in table(HEADS, _SIZES, arguments.frames):
            sys.stdout.write(line)
            sys.stdout.flush()
        return
    asset = load_head_asset()
    if arguments.batch:
        rows = talking(max(arguments.frames, arguments.batch))
        sys.stdout.write(batched(asset, rows, arguments.size, arguments.batch))
        return
    cost = measured(asset, arguments.size, arguments.frames, arguments.plain)
    sys.stdout.write(
        f"{cost.device}, {arguments.size}x{arguments.size}, {arguments.frames} frames\n"
        f"wall {cost.wall:.1f} ms a frame (median)\n"
        f"CPU {cost.cpu:.1f} ms a frame, all threads, of which posing {cost.posing:.1f}\n"
    )


if __name__ == "__main__":
    main()
