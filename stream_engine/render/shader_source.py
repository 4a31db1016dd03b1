"""Puts the header of a GLSL dialect before the shader bodies both sides share."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path

_FOLDER = Path(__file__).parent / "shaders"


class Dialect(Enum):
    """The header a dialect needs."""

    DESKTOP = "#version 330 core\n"
    WEB = (
        "#version 300 es\nprecision highp float;\nprecision highp int;\n"
        "precision highp sampler2DShadow;\n"
    )


def load_shader(
    name: str, dialect: Dialect = Dialect.DESKTOP, defines: Sequence[str] = ()
) -> str:
    """Give the full text of one shader.

    Args:
        name: File in `shaders/`, for example `skin.frag`; `light.glsl` is put before each body.
        dialect: Which GLSL is wanted.
        defines: ``PLAIN`` reads no shadow map, ``CARD`` reads it more often.

    Returns:
        Text for the compiler.
    """
    body = (_FOLDER / name).read_text(encoding="utf-8")
    shared = (_FOLDER / "light.glsl").read_text(encoding="utf-8")
    return dialect.value + "".join(f"#define {define}\n" for define in defines) + shared + body
