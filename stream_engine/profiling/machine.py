"""On what a report was made: machine, driver, clocks as found, versions, model, commit."""

import importlib.metadata
import os
import platform
import re
import statistics
import subprocess
from pathlib import Path
from typing import Any

from stream_engine.cores import usable_cores

PACKAGES = (
    "elocute", "numpy", "onnxruntime", "av", "aiortc", "moderngl", "torch", "tensorrt",
    "tensorrt_rtx_cu13", "nvtx",
)  # fmt: skip
"""Those whose versions are told, if installed."""

GPU_FIELDS = (
    "name", "driver_version", "memory.total", "clocks.sm", "clocks.mem", "clocks.max.sm",
    "persistence_mode",
)  # fmt: skip
"""What `nvidia-smi` is asked of every card."""

ROOT = Path(__file__).resolve().parents[2]
"""The checkout, if this is one."""

_PATIENCE_S = 10.0


def describe_machine() -> dict[str, Any]:
    """Say what the machine is, and its clocks at this moment.

    Returns:
        Processor, cores this process may use, clocks, memory, system, cards, load average.
    """
    info = _read("/proc/cpuinfo")
    models = re.findall(r"model name\s*:\s*(.+)", info)
    clocks = [float(mhz) for mhz in re.findall(r"cpu MHz\s*:\s*([\d.]+)", info)]
    memory = re.search(r"MemTotal:\s*(\d+) kB", _read("/proc/meminfo"))
    governor = _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip()
    return {
        "cpu": models[0] if models else platform.processor() or platform.machine(),
        "cores": f"{usable_cores()} of {os.cpu_count()}",
        "cpu_mhz": _spread(clocks),
        "governor": governor or "unknown",
        "memory_gib": round(int(memory[1]) / 2**20, 1) if memory else None,
        "system": platform.platform(terse=True),
        "gpu": describe_gpus(),
        "load_average_before": [round(load, 2) for load in os.getloadavg()],
    }


def describe_gpus() -> list[dict[str, str]] | str:
    """Ask `nvidia-smi` for name, driver and clocks of every card; ``none`` without it."""
    text = _told("nvidia-smi", f"--query-gpu={','.join(GPU_FIELDS)}", "--format=csv,noheader")
    rows = [line.split(", ") for line in text.splitlines() if line.strip()]
    cards = [dict(zip(GPU_FIELDS, row, strict=True)) for row in rows if len(row) == len(GPU_FIELDS)]
    return cards or "none"


def describe_versions() -> dict[str, str]:
    """Say the version of Python and of every package that matters and is installed."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def describe_commit(root: Path = ROOT) -> dict[str, Any]:
    """Say the commit of a checkout, and whether anything in it was changed since.

    Args:
        root: Its top folder.

    Returns:
        ``commit`` and ``dirty``; both None if it is no checkout.
    """
    if not (root / ".git").exists():
        return {"commit": None, "dirty": None}
    commit = _told("git", "-C", str(root), "rev-parse", "HEAD").strip()
    changed = _told("git", "-C", str(root), "status", "--porcelain").strip()
    return {"commit": commit or None, "dirty": bool(changed)}


def _spread(values: list[float]) -> dict[str, float] | None:
    if not values:
        return None
    middle = statistics.median(values)
    return {"least": min(values), "median": round(middle, 1), "most": max(values)}


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def _told(*command: str) -> str:
    """What a program says; nothing if it is not there or fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
