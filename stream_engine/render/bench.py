"""Measures what a picture costs: `python -m stream_engine.render.bench`."""

from __future__ import annotations

import argparse
import statistics
import sys
import time

import numpy as np

from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import HeadAsset, load_head_asset
from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX
from stream_engine.render.atlas_renderer import AtlasRenderer
from stream_engine.render.mesh_renderer import MeshRenderer
from stream_engine.render.portrait import RenderStyle

Rows = np.ndarray[tuple[int, int], np.dtype[np.float32]]

_RATE_HZ = 25
_WARM_UP = 10


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


def main() -> None:
    """Pose and draw the frames, then write the median wall time and the CPU time of all threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--plain", action="store_true", help="as the server where it has no GPU")
    parser.add_argument("--batch", type=int, default=0, help="draw so many heads at once")
    arguments = parser.parse_args()
    asset = load_head_asset()
    if arguments.batch:
        rows = talking(max(arguments.frames, arguments.batch))
        sys.stdout.write(batched(asset, rows, arguments.size, arguments.batch))
        return
    style = RenderStyle(plain=arguments.plain)
    mesh, renderer = HeadMesh(asset), MeshRenderer(asset, arguments.size, arguments.size, style)
    rows = talking(arguments.frames + _WARM_UP)
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
    sys.stdout.write(
        f"{renderer.device}, {arguments.size}x{arguments.size}, {arguments.frames} frames\n"
        f"wall {statistics.median(walls) * 1e3:.1f} ms a frame (median)\n"
        f"CPU {cpu_s / arguments.frames * 1e3:.1f} ms a frame, all threads, "
        f"of which posing {posing_s / arguments.frames * 1e3:.1f}\n"
    )
    renderer.close()


if __name__ == "__main__":
    main()
