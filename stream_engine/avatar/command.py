"""``elocute avatar``: people's own heads, imported, listed, checked and given to other programs."""

from __future__ import annotations

import argparse
import re
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from stream_engine.config import EngineConfig
from stream_engine.errors import AssetError, RenderError

if TYPE_CHECKING:
    from stream_engine.avatar.importing import Imported

_MORE = "elocute.avatar_commands"
_SHEET_PIXELS = 256


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``avatar`` to the commands of ``elocute``."""
    avatar = commands.add_parser("avatar", help="your own avatar: import, create, export, check")
    avatar.description = "People's own heads: docs/avatars.md."
    kinds = avatar.add_subparsers(required=True, metavar="COMMAND")
    _add_import(kinds.add_parser("import", help="make an avatar of a .glb, .vrm, ... file"))
    export = kinds.add_parser("export", help="write an avatar as one .glb with 52 shapes")
    export.add_argument("name", help="of the avatar")
    export.add_argument("-o", "--output", type=Path, help="file to write (default NAME.glb)")
    export.set_defaults(command=run_export)
    check = kinds.add_parser("check", help="what an avatar can show, and do its lips meet")
    check.add_argument("name", help="of the avatar")
    check.add_argument("--sheet", type=Path, metavar="FILE", help="draw a contact sheet (.png)")
    check.set_defaults(command=run_check)
    kinds.add_parser("list", help="which avatars there are").set_defaults(command=run_list)
    for parser in kinds.choices.values():
        parser.add_argument("--config", type=Path, help="TOML file of settings")
    for found in sorted(entry_points(group=_MORE), key=lambda entry: entry.name):
        found.load()(kinds)


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Make an avatar of a head with shapes: .glb, .gltf, .vrm, a folder of .obj files, a folder "
        "of ICT-FaceKit, or a FLAME model (.npz, .pkl)."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="file or folder")
    parser.add_argument("--name", help="what to call it (default the file's name)")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="NAME=SHAPE",
        help="say what a shape of the file is; may be given more than once",
    )
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="contact sheet to write (.png)")
    parser.add_argument("--force", action="store_true", help="take the place of one of that name")
    parser.set_defaults(command=run_import)


def run_import(options: argparse.Namespace, config: EngineConfig) -> int:
    """Import a file and tell what came of it.

    Args:
        options: The command line.
        config: Where avatars are.

    Returns:
        Exit status: 0.

    Raises:
        AssetError: If the file cannot be an avatar, or its name is taken.
    """
    from stream_engine.avatar.importing import import_head, reader_for
    from stream_engine.mesh.head_asset import load_head_asset

    reader = reader_for(options.file)
    name = free_name(options.name or plain_name(options.file), config, options.force)
    head = reader(options.file)
    imported = import_head(head, load_head_asset(), told_names(options.map))
    target = config.render.avatars_folder / f"{name}.safetensors"
    imported.bundle.write(target)
    _say(_report(imported))
    _sheet(target, options.sheet or target.with_suffix(".png"))
    _say(f'avatar {name!r}: {target}; use it with avatar = "{name}" under [render], or per session')
    return 0


def run_export(options: argparse.Namespace, config: EngineConfig) -> int:
    """Write an avatar as a GLB.

    Args:
        options: The command line.
        config: Where avatars are.

    Returns:
        Exit status: 0.

    Raises:
        AssetError: If there is no such avatar, or the file cannot be written.
    """
    from stream_engine.avatar.coverage import about
    from stream_engine.mesh.head_asset import head_file, load_head_asset
    from stream_engine.transport.gltf_file import animated_head

    file = head_file(options.name, config.render.avatars_folder)
    head = load_head_asset(file)
    target = options.output or Path(f"{options.name}.glb")
    data = animated_head(head, [])
    _write(target, data)
    _say(f"{target}: {len(data) / 1e6:.1f} MB, 52 shapes; licence: {about(file).get('licence')}")
    return 0


def run_check(options: argparse.Namespace, config: EngineConfig) -> int:
    """Tell what an avatar can show.

    Args:
        options: The command line.
        config: Where avatars are.

    Returns:
        Exit status: 0; 1 if its lips do not meet where they ought to.

    Raises:
        AssetError: If there is no such avatar.
    """
    from stream_engine.avatar.closure import closure_text, lip_closure
    from stream_engine.avatar.coverage import coverage, coverage_text, shape_sources
    from stream_engine.mesh.head_asset import head_file, load_head_asset

    file = head_file(options.name, config.render.avatars_folder)
    head = load_head_asset(file)
    _say(f"{head.vertices:,} vertices, {len(head.draw_triangles):,} triangles drawn")
    _say(coverage_text(coverage(shape_sources(file, head))))
    gaps = lip_closure(head)
    _say("\ngap between the lips, beyond that at rest:\n" + closure_text(gaps))
    if options.sheet is not None:
        _sheet(file, options.sheet)
    return 0 if all(gap.closed for gap in gaps[:-1]) else 1


def run_list(options: argparse.Namespace, config: EngineConfig) -> int:
    """List avatars with the size of their bundles; exit status 0."""
    from stream_engine.mesh.head_asset import HEADS, avatar_files

    del options
    for name, file in avatar_files(config.render.avatars_folder).items():
        size = file.stat().st_size / 1e6
        _say(f"{name:24} {size:5.2f} MB  {'shipped' if name in HEADS else file}")
    return 0


def told_names(pairs: list[str]) -> dict[str, str]:
    """Read ``NAME=SHAPE``; AssetError if one is none."""
    for pair in pairs:
        if "=" not in pair:
            raise AssetError("--map needs NAME=SHAPE", got=pair, fix="--map mouth_a=jawOpen")
    return dict((pair.rpartition("=")[0], pair.rpartition("=")[2]) for pair in pairs)


def plain_name(file: Path) -> str:
    """Make a name out of a file's."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", file.resolve().stem).strip("-_")[:64].lower()


