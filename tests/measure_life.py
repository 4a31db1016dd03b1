"""Does the motion live, and does it pop? ``python -m tests.measure_life FOLDER``.

A minute of silence and a minute of talk (the shipped sample, over and over) by the shipped model
and head: how fast and how suddenly each group of channels and a few places of the face move, what
lies inside what, and pictures of it, into a folder. With ``--movies`` both minutes are written as
movies, too; ``--avatar`` takes somebody else.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from stream_engine.assemble import Assembly
from stream_engine.config import EngineConfig
from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import HEADS, load_head_asset
from stream_engine.mesh.normals import NormalField
from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_COUNT, COEFFICIENT_NAMES, INDEX
from stream_engine.motion.emotion import Manner
from stream_engine.motion.gaze import model_gaze
from stream_engine.render_config import RenderConfig
from stream_engine.transport.movie_file import MovieFile
from stream_engine.types import (
    F32,
    MODEL_RATE_HZ,
    MOTION_FPS,
    TICKS_PER_FRAME,
    AudioChunk,
    MeshFrame,
)
from tests.measure_expression import Bench, blinks, read, say
from tests.paths import SAMPLE
from tests.solids import Solids, still

SECONDS = 60
CELL, COLUMNS, ROWS, STRIP = 128, 8, 3, 4
FACE = (0.2, 0.1, 0.8, 0.7)
"""Of the picture, what the sheets show."""

GROUPS = {
    "jaw, lips": ("jaw", "mouth", "tongue"),
    "lids": ("eyeBlink", "eyeWide", "eyeSquint"),
    "gaze": ("eyeLook",),
    "brows": ("brow",),
    "cheeks, nose": ("cheek", "nose"),
    "head": ("head",),
}

LID_FACES = (
    {"eyeBlink": 1.0},
    {"eyeBlink": 1.0, "eyeLookDown": 1.0},
    {"eyeBlink": 1.0, "eyeSquint": 0.4, "cheekSquint": 0.65},
    {"eyeSquint": 1.0, "cheekSquint": 1.0},
)

PLACES = ("nose tip", "chin", "lower lip", "brow", "upper lid")


def columns_of(group: str) -> list[int]:
    """Numbers of the coefficients of a group."""
    prefixes = GROUPS[group]
    return [k for k, name in enumerate(COEFFICIENT_NAMES) if name.startswith(prefixes)]


def places() -> dict[str, int]:
    """A vertex for each place of the shipped head."""
    head = load_head_asset()
    at, left = head.positions, head.positions[:, 0] > 0.02
    brow, lid = head.region("brows"), head.region("eyelid_left")
    moved = np.linalg.norm(head.basis.reshape(ARKIT_COUNT, -1, 3), axis=2)
    jaw = moved[INDEX["jawOpen"]] * (np.abs(at[:, 0]) < 0.004) * head.region("skin")
    loop = head.inner_lip.astype(int)
    return {
        "nose tip": int(np.where(head.region("nose"), at[:, 2], -1).argmax()),
        "chin": int(jaw.argmax()),
        "lower lip": int(loop[len(loop) // 4 * 3]),
        "brow": int(np.where(brow & left, moved[INDEX["browOuterUpLeft"]], -1).argmax()),
        "upper lid": int(np.where(lid, moved[INDEX["eyeBlinkLeft"]], -1).argmax()),
    }


def talk() -> F32:
    """A minute of speech."""
    sample = read(SAMPLE)
    return np.tile(sample, -(-SECONDS * MODEL_RATE_HZ // len(sample)))[: SECONDS * MODEL_RATE_HZ]


def rates(name: str, rows: F32, unit: str, scale: float = 1.0) -> None:
    """Print how fast rows [T, N] change, and how fast that does."""
    speed = np.abs(np.diff(rows, axis=0)).max(axis=1) * scale
    sudden = np.abs(np.diff(rows, n=2, axis=0)).max(axis=1) * scale
    say(
        f"  {name:12} {unit:>9}: a frame p50 {np.median(speed):.3f}, p99 "
        f"{np.percentile(speed, 99):.3f}, most {speed.max():.3f}; change of it p99 "
        f"{np.percentile(sudden, 99):.3f}, most {sudden.max():.3f}"
    )


def report(name: str, motion: F32, mesh: HeadMesh, solids: Solids) -> None:
    """Print the figures of a minute."""
    say(f"{name}: {len(motion) / MOTION_FPS:.0f} s, {blinks(motion)} blinks")
    for group in GROUPS:
        part = motion[:, columns_of(group)]
        rates(group, part, *(("degrees", 180 / np.pi) if group == "head" else ("weight", 1.0)))
    found = np.concatenate(
        [mesh.pose_many(part).positions[:, list(places().values())] for part in chunks(motion)]
    )
    for place, path in zip(PLACES, found.transpose(1, 0, 2), strict=True):
        step = np.linalg.norm(np.diff(path, axis=0), axis=1)
        jerk = np.linalg.norm(np.diff(path, n=2, axis=0), axis=1)
        rates_mm = (np.percentile(v * 1000, p) for v in (step, jerk) for p in (50, 99, 100))
        p50, p99, most, j50, j99, jmost = rates_mm
        say(
            f"  {place:12}        mm: a frame p50 {p50:.2f}, p99 {p99:.2f}, most {most:.2f}; "
            f"change of it p50 {j50:.2f}, p99 {j99:.2f}, most {jmost:.2f}"
        )
    inside(motion, mesh, solids)


def inside(motion: F32, mesh: HeadMesh, solids: Solids) -> None:
    """Print what lies inside what, as posed, and as the shapes alone would have it."""
    rest = mesh.asset.positions.reshape(-1)
    parts = chunks(still(motion))
    flat = ((part[:, :ARKIT_COUNT] @ mesh.basis + rest) for part in parts)
    alone = (heads.reshape(len(heads), -1, 3) for heads in flat)
    posed = (mesh.pose_many(part).positions for part in parts)
    for name, run in (("shown", posed), ("shapes alone", alone)):
        depths = [solids.of(heads) for heads in run]
        for what in ("teeth", "lids", "lips"):
            depth = np.concatenate([getattr(each, what) for each in depths])
            say(
                f"  depth, {what}, {name}: p50 {np.median(depth):.2f}, "
                f"p99 {np.percentile(depth, 99):.2f}, most {depth.max():.2f} mm, "
                f"over 0.1 mm in {np.mean(depth > 0.1):.1%} of frames"
            )


def chunks(motion: F32, size: int = 50) -> list[F32]:
    """A minute in pieces that fit into memory once posed."""
    return [motion[at : at + size] for at in range(0, len(motion), size)]


class Painter:
    """Draws faces."""

    def __init__(self, size: int, avatar: str) -> None:
        render = RenderConfig(width=size, height=size, detail="full")
        assembly = Assembly(EngineConfig(render=render))
        self._poser, self._renderer = assembly.head_poser(avatar), assembly.renderer(avatar)
        self._size = size, size
        self._box = tuple(int(share * size) for share in FACE)

    def face(self, row: F32) -> Image.Image:
        """One picture."""
        return Image.fromarray(self._renderer.render(self._poser.pose(0, row)).rgb)

    def movie(self, motion: F32, samples: F32, file: Path) -> None:
        """A movie of motion and the voice that made it."""
        movie = MovieFile(file, self._size, MOTION_FPS, MODEL_RATE_HZ)
        movie.write_audio(AudioChunk(0, samples, MODEL_RATE_HZ))
        for frame, row in enumerate(motion):
            movie.write(self._renderer.render(self._poser.pose(frame * TICKS_PER_FRAME, row)))
        movie.close()

    def sheet(self, motion: F32, frames: list[int]) -> Image.Image:
        """Faces of some frames side by side, each with its time."""
        rows = -(-len(frames) // COLUMNS)
        sheet = Image.new("RGB", (CELL * min(COLUMNS, len(frames)), CELL * rows))
        draw = ImageDraw.Draw(sheet)
        for place, frame in enumerate(frames):
            at = place % COLUMNS * CELL, place // COLUMNS * CELL
            cell = self.face(motion[frame]).crop(self._box).resize((CELL, CELL))
            sheet.paste(cell, at)
            draw.text((at[0] + 3, at[1] + 1), f"{frame / MOTION_FPS:.2f}", fill=(60, 64, 70))
        return sheet


def save(sheet: Image.Image, file: Path) -> None:
    """Save as a JPEG."""
    sheet.save(file, quality=86, optimize=True)


def lids(folder: Path) -> None:
    """Eyes as the shapes alone would have them, and with the correctives below."""
    size, box = 640, (200, 195, 440, 285)
    assembly = Assembly(EngineConfig(render=RenderConfig(width=size, height=size, detail="full")))
    poser, renderer = assembly.head_poser("default"), assembly.renderer("default")
    head = load_head_asset()
    normals = NormalField(head.triangles, head.vertices)
    width, height = box[2] - box[0], box[3] - box[1]
    sheet = Image.new("RGB", (width * len(LID_FACES), 2 * height))
    for column, weights in enumerate(LID_FACES):
        face = np.zeros(COEFFICIENT_COUNT, np.float32)
        for name, weight in weights.items():
            face[[INDEX[name + "Left"], INDEX[name + "Right"]]] = weight
        alone = face[:ARKIT_COUNT] @ head.basis + head.positions.reshape(-1)
        plain = alone.reshape(-1, 3).astype(np.float32)
        for row, mesh in enumerate((MeshFrame(0, plain, normals.of(plain)), poser.pose(0, face))):
            picture = Image.fromarray(renderer.render(mesh).rgb).crop(box)
            sheet.paste(picture, (column * width, row * height))
    save(sheet.resize((sheet.width * 3 // 4, sheet.height * 3 // 4)), folder / "lids.jpg")


def suddenly(motion: F32, group: str) -> list[int]:
    """Frames around the most sudden moment of a group."""
    sudden = np.abs(np.diff(motion[:, columns_of(group)], n=2, axis=0)).max(axis=1)
    middle = int(sudden[STRIP:-STRIP].argmax()) + STRIP + 1
    return list(range(middle - STRIP // 2 - 1, middle + STRIP // 2 + 3))


def pictures(name: str, motion: F32, folder: Path, painter: Painter) -> None:
    """A contact sheet of the minute, and strips of its most sudden moments."""
    every = list(range(12, len(motion), len(motion) // (COLUMNS * ROWS)))[: COLUMNS * ROWS]
    save(painter.sheet(motion, every), folder / f"life-{name}.jpg")
    strips = [frame for group in GROUPS for frame in suddenly(motion, group)]
    save(painter.sheet(motion, strips), folder / f"life-{name}-sudden.jpg")


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where pictures and motion go")
    parser.add_argument("--profile", default="balanced")
    parser.add_argument("--no-pictures", action="store_true")
    parser.add_argument("--movies", action="store_true", help="both minutes, 512 pixels")
    parser.add_argument("--avatar", default="default", choices=list(HEADS))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    head = load_head_asset(HEADS[options.avatar])
    bench, mesh, solids = Bench(options.profile), HeadMesh(head), Solids(head)
    hush = np.zeros(SECONDS * MODEL_RATE_HZ, np.float32)
    for name, samples in (("idle", hush), ("talk", talk())):
        shown, model, heard = bench.motion(samples)
        np.savez(options.folder / f"{name}.npz", shown=shown, model=model)
        report(name, shown, mesh, solids)
        against = np.corrcoef(model_gaze(model)[:, 0], model[:, INDEX["headYaw"]])[0, 1]
        say(f"  the model's own gaze with its own head's yaw: r {against:.2f}")
        if not options.no_pictures:
            pictures(name, shown, options.folder, Painter(320, options.avatar))
        if options.movies:
            file = options.folder / f"life-{name}.mp4"
            Painter(512, options.avatar).movie(shown, samples, file)
    for emotion in ("happy", "disgusted"):
        say(f"{emotion} talk, at its strongest")
        inside(bench.again(heard, Manner(emotion, 1.0), len(shown)), mesh, solids)
    if not options.no_pictures:
        lids(options.folder)


if __name__ == "__main__":
    main()
