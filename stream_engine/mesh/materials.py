"""Material codes of the head's vertices."""

from __future__ import annotations

from enum import IntEnum


class Material(IntEnum):
    """What a vertex is made of; the value is what the head file stores."""

    SKIN = 0
    LIP = 1
    EYE = 2
    TEETH = 3
    GUM = 4
    TONGUE = 5
    MOUTH = 6
    LASH = 7
    HAIR = 8
    CLOTH = 9
