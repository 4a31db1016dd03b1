"""Settings of the picture."""

from pathlib import Path

import pytest

from stream_engine.errors import ConfigError
from stream_engine.render_config import RenderConfig, own_avatars


def test_values_are_checked() -> None:
    """Ranges hold however the settings are made."""
    for wrong in ({"width": 511}, {"height": 5000}, {"background_blur": 0.3}, {"detail": "some"}):
        with pytest.raises(ConfigError):
            RenderConfig(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="no colour"):
        RenderConfig(background="grey")
    with pytest.raises(ConfigError, match="background_chroma"):
        RenderConfig(background_chroma="transparent")
    with pytest.raises(ConfigError, match="has a picture"):
        RenderConfig(background="transparent", background_picture="wall.jpg")


def test_video_has_a_colour_where_there_is_nothing() -> None:
    """VP8 has no alpha: a chroma colour stands for it."""
    assert RenderConfig(background="#0a141e").background_rgb == (10, 20, 30)
    assert RenderConfig(background="transparent").background_rgb == (0, 177, 64)


def test_own_avatars_are_in_the_users_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Or where the settings say."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert own_avatars() == tmp_path / "elocute" / "avatars"
    assert RenderConfig().avatars_folder == own_avatars()
    assert RenderConfig(avatars="/elsewhere").avatars_folder == Path("/elsewhere")
