"""The page's files, and what it draws the head with: the head file, and how its portrait looks."""

import asyncio
import gzip
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from stream_engine.errors import AssetError
from stream_engine.heads import head_mesh
from stream_engine.mesh.head_asset import head_file
from stream_engine.mesh.skin_texture import write_png
from stream_engine.render.portrait import RenderStyle, portrait_message
from stream_engine.render_config import RenderConfig
from stream_engine.transport.scenery import scenery

GZIP_LEVEL = 6
"""Packed once; more would take longer and gain nothing."""

Color = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file held in memory, as it is and packed, with a tag that changes with its content."""

    plain: bytes
    packed: bytes
    media_type: str
    tag: str

    @classmethod
    def of(cls, plain: bytes, media_type: str) -> Self:
        """Pack it."""
        tag = hashlib.sha256(plain).hexdigest()[:32]
        return cls(plain, gzip.compress(plain, GZIP_LEVEL, mtime=0), media_type, tag)

    def answer(self, request: Request) -> Response:
        """Send it, or say that the client has it already."""
        packs = "gzip" in request.headers.get("accept-encoding", "")
        # Two representations, two tags, or a cache might mix them up (RFC 9110, 8.8.3.3).
        tag = f'"{self.tag}{"-gzip" if packs else ""}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        known = request.headers.get("if-none-match", "")
        if tag in (one.strip().removeprefix("W/") for one in known.split(",")):
            return Response(status_code=304, headers=headers)
        if packs:
            headers["Content-Encoding"] = "gzip"
        return Response(
            self.packed if packs else self.plain, media_type=self.media_type, headers=headers
        )


class PageFiles(StaticFiles):
    """The page's modules, asked for again each time: they are of one release, or do not fit."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Send a file, or say that the client has it."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response


@cache
def head_of(avatar: str, folder: Path) -> PackedFile:
    """Pack an avatar's head file, the one the server draws from; AssetError if there is none."""
    return PackedFile.of(head_file(avatar, folder).read_bytes(), "application/octet-stream")


@cache
def portrait_of(avatar: str, config: RenderConfig) -> PackedFile:
    """Pack how an avatar's portrait looks; AssetError if there is no such avatar."""
    style = RenderStyle(background=config.background_rgb, transparent=config.transparent)
    message = portrait_message(head_mesh(avatar, config.avatars_folder), style)
    message["detail"] = config.detail
    message["pictured"] = bool(config.background_picture)  # the picture is a file of its own
    return PackedFile.of(json.dumps(message, separators=(",", ":")).encode(), "application/json")


@cache
def scenery_of(config: RenderConfig) -> PackedFile:
    """Pack the picture behind the head; AssetError if there is none."""
    picture = scenery(config)
    if picture is None:
        raise AssetError("no picture stands behind the head", fix="set render.background_picture")
    return PackedFile.of(write_png(picture), "image/png")


def asset_routes(config: RenderConfig) -> list[BaseRoute]:
    """List the routes of what a page draws with.

    Args:
        config: What stands behind the head, and where people's own avatars are.

    Returns:
        The routes; each answers with a tag, and 304 to who has it.
    """
    folder = config.avatars_folder

    def route(path: str, make: Callable[[str], PackedFile]) -> Route:
        async def answer(request: Request) -> Response:
            made = await asyncio.to_thread(make, request.path_params.get("avatar", ""))
            return made.answer(request)

        return Route(path, answer)

    return [
        route("/assets/avatars/{avatar}/head.safetensors", lambda avatar: head_of(avatar, folder)),
        route("/assets/background.png", lambda _: scenery_of(config)),
        route(
            "/assets/avatars/{avatar}/portrait.json", lambda avatar: portrait_of(avatar, config)
        ),
    ]
