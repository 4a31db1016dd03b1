"""TensorRT or TensorRT-RTX, whichever is installed: they share their interface."""

import importlib
from types import ModuleType
from typing import Any

from stream_engine.errors import BackendUnavailable

PACKAGES = ("tensorrt", "tensorrt_rtx")
"""In order of preference; the second is for consumer cards and builds for others than its own."""


def find_tensorrt() -> tuple[ModuleType, str]:
    """Import what there is.

    Returns:
        The module, and what engines call it: name and version, such as ``tensorrt_rtx-1.7.1.116``.

    Raises:
        BackendUnavailable: If neither is there.
    """
    reasons = []
    for name in PACKAGES:
        try:
            module = importlib.import_module(name)
        except (ImportError, OSError) as error:  # a stub without its libraries, for one
            reasons.append(f"{name}: {error}")
            continue
        if hasattr(module, "Builder"):
            return module, f"{name}-{module.__version__}"
        reasons.append(f"{name}: a package without its libraries")
    raise BackendUnavailable(
        "TensorRT is not installed",
        got="; ".join(reasons),
        expected=" or ".join(PACKAGES),
        fix="pip install 'elocute[tensorrt]' or 'elocute[tensorrt-rtx]'",
    )


def capability_of(module: ModuleType, text: str) -> Any:
    """Find the value of a compute capability.

    Args:
        module: From `find_tensorrt`.
        text: Such as ``8.9``.

    Returns:
        The package's own value.

    Raises:
        BackendUnavailable: If this package cannot build for it.
    """
    known = getattr(module, "ComputeCapability", None)
    name = "SM" + text.replace(".", "")
    if known is None or not hasattr(known, name):
        names = sorted(k for k in dir(known) if k.startswith("SM")) if known else []
        raise BackendUnavailable(
            "no engine can be built here for this compute capability",
            got=text,
            expected=", ".join(f"{k[2:-1]}.{k[-1]}" for k in names) or "the card of this machine",
            fix="leave --compute-capability out on the machine that is to run it, or use the "
            "version of tensorrt-rtx that knows the card",
        )
    return getattr(known, name)
