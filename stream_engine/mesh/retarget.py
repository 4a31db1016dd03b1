"""How far an avatar goes with what the generator asks: a small file that a person can edit.

Beside ``NAME.safetensors`` may stand ``NAME.toml``::

    [balance]              # of pairs: above 0 the left side does more, below it the right
    mouthSmile = 0.1

    [jawOpen]              # of each coefficient: least <= offset + gain * value <= most
    gain = 0.8
    offset = 0.02
    most = 0.9
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream_engine.errors import AssetError
from stream_engine.motion.arkit import COEFFICIENT_COUNT, COEFFICIENT_NAMES, INDEX
from stream_engine.types import F32

_BALANCE = "balance"
_RANGES = {"gain": (-4.0, 4.0), "offset": (-1.0, 1.0), "least": (-2.0, 2.0), "most": (-2.0, 2.0)}
_FREE = 1e6
"""A bound that none is."""


@dataclass(frozen=True, slots=True)
class Retarget:
    """What is done to coefficients before they pose an avatar; each float32 [55].

    Attributes:
        gain: Times the coefficient.
        offset: Added then; what the avatar does at rest.
        least: Never less.
        most: Never more.
    """

    gain: F32
    offset: F32
    least: F32
    most: F32

    def apply(self, coefficients: F32) -> F32:
        """Retarget coefficients, float32 [..., 55]."""
        moved: F32 = np.clip(self.offset + self.gain * coefficients, self.least, self.most)
        return moved.astype(np.float32, copy=False)

    def message(self) -> dict[str, list[float]]:
        """All of it as plain JSON values, for a renderer elsewhere."""
        return {
            name: [float(value) for value in getattr(self, name)]
            for name in ("gain", "offset", "least", "most")
        }


def load_retarget(file: Path) -> Retarget | None:
    """Read the file beside an avatar.

    Args:
        file: The TOML file.

    Returns:
        What it says; None if there is no such file.

    Raises:
        AssetError: If it is no TOML, or names or values are wrong.
    """
    if not file.is_file():
        return None
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AssetError("retargeting cannot be read", got=f"{file}: {error}") from error
    return read_retarget(tables, file.name)


def read_retarget(tables: Mapping[str, object], source: str) -> Retarget:
    """Read what stands in such a file.

    Args:
        tables: As TOML gives them.
        source: What to call the file in errors.

    Returns:
        The retargeting.

    Raises:
        AssetError: If names or values are wrong.
    """
    rows = {
        "gain": np.ones(COEFFICIENT_COUNT),
        "offset": np.zeros(COEFFICIENT_COUNT),
        "least": np.full(COEFFICIENT_COUNT, -_FREE),
        "most": np.full(COEFFICIENT_COUNT, _FREE),
    }
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise _wrong(source, f"{name} = {table!r}", "tables, as in [jawOpen]")
        if name == _BALANCE:
            continue
        if name not in INDEX:
            raise _wrong(source, f"[{name}]", f"[{_BALANCE}], " + ", ".join(COEFFICIENT_NAMES))
        for key, value in table.items():
            rows[key][INDEX[name]] = _number(source, f"{name}.{key}", value, _RANGES.get(key))
    balance = tables.get(_BALANCE, {})
    assert isinstance(balance, dict)
    for pair, value in balance.items():
        if pair + "Left" not in INDEX:
            pairs = [name.removesuffix("Left") for name in INDEX if name.endswith("Left")]
            raise _wrong(source, f"{_BALANCE}.{pair}", ", ".join(pairs))
        share = _number(source, f"{_BALANCE}.{pair}", value, (-1.0, 1.0))
        rows["gain"][INDEX[pair + "Left"]] *= 1.0 + share
        rows["gain"][INDEX[pair + "Right"]] *= 1.0 - share
    crossed = rows["least"] > rows["most"]
    if crossed.any():
        name = COEFFICIENT_NAMES[int(crossed.argmax())]
        raise _wrong(source, f"[{name}] with least above most", "least <= most")
    return Retarget(**{name: row.astype(np.float32) for name, row in rows.items()})


def _number(source: str, key: str, value: object, span: tuple[float, float] | None) -> float:
    if span is None:
        raise _wrong(source, key, ", ".join(_RANGES))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(source, f"{key} = {value!r}", "a number")
    if not span[0] <= value <= span[1]:
        raise _wrong(source, f"{key} = {value!r}", f"{span[0]:g}..{span[1]:g}")
    return float(value)


def _wrong(source: str, got: str, expected: str) -> AssetError:
    return AssetError(
        f"retargeting {source} says what cannot be",
        got=got,
        expected=expected,
        fix="docs/avatars.md says what may stand there",
    )
