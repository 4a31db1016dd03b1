"""Settings of the picture: whose head, how large, what stands behind it."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from stream_engine.errors import ConfigError
from stream_engine.setting_checks import check_choice, check_range

TRANSPARENT = "transparent"
DETAILS = {"auto": None, "full": False, "plain": True}
"""How much is drawn, and whether that is plain; None where a processor draws."""
_COLOR = "#[0-9a-fA-F]{6}"


@dataclass(frozen=True, slots=True)
class RenderConfig:
    """How the head is drawn.

    Attributes:
        avatar: Name of an avatar, shipped or one's own.
        width: Picture width in pixels, even.
        height: Picture height in pixels, even.
        background: sRGB colour as ``#rrggbb``, or ``transparent``, on pages that draw.
        background_chroma: Stands for ``transparent`` in video, which has no alpha.
        background_picture: File shown behind the head instead of a colour; none if empty.
        background_blur: How soft that picture is, a share of its height, 0..0.2.
        detail: ``full``, or ``plain`` at half the cost (no cast shadow, thinner hair); ``auto`` is
            plain where a processor draws, on the server or on the page.
        batch: Most heads drawn at once; 0 for what suits the device: one where a processor draws.
        avatars: Folder of people's own avatars; empty for the user's data folder.
    """

    avatar: str = "default"
    width: int = 512
    height: int = 512
    background: str = "#d9dde2"
    background_chroma: str = "#00b140"
    background_picture: str = ""
    background_blur: float = 0.0
    detail: str = "auto"
    batch: int = 0
    avatars: str = ""

    def __post_init__(self) -> None:
        check_range("render.width", self.width, 64, 2048)
        check_range("render.height", self.height, 64, 2048)
        check_range("render.batch", self.batch, 0, 64)
        if self.width % 2 or self.height % 2:
            raise ConfigError(
                "picture size must be even (video chroma is halved)",
                got=f"{self.width}x{self.height}",
            )
        check_range("render.background_blur", self.background_blur, 0.0, 0.2)
        check_choice("render.detail", self.detail, tuple(DETAILS))
        for name in ("background", "background_chroma"):
            color = getattr(self, name)
            if not re.fullmatch(_COLOR, color) and (name, color) != ("background", TRANSPARENT):
                what = f"setting render.{name} is no colour"
                raise ConfigError(what, got=color, expected="#rrggbb")
        if self.transparent and self.background_picture:
            got = self.background_picture
            raise ConfigError("render.background is transparent and has a picture", got=got)

    @property
    def transparent(self) -> bool:
        """Whether nothing stands behind the head where pictures have alpha."""
        return self.background == TRANSPARENT

    @property
    def avatars_folder(self) -> Path:
        """Where people's own avatars are, whether it is there or not."""
        return Path(self.avatars).expanduser() if self.avatars else own_avatars()

    @property
    def background_rgb(self) -> tuple[int, int, int]:
        """Red, green and blue behind the head in video, 0..255."""
        color = self.background_chroma if self.transparent else self.background
        red, green, blue = bytes.fromhex(color[1:])
        return red, green, blue


def own_avatars() -> Path:
    """Where a user's own avatars are unless the settings say otherwise."""
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "elocute" / "avatars"
