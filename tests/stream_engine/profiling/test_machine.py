"""On what a report was made."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from stream_engine.profiling.machine import (
    GPU_FIELDS,
    describe_commit,
    describe_gpus,
    describe_machine,
    describe_versions,
)


def test_the_machine_is_described_and_goes_into_json() -> None:
    """Processor, cores, clocks, memory, system, cards, load."""
    found = describe_machine()
    assert found["cpu"]
    assert found["cores"].split()[0].isdigit()
    assert found["memory_gib"] is None or found["memory_gib"] > 0.1
    assert len(found["load_average_before"]) == 3
    json.dumps(found, allow_nan=False)


def test_versions_are_of_what_is_installed() -> None:
    """Python and the packages that run."""
    found = describe_versions()
    assert {"python", "elocute", "numpy", "onnxruntime", "av", "aiortc"} <= set(found)
    assert all(found.values())


def test_cards_are_those_nvidia_smi_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line each; without the program, or if it fails, there are none."""
    program = tmp_path / "nvidia-smi"
    values = ["Some Card", "570.1", "81559 MiB", "345 MHz", "2619 MHz", "1980 MHz", "Enabled"]
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    program.write_text(f"#!/bin/sh\necho '{', '.join(values)}'\n", encoding="utf-8")
    program.chmod(0o755)
    assert describe_gpus() == [dict(zip(GPU_FIELDS, values, strict=True))]
    program.write_text("#!/bin/sh\nexit 9\n", encoding="utf-8")
    assert describe_gpus() == "none"


def test_commit_and_changes_of_a_checkout(tmp_path: Path) -> None:
    """Clean, then not; elsewhere nothing is known."""
    assert describe_commit(tmp_path) == {"commit": None, "dirty": None}

    def git(*words: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", "-C", str(tmp_path), *who, *words], check=True, capture_output=True)

    git("init")
    git("commit", "--allow-empty", "-m", "begin")
    found = describe_commit(tmp_path)
    assert len(found["commit"]) == 40
    assert found["dirty"] is False
    (tmp_path / "new").touch()
    assert describe_commit(tmp_path)["dirty"] is True
