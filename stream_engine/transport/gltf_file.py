"""Motion as a glTF animation: the head with its 52 shapes, moving, in one GLB file.

The head is a skinned mesh of two joints, ``Body`` and ``Head``; vertices of the neck follow the
head by their share, as in `mesh.blendshapes`. All is core glTF 2.0: no extension is asked for.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from stream_engine.errors import TransportError
from stream_engine.formats.glb import Array, GlbBuilder
from stream_engine.formats.rotation import Turn, quaternion
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.mesh.materials import Material
from stream_engine.mesh.normals import NormalField
from stream_engine.mesh.skin_texture import packed_skin, read_png, write_png
from stream_engine.mesh.srgb import to_linear, to_srgb
from stream_engine.motion.arkit import ARKIT_COUNT, ARKIT_NAMES
from stream_engine.types import F32, MOTION_FPS, U8, MotionFrames

_FACE, _BODY, _HEAD = 0, 1, 2
_EYE_PIXELS = 128
_IRIS, _PUPIL = 0.262, 0.098  # of the uv's unit circle, as the eye's shader draws them
_LINEAR_FILTER, _CLAMP = 9729, 33071


class GltfFile:
    """Implements `FrameSink`; the file is written when it is closed.

    *State*: all frames, 220 bytes each.

    Args:
        path: File to write.
        head: Whose motion it is.

    Raises:
        TransportError: If the file cannot be made.
    """

    def __init__(self, path: Path, head: HeadAsset) -> None:
        try:
            self._file = path.open("wb")
        except OSError as error:
            raise TransportError.unwritable("motion", path, error) from error
        self._head = head
        self._runs: list[MotionFrames] = []

    def write(self, frames: MotionFrames) -> None:
        """Take the next frames."""
        self._runs.append(frames)

    def close(self) -> None:
        """Write the file; may be called again."""
        if self._file.closed:
            return
        with self._file:
            self._file.write(animated_head(self._head, self._runs))
        self._runs = []


def animated_head(head: HeadAsset, runs: list[MotionFrames]) -> bytes:
    """Write a head and its motion as a GLB.

    Args:
        head: Mesh and shapes.
        runs: Frames in order; a head at rest if there are none.

    Returns:
        The file.
    """
    builder = GlbBuilder()
    normals = NormalField(head.triangles, head.vertices).of(head.positions)
    groups = [_primitive(builder, head, normals, k) for k in range(len(head.groups))]
    pivot = [float(axis) for axis in head.pivot]
    document: dict[str, Any] = {
        "scene": 0,
        "scenes": [{"nodes": [_FACE, _BODY]}],
        "nodes": [
            {"name": "Face", "mesh": 0, "skin": 0},
            {"name": "Body", "children": [_HEAD]},
            {"name": "Head", "translation": pivot},
        ],
        "meshes": [
            {
                "name": "Face",
                "primitives": groups,
                "weights": [0.0] * ARKIT_COUNT,
                "extras": {"targetNames": list(ARKIT_NAMES)},
            }
        ],
        "skins": [{"joints": [_BODY, _HEAD], "inverseBindMatrices": _rest(builder, head.pivot)}],
        **_look(builder, head),
    }
    if runs:
        document["animations"] = [_animation(builder, head, runs)]
    return builder.pack(document)


def _primitive(builder: GlbBuilder, head: HeadAsset, normals: F32, number: int) -> dict[str, Any]:
    """One draw group, with those vertices alone that it uses."""
    group = head.groups[number]
    corners = head.draw_triangles[group.first_triangle : group.first_triangle + group.triangles]
    used, local = np.unique(corners, return_inverse=True)
    shares = _shares(head.head_weight[used])
    attributes = {
        "POSITION": builder.vertices(head.positions[used], bounds=True),
        "NORMAL": builder.vertices(normals[used]),
        "JOINTS_0": builder.vertices(_joints(shares)),
        "WEIGHTS_0": builder.vertices(shares, normalized=True),
    }
    if group.name in ("skin", "eye"):
        attributes["TEXCOORD_0"] = builder.vertices(head.uv[used].astype(np.float32))
    else:
        colors = _linear(head.color[used], head.uv[used] if group.name == "lash" else None)
        attributes["COLOR_0"] = builder.vertices(colors, normalized=True)
    shapes = head.basis.reshape(ARKIT_COUNT, -1, 3)
    return {
        "attributes": attributes,
        "indices": builder.indices(local.reshape(-1).astype(np.uint16)),
        "targets": [{"POSITION": builder.sparse(shape[used])} for shape in shapes],
        "material": number,
    }


def _shares(head_weight: F32) -> U8:
    """Weights of body and head in bytes that add up to 255, uint8 [V, 4]."""
    shares = np.zeros((len(head_weight), 4), np.uint8)
    shares[:, 1] = np.round(head_weight * 255)
    shares[:, 0] = 255 - shares[:, 1]
    return shares


def _joints(shares: U8) -> U8:
    """Body and head, but a joint without a share is 0, as the specification asks, uint8 [V, 4]."""
    joints: U8 = ((shares > 0) * np.array([0, 1, 0, 0])).astype(np.uint8)
    return joints


def _linear(color: U8, lash_uv: F32 | None) -> Array:
    """Vertex colours as glTF has them, linear, uint16 [V, 4]; lashes fade towards their tips."""
    linear = to_linear(color / 255.0)
    linear[:, 3] = 1.0
    if lash_uv is not None:
        tip = 1.0 - lash_uv[:, 1]
        linear[:, 3] = np.clip(tip * (0.35 + 0.65 * tip), 0.0, 1.0)
    return np.round(linear * 65535).astype(np.uint16)


def _rest(builder: GlbBuilder, pivot: F32) -> int:
    """Inverse bind matrices of body and head, column by column."""
    matrices = np.tile(np.eye(4, dtype=np.float32), (2, 1, 1))
    matrices[1, 3, :3] = -pivot  # the fourth column
    return builder.accessor(matrices)


def _animation(builder: GlbBuilder, head: HeadAsset, runs: list[MotionFrames]) -> dict[str, Any]:
    motion = np.concatenate([run.coefficients for run in runs])
    if head.retarget is not None:  # the file has a head of its own, which this motion meets
        motion = head.retarget.apply(motion)
    numbers = np.concatenate([run.start + np.arange(len(run.coefficients)) for run in runs])
    turns = [quaternion(Turn(*(float(a) for a in row))) for row in motion[:, ARKIT_COUNT:]]
    times = builder.accessor((numbers / MOTION_FPS).astype(np.float32), bounds=True)
    weights = builder.accessor(motion[:, :ARKIT_COUNT].reshape(-1))
    rotations = builder.accessor(np.array(turns, np.float32))
    return {
        "name": "Speech",
        "samplers": [{"input": times, "output": weights}, {"input": times, "output": rotations}],
        "channels": [
            {"sampler": 0, "target": {"node": _FACE, "path": "weights"}},
            {"sampler": 1, "target": {"node": _HEAD, "path": "rotation"}},
        ],
    }


def _look(builder: GlbBuilder, head: HeadAsset) -> dict[str, Any]:
    """Materials of the draw groups, with the skin's picture and the eye's."""
    names = [group.name for group in head.groups]
    pictures = {"skin": _skin(packed_skin(head)), "eye": write_png(_eye(head))}
    rough = {"skin": 0.6, "mouth": 0.35, "eye": 0.15, "lash": 1.0}
    materials: list[dict[str, Any]] = []
    for name in names:
        surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": rough[name]}
        if name in pictures:
            surface["baseColorTexture"] = {"index": list(pictures).index(name)}
        material: dict[str, Any] = {"name": name, "pbrMetallicRoughness": surface}
        if name == "lash":
            material |= {"alphaMode": "BLEND", "doubleSided": True}
        materials.append(material)
    clamped = {
        **{"magFilter": _LINEAR_FILTER, "minFilter": _LINEAR_FILTER},
        **{"wrapS": _CLAMP, "wrapT": _CLAMP},
    }
    return {
        "materials": materials,
        "textures": [{"sampler": 0, "source": k} for k in range(len(pictures))],
        "samplers": [clamped],
        "images": [
            {"name": name, "mimeType": "image/png", "bufferView": builder.view(picture)}
            for name, picture in pictures.items()
        ],
    }


@lru_cache(maxsize=1)
def _skin(packed: bytes) -> bytes:
    """The skin's texture in sRGB, a PNG; kept, because packing it takes longer than the rest."""
    root = read_png(packed) / 255.0  # of linear colour
    pixels = np.round(to_srgb(root**2) * 255).astype(np.uint8)
    pixels[..., 3] = 255  # was gloss
    return write_png(pixels)


