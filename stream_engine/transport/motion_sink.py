"""Motion into a file of the kind its suffix names."""

from collections.abc import Callable
from pathlib import Path

from stream_engine.errors import ConfigError
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.protocols import FrameSink
from stream_engine.transport.gltf_file import GltfFile
from stream_engine.transport.motion_file import MotionFile
from stream_engine.transport.motion_json import MotionJson

Head = Callable[[], HeadAsset]

KINDS: dict[str, Callable[[Path, Head], FrameSink]] = {
    ".csv": lambda path, _: MotionFile(path),
    ".json": lambda path, _: MotionJson(path),
    ".glb": lambda path, head: GltfFile(path, head()),
}


def check_kind(path: Path) -> None:
    """Refuse a file of a kind that cannot be written; ConfigError says which can."""
    if path.suffix.lower() not in KINDS:
        raise ConfigError(
            "motion of a kind that cannot be written",
            got=str(path),
            expected=".csv (Live Link Face), .json (Audio2Face) or .glb (glTF animation)",
        )


def open_motion(path: Path, head: Head) -> FrameSink:
    """Open a file for motion.

    Args:
        path: File to write; its suffix says the kind.
        head: Gives the head, for kinds that hold it.

    Returns:
        Takes the motion.

    Raises:
        ConfigError: If there is no such kind.
        TransportError: If the file cannot be made.
    """
    check_kind(path)
    return KINDS[path.suffix.lower()](path, head)
