"""CSV files of other programs."""

from pathlib import Path

import numpy as np
import pytest

from stream_engine.errors import AssetError
from stream_engine.motion.arkit import ARKIT_NAMES, INDEX
from stream_engine.transport.motion_table import read_table

JAW = INDEX["jawOpen"]


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_audio2face_tables_are_read(tmp_path: Path) -> None:
    """Its prefix, its seconds, its row numbers without a name."""
    names = [f"blendShapes.{name[0].upper()}{name[1:]}" for name in ARKIT_NAMES]
    rows = [f"{k},{k / 30:.6f}," + ",".join(["0.25"] * 52) for k in range(31)]
    found = read_table(table(tmp_path / "a.csv", "," + ",".join(["timeCode", *names]), *rows))
    assert found.kind == "CSV"
    assert found.fps == pytest.approx(30.0, abs=0.01)
    assert not found.missing
    assert (found.motion()[:, :52] == 0.25).all()
    assert found.motion().shape == (26, 55)


def test_some_shapes_are_enough(tmp_path: Path) -> None:
    """What is not there is zero, and said."""
    found = read_table(table(tmp_path / "a.csv", "time,JAWOPEN", "0,0.1", "0.04,0.2"))
    assert found.names == {"jawOpen"}
    assert "mouthClose" in found.missing
    assert found.motion()[:, JAW].tolist() == pytest.approx([0.1, 0.2])


def test_without_times_rows_are_counted(tmp_path: Path) -> None:
    """At the rate that is said; without one the error asks for it."""
    path = table(tmp_path / "a.csv", "frame,jawOpen", *(f"{k},0.{k}" for k in range(10)))
    assert len(read_table(path, 50.0).motion()) == 5
    with pytest.raises(AssetError, match="without a column timecode.*--fps"):
        read_table(path)


def test_a_rate_outdoes_times_in_seconds(tmp_path: Path) -> None:
    """Rows are counted then."""
    path = table(tmp_path / "a.csv", "time,jawOpen", "0,0", "9,0.1", "2,0.2")
    assert read_table(path, 25.0).seconds.tolist() == [0.0, 0.04, 0.08]


def test_times_begin_with_the_sound_or_with_the_file(tmp_path: Path) -> None:
    """A first frame at 0.12 s is late; one at noon is the first."""
    late = read_table(table(tmp_path / "a.csv", "time,jawOpen", "0.12,0.1", "0.16,0.2"))
    assert late.motion()[:, JAW].tolist() == pytest.approx([0.1, 0.1, 0.1, 0.1, 0.2])
    noon = read_table(table(tmp_path / "a.csv", "time,jawOpen", "43200.12,0.1", "43200.16,0.2"))
    assert noon.motion()[:, JAW].tolist() == pytest.approx([0.1, 0.2], abs=1e-3)


def test_a_face_found_late_does_not_move_the_rest(tmp_path: Path) -> None:
    """Rows without a face at the start are time, too."""
    rows = [
        f"00:00:00:{k:02d}.000,{0 if k < 5 else 61},{'' if k < 5 else k / 100}" for k in range(9)
    ]
    found = read_table(table(tmp_path / "a.csv", "Timecode,BlendShapeCount,JawOpen", *rows))
    expected = np.maximum(np.arange(9), 5) / 100
    assert np.allclose(found.motion()[:, JAW], expected)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["time,jawOpen", "0,0", "33,0", "66,0"], "no seconds.*33"),
        (["time,jawOpen", "0,0", "soon,0"], "'soon' in line 3"),
        (["timecode,jawOpen", "00:00:00:01,0", "0.5,0"], "'0.5' in line 3"),
        (["timecode,jawOpen", "0.5,0", "00:00:00:01,0"], "'00:00:00:01' in line 3"),
        (["time,viseme_aa", "0,0"], "lacks columns.*VRM"),
        (["time,jawOpen", "0,nan"], "'nan' in line 2, column jawOpen"),
        (["time,jawOpen", "0"], "1 columns in line 2"),
        (["time,jawOpen"], "no frame"),
        (["time,jawOpen", "0.2,0", "0.1,0"], "backwards"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, lines: list[str], said: str) -> None:
    """Milliseconds, words, two kinds of time, visemes, NaN, rows cut off, nothing."""
    with pytest.raises(AssetError, match=said):
        read_table(table(tmp_path / "a.csv", *lines))
