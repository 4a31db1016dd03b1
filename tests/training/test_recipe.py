"""Recipe files."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from stream_engine.errors import ConfigError
from stream_engine.models.motion_transformer import TransformerConfig
from stream_engine.models.speech_encoder import EncoderConfig
from training.abas import AbasWeights
from training.recipe import RECIPES, read_recipe
from training.trainer import Recipe

TABLES = {
    "recipe": Recipe,
    "abas": AbasWeights,
    "encoder": EncoderConfig,
    "transformer": TransformerConfig,
}


@dataclass(frozen=True)
class Sizes:
    layers: int = 2
    rate: float = 0.1
    dilations: tuple[int, ...] = (1, 2)


def write(folder: Path, text: str) -> Path:
    path = folder / "r.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_silence_is_the_default_and_whole_numbers_are_numbers(tmp_path: Path) -> None:
    """What the file leaves out stays; lists become tuples."""
    path = write(tmp_path, "[sizes]\nrate = 1\ndilations = [1, 4]\n")
    assert read_recipe(path, sizes=Sizes) == {"sizes": Sizes(rate=1, dilations=(1, 4))}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[size]\n", "size"),
        ("[sizes]\nlayer = 3\n", "sizes.layer"),
        ("[sizes]\nlayers = 2.5\n", "sizes.layers"),
        ("[sizes]\nlayers = true\n", "sizes.layers"),
        ("[sizes]\ndilations = [1, 'a']\n", "sizes.dilations"),
        ("[sizes\n", "cannot be read"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, named: str) -> None:
    """Unknown tables and keys, wrong types and broken files are errors that say where."""
    with pytest.raises(ConfigError, match=named):
        read_recipe(write(tmp_path, text), sizes=Sizes)


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_recipes_are_valid(path: Path) -> None:
    """Every recipe in the folder reads."""
    read = read_recipe(path, **TABLES)
    assert read["encoder"].width == read["transformer"].speech_width
