"""``elocute avatar``, as a user meets it."""

from pathlib import Path

import pytest

from stream_engine.__main__ import main
from stream_engine.avatar.command import plain_name, told_names
from stream_engine.errors import AssetError
from stream_engine.mesh.head_asset import load_head_asset
from tests.fakes.made_head import document_of


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings with an avatar folder of their own."""
    (tmp_path / "elocute.toml").write_text(f'[render]\navatars = "{tmp_path / "own"}"\n')
    return tmp_path / "elocute.toml"


@pytest.mark.gl
@pytest.mark.slow
def test_import_list_check_and_export(settings, turned_glb, tmp_path, capsys):
    """A file becomes an avatar by name; it is listed, checked, and written as a GLB again."""
    (tmp_path / "My Head.glb").write_bytes(turned_glb)
    given = ["--config", str(settings)]
    assert main(["avatar", "import", str(tmp_path / "My Head.glb"), *given]) == 0
    told = capsys.readouterr().out
    assert "unit: centimetres" in told
    assert "contact sheet" in told
    assert load_head_asset(tmp_path / "own" / "my-head.safetensors").vertices > 4000
    assert (tmp_path / "own" / "my-head.png").stat().st_size > 10_000
    assert main(["avatar", "list", *given]) == 0
    assert "my-head" in capsys.readouterr().out
    assert main(["avatar", "check", "my-head", *given]) == 0
    assert "closed" in capsys.readouterr().out
    target = tmp_path / "back.glb"
    assert main(["avatar", "export", "my-head", "-o", str(target), *given]) == 0
    assert "licence: the owner's" in capsys.readouterr().out
    assert len(document_of(target.read_bytes())["meshes"][0]["extras"]["targetNames"]) == 52
    assert main(["avatar", "import", str(tmp_path / "My Head.glb"), *given]) == 1
    assert "--force" in capsys.readouterr().err


def test_names_are_checked(settings, turned_glb, tmp_path, capsys):
    """A shipped avatar's name is taken, and what would leave the folder is none."""
    (tmp_path / "a.glb").write_bytes(turned_glb)
    for name in ("default", "../up", ""):
        begin = ["avatar", "import", str(tmp_path / "a.glb"), "--config", str(settings)]
        assert main([*begin, f"--name={name or '.'}"]) == 1
        assert "--name" in capsys.readouterr().err
    assert main(["avatar", "check", "none", "--config", str(settings)]) == 1
    assert "default" in capsys.readouterr().err


def test_small_words():
    """Names out of files, and pairs out of the command line."""
    assert plain_name(Path("/a/My Head (2).vrm")) == "my-head-2"
    assert told_names(["a=b=jawOpen"]) == {"a=b": "jawOpen"}
    with pytest.raises(AssetError, match="NAME=SHAPE"):
        told_names(["jawOpen"])
