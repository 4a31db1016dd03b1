"""Reads ICT-FaceKit's folder: its OBJ files, without its identities, coloured by its materials.

Source: Li et al. 2020, 'Learning Formation of Physically-Based Face Attributes' (ICT-FaceKit).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stream_engine.avatar.found_head import FoundHead, FoundSurface
from stream_engine.avatar.read_obj import head_of
from stream_engine.errors import AssetError

_NEUTRAL = "generic_neutral_mesh.obj"
_LOOKS = {
    "M_GumsTongue": FoundSurface("M_GumsTongue", (0.36, 0.10, 0.10, 1.0)),
    "M_Teeth": FoundSurface("M_Teeth", (0.72, 0.66, 0.55, 1.0)),
    "M_EyeLashes": FoundSurface("M_EyeLashes", (0.02, 0.014, 0.01, 0.4), see_through=True),
}


def ict_folder(folder: Path) -> Path | None:
    """Give the folder with ICT-FaceKit's OBJ files, None if it is another folder."""
    for place in (folder, folder / "FaceXModel"):
        if (place / _NEUTRAL).is_file():
            return place
    return None


def read_ict(folder: Path) -> FoundHead:
    """Read ICT-FaceKit.

    Args:
        folder: ``FaceXModel``, or the folder it lies in.

    Returns:
        The mean face with the shapes that are there.

    Raises:
        AssetError: If it is another folder, or a file is broken.
    """
    place = ict_folder(folder)
    if place is None:
        raise AssetError(
            "folder is no ICT-FaceKit", got=str(folder), expected=f"FaceXModel/{_NEUTRAL}"
        )
    files = {file.stem: file for file in sorted(place.glob("*.obj")) if file.name != _NEUTRAL}
    shapes = {name: file for name, file in files.items() if not name.startswith("identity")}
    head = head_of(place / _NEUTRAL, shapes, _LOOKS)
    note = f"{len(files) - len(shapes)} identities are left out: the avatar is the mean face"
    return replace(
        head, source="ICT-FaceKit", licence="MIT, USC Institute for Creative Technologies",
        notes=(note,) if len(files) > len(shapes) else (),
    )  # fmt: skip
