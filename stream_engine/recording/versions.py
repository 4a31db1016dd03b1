"""What the bits of a motion may depend on besides speech, seed and settings."""

import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from stream_engine.capacity.admission import Setting

PACKAGES = ("elocute", "onnxruntime", "numpy", "torch", "tensorrt")
"""Those whose versions are told, if installed."""

_FEATURE = re.compile(r"(avx|amx|fma|f16c|sse4|asimd|sve|i8mm|bf16)\w*")


def versions_here(setting: Setting) -> dict[str, str]:
    """Say with what this process performs.

    Args:
        setting: Backend, steps and model.

    Returns:
        Model, backend and its version, packages, processor and what it can do.
    """
    found = {"backend": setting.backend, "model": setting.model}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found | {"python": platform.python_version(), **_processor()}


def apart(recorded: Mapping[str, str], here: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Say which versions differ, and how: recorded, here; what one does not name is empty."""
    names = [*recorded, *(name for name in here if name not in recorded)]
    pairs = {name: (recorded.get(name, ""), here.get(name, "")) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _processor() -> dict[str, str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    model = re.search(r"model name\s*:\s*(.+)", text)
    flags = re.search(r"(?:flags|Features)\s*:\s*(.+)", text)
    names = {name for name in (flags[1] if flags else "").split() if _FEATURE.fullmatch(name)}
    name = model[1] if model else platform.processor() or platform.machine()
    return {"processor": name, "instructions": " ".join(sorted(names))}
