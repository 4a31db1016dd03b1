"""OpenGL for tests; skipped where there is none, unless CI says there must be."""

import os

import pytest

from stream_engine.errors import RenderError
from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.render.gl_context import GlContext


@pytest.fixture(scope="session")
def opengl():
    """Make sure that OpenGL opens here."""
    try:
        GlContext().close()
    except RenderError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have OpenGL: {error}")
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def head():
    """The head that ships with Elocute."""
    return load_head_asset()


@pytest.fixture(scope="session")
def mesh(head):
    """Its poser."""
    return HeadMesh(head)