def free_name(name: str, config: EngineConfig, replace: bool) -> str:
    """Check a name.

    Args:
        name: Wanted.
        config: Where avatars are.
        replace: It may be one's own that is there.

    Returns:
        The name.

    Raises:
        AssetError: If it is none, is a shipped avatar's, or taken.
    """
    from stream_engine.mesh.head_asset import AVATAR_NAME, HEADS, avatar_files

    if not re.fullmatch(AVATAR_NAME, name):
        raise AssetError(
            "an avatar cannot be called that",
            got=repr(name),
            expected="letters, digits, - and _, at most 64",
            fix="give another with --name",
        )
    taken = avatar_files(config.render.avatars_folder)
    if name in HEADS or (name in taken and not replace):
        raise AssetError(
            "there is an avatar of that name",
            got=name,
            fix="give another with --name" + ("" if name in HEADS else ", or --force"),
        )
    return name


def _report(imported: Imported) -> str:
    from stream_engine.avatar.complete import FOUND
    from stream_engine.avatar.coverage import coverage, coverage_text

    how, placed = imported.made.how, imported.placement
    made: dict[str, list[str]] = {}
    for name, way in how.items():
        if way != FOUND:
            made.setdefault(way, []).append(name)
    lines = ["names:", *(f"  {line}" for line in imported.naming.table)]
    lines.append(
        f"unit: {placed.unit} ({placed.scale:.4g} m); {len(imported.whole.positions):,} vertices"
    )
    lines += [f"{way}: {', '.join(names)}" for way, names in made.items()]
    lines += [f"note: {note}" for note in imported.notes]
    return "\n".join([*lines, coverage_text(coverage(how))])


def _sheet(file: Path, target: Path) -> None:
    from stream_engine.avatar.sheet import POSES, draw_sheet
    from stream_engine.mesh.head_asset import load_head_asset
    from stream_engine.mesh.skin_texture import write_png

    try:
        picture = draw_sheet(load_head_asset(file), _SHEET_PIXELS)
    except RenderError as error:
        _say(f"no contact sheet: {error}")
        return
    _write(target, write_png(picture))
    _say(f"contact sheet {target}: {', '.join(POSES)}")


def _write(file: Path, data: bytes) -> None:
    try:
        file.write_bytes(data)
    except OSError as error:
        raise AssetError.unwritable("avatar or its pictures", file, error) from error


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
