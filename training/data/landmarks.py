"""Where the tracker's 478 landmarks lie on the default head.

Draws the neutral head orthographically, lets MediaPipe FaceLandmarker find the face in the
picture, and looks up the triangle under each landmark. Needs `mediapipe` 0.10.14 and a
`face_landmarker.task`; its result is kept in ``landmarks.npz`` so that nothing else does.

    python -m training.data.landmarks --model face_landmarker.task
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import load_file

EMBEDDING = Path(__file__).with_name("landmarks.npz")
_HEAD = Path(__file__).parents[2] / "stream_engine/assets/avatars/default.safetensors"
IRISES = range(468, 478)
INNER_UPPER = (191, 80, 81, 82, 13, 312, 311, 310, 415)
INNER_LOWER = (95, 88, 178, 87, 14, 317, 402, 318, 324)
_PIXELS = 640
_SPAN_M = 0.30


@dataclass(frozen=True, slots=True)
class Raster:
    """What each pixel of an orthographic front view shows.

    Attributes:
        triangle: Index or -1, int64 [H, W].
        weights: Barycentric, float64 [H, W, 3].
    """

    triangle: NDArray[np.int64]
    weights: NDArray[np.float64]


def project(positions: NDArray[Any]) -> NDArray[np.float64]:
    """Front view without perspective: metres to pixels, float64 [V, 3], z towards the viewer."""
    scale = _PIXELS / _SPAN_M
    centre = np.array([0.0, -0.005])
    flat = (positions[:, :2] - centre) * np.array([1.0, -1.0]) * scale + _PIXELS / 2
    return np.column_stack([flat, positions[:, 2]]).astype(np.float64)


def rasterise(positions: NDArray[Any], triangles: NDArray[Any]) -> Raster:
    """Find the nearest triangle under each pixel centre (z-buffer)."""
    points = project(positions)
    depth = np.full((_PIXELS, _PIXELS), -np.inf)
    found = np.full((_PIXELS, _PIXELS), -1, np.int64)
    weights = np.zeros((_PIXELS, _PIXELS, 3))
    for index, (a, b, c) in enumerate(points[triangles.astype(np.int64)]):
        low = np.floor(np.minimum(np.minimum(a, b), c)[:2]).astype(int).clip(0, _PIXELS - 1)
        high = np.ceil(np.maximum(np.maximum(a, b), c)[:2]).astype(int).clip(0, _PIXELS - 1)
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if area > -1e-9:  # seen from behind: y points down, so the front turns clockwise
            continue
        y, x = np.mgrid[low[1] : high[1] + 1, low[0] : high[0] + 1]
        second = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / area
        third = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area
        first = 1.0 - second - third
        z = first * a[2] + second * b[2] + third * c[2]
        region = (slice(low[1], high[1] + 1), slice(low[0], high[0] + 1))
        nearer = (np.minimum(np.minimum(first, second), third) >= 0) & (z > depth[region])
        depth[region][nearer] = z[nearer]
        found[region][nearer] = index
        weights[region][nearer] = np.stack([first, second, third], -1)[nearer]
    return Raster(found, weights)


def shade(head: dict[str, NDArray[Any]], raster: Raster) -> NDArray[np.uint8]:
    """Paint the raster with the baked colours and a soft headlight, uint8 [H, W, 3]."""
    triangles = head["triangles"].astype(np.int64)
    corners = head["positions"][triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    smooth = np.zeros_like(head["positions"])
    for corner in range(3):
        np.add.at(smooth, triangles[:, corner], normals)
    smooth /= np.linalg.norm(smooth, axis=1, keepdims=True) + 1e-12
    at = triangles[raster.triangle]
    colour = np.einsum("hwc,hwcd->hwd", raster.weights, head["color"][at][..., :3] / 255.0)
    facing = np.einsum("hwc,hwcd->hwd", raster.weights, smooth[at])[..., 2].clip(0.1, 1.0)
    picture = colour * (0.25 + 0.75 * facing[..., None])
    picture[raster.triangle < 0] = 0.7
    painted: NDArray[np.uint8] = (picture.clip(0, 1) * 255).astype(np.uint8)
    return painted


def detect(picture: NDArray[np.uint8], model: Path) -> NDArray[np.float64]:
    """Landmarks in pixels, float64 [478, 2]."""
    import mediapipe  # type: ignore[import-not-found,import-untyped,unused-ignore]

    vision = mediapipe.tasks.vision
    options = vision.FaceLandmarkerOptions(
        base_options=mediapipe.tasks.BaseOptions(model_asset_path=str(model))
    )
    image = mediapipe.Image(mediapipe.ImageFormat.SRGB, picture)
    faces = vision.FaceLandmarker.create_from_options(options).detect(image).face_landmarks
    if not faces:
        raise SystemExit("no face found in the picture of the head")
    return np.array([[p.x * _PIXELS, p.y * _PIXELS] for p in faces[0]])


def embed(
    points: NDArray[np.float64], raster: Raster, triangles: NDArray[Any], wanted: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Vertices [P, 3] and weights [P, 3] of the nearest visible point on a wanted triangle."""
    rows, columns = np.nonzero((raster.triangle >= 0) & wanted[raster.triangle])
    vertices, weights = [], []
    for x, y in points:
        nearest = np.argmin((columns - x) ** 2 + (rows - y) ** 2)
        vertices.append(triangles[raster.triangle[rows[nearest], columns[nearest]]])
        weights.append(raster.weights[rows[nearest], columns[nearest]])
    return np.array(vertices, np.int32), np.array(weights, np.float32)


