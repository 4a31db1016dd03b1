"""The house rules a machine can check."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import PACKAGES, ROOT

FILE_LINES, FUNCTION_LINES, CLASS_LINES = 300, 40, 200
PUBLIC_METHODS, FOLDER_DEPTH = 10, 2
ENGINE_MODULES = 285
"""Raised from 90: measuring (`capacity`, `profiling`), many servers (`replica`), backends; 130:
what other programs read (`formats`) and the ways there, who comes in (`gate`), logs and traces;
170: the live monitor, recording and replay, LiveKit, a judge of recordings; 240: people's own
avatars (`avatar`), a reader for each kind of file; 265: a studio (`render`), eyes and listening."""
UNTESTED = {
    # Declarations without behaviour: types, seams, package docstrings.
    "stream_engine/types.py",
    "stream_engine/protocols.py",
    "stream_engine/session_parts.py",
    "stream_engine/livekit/room.py",
    "stream_engine/recording/told.py",
    "stream_engine/transport/role.py",
    "__init__.py",
}
BANNED_NAMES = {"utils", "helpers", "manager", "base", "common", "misc"}


EXPORTS = [
    "Assembly",
    "AudioChunk",
    "EngineConfig",
    "MeshFrame",
    "MotionFrames",
    "StreamEngineError",
    "VideoFrame",
    "load_config",
]


def modules() -> list[Path]:
    found = [p for package in PACKAGES for p in sorted((ROOT / package).rglob("*.py"))]
    return [path.relative_to(ROOT) for path in found]


def definitions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node


def lines_of_code(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """Lines without the docstring."""
    total = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node) is None:
        return total
    doc = node.body[0]
    return total - ((doc.end_lineno or doc.lineno) - doc.lineno + 1)


@pytest.mark.parametrize("path", modules(), ids=str)
def test_files_functions_and_classes_stay_small(path: Path) -> None:
    """Small enough to read in one go."""
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= FILE_LINES
    for node in definitions(path):
        limit = CLASS_LINES if isinstance(node, ast.ClassDef) else FUNCTION_LINES
        assert lines_of_code(node) <= limit, f"{node.name} has {lines_of_code(node)} lines"
        if isinstance(node, ast.ClassDef):
            public = [
                child
                for child in node.body
                if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
                and not child.name.startswith("_")
            ]
            assert len(public) <= PUBLIC_METHODS, node.name


@pytest.mark.parametrize("path", modules(), ids=str)
def test_every_module_has_its_test_and_a_plain_name(path: Path) -> None:
    """tests/ mirrors the packages."""
    assert path.stem not in BANNED_NAMES
    assert len(path.parents) - 1 <= FOLDER_DEPTH + 1
    if str(path) in UNTESTED or path.name in UNTESTED:
        return
    name = "test_main.py" if path.name == "__main__.py" else f"test_{path.name}"
    assert (ROOT / "tests" / path.parent / name).exists()


def test_no_test_is_left_over() -> None:
    """Every mirrored test has its module."""
    for package in PACKAGES:
        for path in (ROOT / "tests" / package).rglob("test_*.py"):
            stem = path.stem.removeprefix("test_")
            place = ROOT / path.relative_to(ROOT / "tests").parent
            assert (place / f"{stem}.py").exists() or (place / f"__{stem}__.py").exists(), path


def test_the_engine_stays_a_size_a_newcomer_can_hold() -> None:
    """A bounded number of modules, package docstrings not counted."""
    engine = [path for path in modules() if path.parts[0] == "stream_engine"]
    assert sum(path.name != "__init__.py" for path in engine) <= ENGINE_MODULES


def test_importing_does_nothing() -> None:
    """No file, device, thread or vendor library on import of any pure module."""
    pure = [
        ".".join(path.with_suffix("").parts)
        for path in modules()
        if path.parts[:2]
        in {
            ("stream_engine", name)
            for name in ("features", "motion", "mesh", "monitor", "telemetry")
        }
        and path.name != "__init__.py"
    ]
    script = (
        "import sys, threading\n"
        f"for name in {pure!r}: __import__(name)\n"
        "heavy = {'torch', 'onnxruntime', 'aiortc', 'moderngl', 'av', 'tensorrt'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert threading.active_count() == 1\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


def test_the_root_package_exports_nothing_heavy() -> None:
    """`import stream_engine` loads no vendor library and shows a short list of names."""
    script = (
        "import sys, stream_engine\n"
        "heavy = {'torch', 'tensorrt', 'onnxruntime', 'aiortc', 'moderngl', 'numpy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        f"assert stream_engine.__all__ == {EXPORTS!r}\n"
        "for name in stream_engine.__all__: getattr(stream_engine, name)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("stream_engine/pipeline.py", "import training", "knows nothing of building"),
        ("stream_engine/motion/hop.py", "import stream_engine.runtime.spec", "never import one"),
        ("stream_engine/monitor/ear.py", "import stream_engine.transport", "never import one"),
        ("stream_engine/assemble.py", "import torch", "needs no torch"),
        (
            "stream_engine/models/diffusion.py",
            "import stream_engine.transport",
            "torch modules only",
        ),
        ("stream_engine/mesh/blendshapes.py", "import moderngl", "Vendor libraries stay"),
        ("clients/__init__.py", "import stream_engine.motion.hop", "only the wire messages"),
        ("stream_engine/formats/osc.py", "import stream_engine.motion.arkit", "plain bytes"),
    ],
)
def test_planted_violations_are_caught(
    module: str, line: str, contract: str, tmp_path: Path
) -> None:
    """Each import contract breaks when it is broken."""
    import shutil

    for package in PACKAGES:
        ignore = shutil.ignore_patterns("assets", "__pycache__", "web")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    checker = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(checker), "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    broken = [row for row in done.stdout.splitlines() if "BROKEN" in row]
    assert any(contract in row for row in broken), done.stdout