def _eye(head: HeadAsset) -> U8:
    """The eye's shader as a picture, without its fibres: sclera, iris and pupil by the angle."""
    across = (np.arange(_EYE_PIXELS) + 0.5) / _EYE_PIXELS * 2.0 - 1.0
    r = np.hypot(across[:, None], across[None, :])[..., None]
    tone = to_linear(head.color[head.material == Material.EYE, :3].astype(np.float64) / 255.0)
    tone = tone.mean(axis=0) if len(tone) else np.array([0.089, 0.045, 0.023])
    inner, outer = tone * np.array([1.35, 1.25, 1.05]), tone * np.array([0.75, 0.85, 1.0])
    t = np.clip((r - _PUPIL) / (_IRIS - _PUPIL), 0.0, 1.0)
    iris = (inner + (outer - inner) * t) * (1.0 - 0.75 * _step(0.72, 1.0, t))
    white, corner = np.array([0.70, 0.685, 0.66]), np.array([0.62, 0.45, 0.41])
    ball = white + (corner - white) * _step(0.34, 0.62, r)
    color = iris + (ball - iris) * _step(_IRIS - 0.02, _IRIS + 0.02, r)
    color *= _step(_PUPIL - 0.02, _PUPIL + 0.012, r) * 0.985 + 0.015
    picture = np.full((_EYE_PIXELS, _EYE_PIXELS, 4), 255, np.uint8)
    picture[..., :3] = np.round(to_srgb(color) * 255)
    return picture


def _step(low: float, high: float, value: Array) -> Array:
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