def embed_on_contour(
    points: NDArray[np.float64], positions: NDArray[Any], contour: NDArray[Any]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Like `embed`, by x alone along one lip's inner edge: closed lips hide their edges."""
    along = contour[np.argsort(positions[contour, 0])].astype(np.int64)
    at = project(positions)[along, 0]
    right = np.searchsorted(at, points[:, 0]).clip(1, len(at) - 1)
    share = ((points[:, 0] - at[right - 1]) / (at[right] - at[right - 1])).clip(0.0, 1.0)
    vertices = np.stack([along[right - 1], along[right], along[right]], axis=1)
    weights = np.stack([1.0 - share, share, np.zeros_like(share)], axis=1)
    return vertices.astype(np.int32), weights.astype(np.float32)


def embed_all(
    points: NDArray[np.float64], head: dict[str, NDArray[Any]], meta: dict[str, str]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Skin landmarks on skin, irises on eyeballs, inner lip edges on the lips' own contours."""
    positions = head["positions"]
    groups = {
        name: slice(start, start + count) for name, start, count in json.loads(meta["groups"])
    }
    bits = {name: 1 << bit for bit, name in enumerate(json.loads(meta["regions"]))}
    # Lashes would hide the lids they stand on.
    skin, eye = (head["draw_triangles"].astype(np.int64)[groups[name]] for name in ("skin", "eye"))
    triangles = np.concatenate([skin, eye])
    raster = rasterise(positions, triangles)
    is_skin = np.arange(len(triangles)) < len(skin)
    vertices, weights = embed(points, raster, triangles, is_skin)
    iris = list(IRISES)
    vertices[iris], weights[iris] = embed(points[iris], raster, triangles, ~is_skin)
    for ids, lip in ((INNER_UPPER, "upper_lip"), (INNER_LOWER, "lower_lip")):
        contour = head["inner_lip"][(head["regions"][head["inner_lip"]] & bits[lip]) > 0]
        chosen = list(ids)
        vertices[chosen], weights[chosen] = embed_on_contour(points[chosen], positions, contour)
    return vertices, weights


def main() -> None:
    """Build ``landmarks.npz``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="face_landmarker.task")
    parser.add_argument("--head", type=Path, default=_HEAD)
    parser.add_argument("--picture", type=Path, help="also save the picture, as .npy")
    options = parser.parse_args()
    head = load_file(options.head)
    raster = rasterise(head["positions"], head["triangles"])
    picture = shade(head, raster)
    points = detect(picture, options.model)
    if options.picture:
        np.savez(options.picture, picture=picture, points=points)
    with safe_open(options.head, "np") as file:
        vertices, weights = embed_all(points, head, file.metadata())
    np.savez_compressed(EMBEDDING, vertices=vertices, weights=weights)
    print(f"{len(vertices)} landmarks written to {EMBEDDING.name}")


if __name__ == "__main__":
    main()
