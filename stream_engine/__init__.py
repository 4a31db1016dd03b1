"""Elocute: live speech in, a talking 3D face out.

The names below load their modules when first used, so that importing the package costs nothing.
"""

import importlib
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stream_engine.assemble import Assembly
    from stream_engine.config import EngineConfig, load_config
    from stream_engine.errors import StreamEngineError
    from stream_engine.types import AudioChunk, MeshFrame, MotionFrames, VideoFrame

_HOMES = {
    "Assembly": "assemble",
    "AudioChunk": "types",
    "EngineConfig": "config",
    "MeshFrame": "types",
    "MotionFrames": "types",
    "StreamEngineError": "errors",
    "VideoFrame": "types",
    "load_config": "config",
}

__all__ = [
    "Assembly",
    "AudioChunk",
    "EngineConfig",
    "MeshFrame",
    "MotionFrames",
    "StreamEngineError",
    "VideoFrame",
    "load_config",
]

logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> object:
    """Load an exported name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
