"""The files a page draws with."""

import gzip
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load

from stream_engine.mesh.head_asset import DEFAULT_HEAD
from stream_engine.mesh.skin_texture import read_png, write_png
from stream_engine.motion.arkit import INDEX
from stream_engine.render_config import RenderConfig
from stream_engine.transport.page_assets import head_of, portrait_of, scenery_of
from tests.fakes.live_server import LiveServer, live_server

HEAD = "assets/avatars/default/head.safetensors"
PORTRAIT = "assets/avatars/default/portrait.json"


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    """One server for all tests of this file."""
    with live_server() as running:
        yield running


def get(server: LiveServer, path: str, **headers: str) -> tuple[int, bytes, Message]:
    """Ask with headers; status, body and headers of the answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(server.url + path, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


@pytest.mark.net
def test_the_head_file_is_sent_as_it_is_or_packed(server: LiveServer) -> None:
    """The same bytes the server draws from, packed on the way to who takes that."""
    status, plain, headers = get(server, HEAD)
    assert (status, headers["Content-Type"]) == (200, "application/octet-stream")
    assert plain == DEFAULT_HEAD.read_bytes()
    assert load(plain)["delta_scale"].shape[0] == 52
    _, packed, packed_headers = get(server, HEAD, Accept_Encoding="gzip, br")
    assert packed_headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == plain
    assert len(packed) < 0.9 * len(plain)
    assert headers["ETag"] != packed_headers["ETag"]
    assert headers["Vary"] == "Accept-Encoding"


@pytest.mark.net
@pytest.mark.parametrize("path", [HEAD, PORTRAIT])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_who_has_a_file_is_not_sent_it_again(server: LiveServer, path: str, encoding: str) -> None:
    """304 without a body to the tag that was given, weak or strong; 200 to any other."""
    _, _, headers = get(server, path, Accept_Encoding=encoding)
    for tag in (headers["ETag"], f'"other", W/{headers["ETag"]}'):
        status, body, again = get(server, path, Accept_Encoding=encoding, If_None_Match=tag)
        assert (status, body, again["ETag"]) == (304, b"", headers["ETag"])
    assert get(server, path, Accept_Encoding=encoding, If_None_Match='"other"')[0] == 200


@pytest.mark.net
def test_the_pages_modules_are_asked_for_again_each_time(server: LiveServer) -> None:
    """Or a browser would mix those of two releases; unchanged, they are not sent again."""
    status, _, headers = get(server, "element.js")
    assert (status, headers["Cache-Control"]) == (200, "no-cache")
    status, body, again = get(server, "element.js", If_None_Match=headers["ETag"])
    assert (status, body, again["Cache-Control"]) == (304, b"", "no-cache")


@pytest.mark.net
def test_a_portrait_has_the_servers_background(server: LiveServer) -> None:
    """JSON, with the colour of the settings."""
    _, body, headers = get(server, PORTRAIT)
    background = server.house.config.render.background_rgb
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body)["background"] == pytest.approx([c / 255 for c in background])


@pytest.mark.net
def test_an_unknown_avatar_is_told(server: LiveServer) -> None:
    """404 and a typed error."""
    for name in ("head.safetensors", "portrait.json"):
        status, body, _ = get(server, f"assets/avatars/nobody/{name}")
        assert status == 404
        assert json.loads(body)["error"]["type"] == "AssetError"


@pytest.mark.net
def test_without_a_picture_there_is_none_behind_the_head(server: LiveServer) -> None:
    """404 and a typed error; the portrait says so beforehand."""
    status, body, _ = get(server, "assets/background.png")
    assert status == 404
    assert json.loads(body)["error"]["type"] == "AssetError"
    assert json.loads(get(server, PORTRAIT)[1])["pictured"] is False


def test_a_picture_behind_the_head_is_served_as_the_video_has_it(tmp_path: Path) -> None:
    """A PNG of the video's size; nothing else changes."""
    file = tmp_path / "wall.png"
    file.write_bytes(write_png(np.full((4, 9, 4), 255, np.uint8)))
    served = scenery_of(RenderConfig(width=64, height=64, background_picture=str(file)))
    assert served.media_type == "image/png"
    assert read_png(served.plain).shape == (64, 64, 4)


def test_own_avatars_are_served_with_their_range(tmp_path: Path) -> None:
    """By name from the user's folder; how the portrait looks says what is retargeted."""
    (tmp_path / "mine.safetensors").write_bytes(DEFAULT_HEAD.read_bytes())
    (tmp_path / "mine.toml").write_text("[jawOpen]\ngain = 0.5\n")
    config = RenderConfig(avatars=str(tmp_path))
    assert head_of("mine", tmp_path).plain == DEFAULT_HEAD.read_bytes()
    portrait = json.loads(portrait_of("mine", config).plain)
    assert portrait["retarget"]["gain"][INDEX["jawOpen"]] == 0.5
    assert json.loads(portrait_of("default", config).plain)["retarget"] is None


def test_a_file_is_packed_once_and_its_tag_follows_its_content() -> None:
    """The second asking gives the same object; another background, another tag."""
    nowhere = Path("nowhere")
    assert head_of("default", nowhere) is head_of("default", nowhere)
    one, other = (
        portrait_of("default", RenderConfig(background=color)) for color in ("#010203", "#010204")
    )
    assert one.tag != other.tag
    clear = portrait_of("default", RenderConfig(background="transparent"))
    assert json.loads(clear.plain)["transparent"] is True
