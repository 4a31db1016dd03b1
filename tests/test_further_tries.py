"""Laws of further tries (`tests/conftest.py`), seen in a run of pytest of its own."""

import subprocess
import sys
from pathlib import Path

TESTS = """
import gc
import socket

import pytest

TRIES = []


@pytest.fixture(scope="module")
def server():
    return []


@pytest.mark.net
def test_that_fails_once(server):
    server.append("a try")
    TRIES.append(len(server))
    if len(TRIES) == 1:
        kept = socket.socket()
        cycle = [socket.socket()]
        cycle.append(cycle)
        pytest.fail("the network stood still")


def test_after_it():
    gc.collect()
    assert TRIES == [1, 1]
"""


def test_a_failed_try_leaves_nothing_to_the_tests_after_it(tmp_path: Path) -> None:
    """Its fixtures are made anew, and what it left open is not blamed on another test."""
    (tmp_path / "test_one.py").write_text(TESTS)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "tests.conftest", tmp_path],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "2 passed, 1 rerun" in ran.stdout, ran.stdout
