"""Recipe files."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from stream_engine.errors import ConfigError
from training import mesh_to_speech, motion, speech_encoder, speech_units, streaming_ear
from training.distill import DistillSettings
from training.recipe import RECIPES, read_recipe

TABLES = {
    "motion": motion.TABLES,
    "motion_gpu": motion.TABLES,
    "motion_tune": motion.TABLES,
    "small": motion.TABLES,
    "full": motion.TABLES,
    "distill": motion.TABLES | {"distill": DistillSettings},
    "distill_small": motion.TABLES | {"distill": DistillSettings},
    "mesh_to_speech": mesh_to_speech.TABLES,
    "speech_encoder": speech_encoder.TABLES,
    "speech_units": speech_units.TABLES,
    "streaming_ear": streaming_ear.TABLES,
    "streaming_ear_tune": streaming_ear.TABLES,
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
    """Every recipe in the folder reads, and the parts of its network fit."""
    read = read_recipe(path, **TABLES[path.stem])
    if "transformer" in read:
        assert read["encoder"].width == read["transformer"].speech_width


def test_the_taught_encoder_is_the_one_the_motion_model_begins_with() -> None:
    """The two recipes agree in its sizes."""
    taught = read_recipe(RECIPES / "speech_encoder.toml", **speech_encoder.TABLES)["encoder"]
    assert taught == read_recipe(RECIPES / "motion.toml", **motion.TABLES)["encoder"]
