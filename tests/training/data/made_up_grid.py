"""A small folder in the layout of the GRID recordings, made from known motion of our own head."""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from stream_engine.mesh.blendshapes import rotation
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import ARKIT_NAMES, INDEX
from training.data.fit import LandmarkBasis

FRAMES = 75
WORDS = "bin:0.80-1.40;blue:1.40-2.20"


def known_motion(seed: int, frames: int = FRAMES) -> tuple[np.ndarray, np.ndarray]:
    """Weights [T, 52] that speak inside the words only, and head angles [T, 3]."""
    random = np.random.default_rng(seed)
    at = np.arange(frames)
    inside = ((at + 0.5) / 25 > 0.8) & ((at + 0.5) / 25 < 2.2)
    weights = np.zeros((frames, 52))
    wave = 0.5 - 0.5 * np.cos((at - 20) * random.uniform(0.45, 0.9))
    weights[:, INDEX["jawOpen"]] = 0.35 * wave * inside
    weights[:, INDEX["mouthPucker"]] = 0.5 * np.roll(wave, 4) * inside
    angles = 0.08 * np.sin(at[:, None] * 0.1 + random.uniform(0, 6, 3))
    return weights, angles


def write_opus(path: Path, samples: np.ndarray) -> None:
    """Encode 48 kHz mono samples."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        for start in range(0, len(samples), 960):
            block = samples[None, start : start + 960].astype(np.float32)
            frame = av.AudioFrame.from_ndarray(block, "flt", "mono")
            frame.sample_rate, frame.pts = 48_000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def make_grid(
    folder: Path,
    clips: int = 4,
    lengths: Sequence[int] = (FRAMES,),
    proportions: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Path:
    """Write clips.tsv, names, tracks and audio.

    Clip k has ``lengths[k % len(lengths)]`` frames; the face is our own head, stretched by
    ``proportions`` in x, y and z.
    """
    (folder / "audio").mkdir(parents=True)
    ids = np.arange(478)
    basis = LandmarkBasis(load_head_asset(), ids)
    names = ["_neutral", *sorted(set(ARKIT_NAMES) - {"tongueOut"})]
    (folder / "arkit_names.txt").write_text("\n".join(names))
    (folder / "point_ids.txt").write_text("\n".join(str(i) for i in ids))
    rows, tracks = ["clip\tduration_s\ttranscript\tword_times_s"], {}
    for clip in range(clips):
        frames = lengths[clip % len(lengths)]
        weights, angles = known_motion(clip, frames)
        points = basis.neutral + np.einsum("tk,kpx->tpx", weights, basis.shapes)
        points = points * np.array(proportions)
        turned = np.einsum("tij,tpj->tpi", rotation(angles.astype(np.float32)), points)
        pixels = turned * np.array([1.0, -1.0, -1.0]) * 700.0 + np.array([180.0, 144.0, 0.0])
        stored = np.round(pixels * 64.0).astype(np.int16)
        stored[3] = -32768  # a frame in which no face was found
        tracks[f"clip{clip}/points"] = stored
        tracks[f"clip{clip}/scores"] = np.zeros((frames, 52), np.float16)
        tracks[f"clip{clip}/pose"] = np.tile(np.eye(4, dtype=np.float32), (frames, 1, 1))
        rows.append(f"clip{clip}\t{frames / 25}\tbin blue {clip}\t{WORDS}")
        envelope = np.repeat(weights[:, INDEX["jawOpen"]], 1920)
        tone = envelope * np.sin(np.arange(len(envelope)) * 0.08)
        write_opus(folder / "audio" / f"clip{clip}.opus", tone)
    np.savez(folder / "tracks-00.npz", **tracks)
    (folder / "clips.tsv").write_text("\n".join(rows) + "\n")
    return folder
