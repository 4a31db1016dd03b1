"""From a file of another program to an avatar's bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stream_engine.avatar.bundle import Bundle, make_bundle
from stream_engine.avatar.complete import Completed, complete
from stream_engine.avatar.found_head import FoundHead
from stream_engine.avatar.lining import lined
from stream_engine.avatar.naming import Naming, name_shapes
from stream_engine.avatar.normalise import Placement, move_head, place_head, swap_sides
from stream_engine.avatar.whole import Whole, join
from stream_engine.errors import AssetError
from stream_engine.mesh.head_asset import HeadAsset

Reader = Callable[[Path], FoundHead]


@dataclass(frozen=True, slots=True)
class Imported:
    """An avatar, and what there is to tell about how it was had.

    Attributes:
        bundle: What is written.
        naming: What the file's names came to.
        placement: How the head was placed.
        whole: The head in one piece.
        made: Its shapes.
        notes: What was left out, in words.
    """

    bundle: Bundle
    naming: Naming
    placement: Placement
    whole: Whole
    made: Completed
    notes: tuple[str, ...]


def import_head(
    head: FoundHead, reference: HeadAsset, told: Mapping[str, str] | None = None
) -> Imported:
    """Make an avatar of a head.

    Args:
        head: As its file has it.
        reference: A shipped head, which stands as avatars do.
        told: Targets of shapes by the file's names, where somebody said them.

    Returns:
        The avatar.

    Raises:
        AssetError: If the head cannot be one; says which part, and what to do.
    """
    naming = name_shapes(head.shape_names, told)
    placed = place_head(head, naming.targets, reference)
    targets = swap_sides(naming.targets) if placed.swapped else dict(naming.targets)
    moved = move_head(head, placed)
    whole = join(moved, targets)
    whole, made = lined(whole, complete(whole, moved.jaw, reference))
    about = {"source": head.source, "licence": head.licence or "the owner's of the imported file"}
    notes = list(head.notes)
    if placed.swapped:
        notes.append("left and right were exchanged in the file's names; they are put right")
    return Imported(make_bundle(whole, made, reference, about), naming, placed, whole, made,
                    tuple(notes))  # fmt: skip


def reader_for(path: Path) -> Reader:
    """Choose what reads a file or folder.

    Args:
        path: What the user gave.

    Returns:
        Its reader.

    Raises:
        AssetError: If it is not there, or of no known kind.
    """
    from stream_engine.avatar.read_flame import read_flame
    from stream_engine.avatar.read_gltf import read_gltf
    from stream_engine.avatar.read_ict import ict_folder, read_ict
    from stream_engine.avatar.read_obj import read_obj_set

    readers: dict[str, Reader] = {".glb": read_gltf, ".gltf": read_gltf, ".vrm": read_gltf,
                                 ".npz": read_flame, ".pkl": read_flame}  # fmt: skip
    if not path.exists():
        raise AssetError("there is no such avatar file", got=str(path), fix="check the path")
    if path.is_dir():
        return read_obj_set if ict_folder(path) is None else read_ict
    if path.suffix.lower() not in readers:
        raise AssetError(
            "avatar file of no known kind",
            got=path.name,
            expected=", ".join(readers) + ", or a folder of .obj files",
            fix="export it as .glb, with shapes (morph targets, shape keys)",
        )
    return readers[path.suffix.lower()]
