"""Motion out of a file of the kind its suffix names, whoever wrote it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from stream_engine.errors import AssetError, ConfigError
from stream_engine.formats.gltf_document import GltfDocument
from stream_engine.formats.gltf_motion import MorphTrack, morph_tracks, sample_times
from stream_engine.transport.face_recording import FaceRecording, coefficient_of, face_recording
from stream_engine.transport.motion_json import read_motion_json
from stream_engine.transport.motion_table import read_table

LOWEST_FPS, HIGHEST_FPS = 1.0, 240.0


def read_face(path: Path, fps: float | None = None) -> FaceRecording:
    """Read a recorded or generated face.

    Args:
        path: ``.csv``, ``.json``, ``.glb`` or ``.gltf``.
        fps: Frames in a second, where the file does not say or is wrong; see `read_table` and
            `read_motion_json`. A glTF says its own seconds.

    Returns:
        The recording.

    Raises:
        ConfigError: If files of that kind cannot be read, or the rate is out of range.
        AssetError: If the file is missing or broken; says how.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ConfigError(
            "motion of a kind that cannot be read",
            got=str(path),
            expected=".csv (Live Link Face, Audio2Face), .json (Audio2Face), .glb or .gltf",
        )
    if fps is not None and not LOWEST_FPS <= fps <= HIGHEST_FPS:
        raise ConfigError("--fps is out of range", got=f"{fps:g}", expected="1..240")
    return reader(path, fps)


def read_gltf(path: Path, fps: float | None = None) -> FaceRecording:
    """Read the morph animation of a glTF or GLB file.

    Of several meshes the one that has most of ARKit's shapes counts, the first of equals: eyes,
    teeth and lashes repeat what the face does.

    Args:
        path: The file; buffers it names lie in its folder.
        fps: Must be None.

    Returns:
        The recording; without the head's rotation, which no one name stands for.

    Raises:
        ConfigError: If a rate is given.
        AssetError: If the file is missing or broken, or moves no shape that is known.
    """
    if fps is not None:
        raise ConfigError("glTF counts seconds itself", got=f"--fps {fps:g}", fix="leave it out")

    def beside(name: str) -> bytes:
        part = Path(name)
        if part.is_absolute() or ".." in part.parts or ":" in name:
            raise AssetError("buffer lies elsewhere", got=name, expected=f"a file beside {path}")
        return _bytes(path.parent / part)

    try:
        tracks = morph_tracks(GltfDocument(_bytes(path), beside))
    except AssetError as error:
        raise AssetError(
            error.what, got=f"{error.got} in {path}", expected=error.expected, fix=error.fix
        ) from error
    face = max(tracks, key=_known)
    seconds = np.maximum(sample_times(face), 0.0)
    return face_recording("glTF animation", str(path), seconds, face.names, face.at(seconds))


def _known(track: MorphTrack) -> int:
    return len({coefficient_of(name) for name in track.names} - {None})


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AssetError("motion cannot be read", got=f"{path}: {error}") from error


_READERS: dict[str, Callable[[Path, float | None], FaceRecording]] = {
    ".csv": read_table,
    ".json": read_motion_json,
    ".glb": read_gltf,
    ".gltf": read_gltf,
}
