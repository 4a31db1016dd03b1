"""Tables of the ablation."""

import json
import sys
from pathlib import Path

import pytest

from training.ablation_table import ear_table, gain, main, read_runs, table, verdicts


def write(folder: Path, rows: list[tuple[str, int, float, float]]) -> Path:
    """Results of one split: variant, seed, lip PCC (words: .1 less), upper-face diversity."""
    lines = [
        json.dumps(
            {
                "split": "few-10",
                "variant": variant,
                "seed": seed,
                "scores": {
                    "one sample": {"lip_pcc": lips, "lip_pcc_words": lips - 0.1},
                    "movement": {"upper_diversity_mm": upper},
                },
            }
        )
        for variant, seed, lips, upper in rows
    ]
    (folder / "results.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "results.jsonl"


_CHANCE = {"unit_error": 0.8, "unit_error_words": 0.9, "mel_l1": 0.9, "mel_l1_words": 1.0}
_REAL = {"unit_error": 0.4, "unit_error_words": 0.5, "mel_l1": 0.4, "mel_l1_words": 0.5}
EARS = json.dumps({"split": "few-10", "ear": "face2s", "real": _REAL, "chance": _CHANCE}) + "\n"

ROWS = [
    ("no M2S", 1, 0.60, 0.20),
    ("no M2S", 2, 0.64, 0.20),
    ("good", 1, 0.67, 0.196),
    ("good", 2, 0.70, 0.194),
    ("flat", 1, 0.69, 0.15),
    ("flat", 2, 0.71, 0.15),
    ("lucky", 1, 0.72, 0.20),
    ("lucky", 2, 0.64, 0.20),
]


def test_gains_are_taken_seed_by_seed(tmp_path: Path) -> None:
    """The control's own spread over seeds does not blur them."""
    runs = read_runs(write(tmp_path, ROWS))["few-10"]
    found = gain(runs, "good", "lip PCC")
    assert found.mean == pytest.approx(0.065)
    assert found.spread == pytest.approx(0.00707, abs=1e-4)
    assert found.seeds == 2
    assert gain(runs, "flat", "upper-face diversity mm", relative=True).mean == pytest.approx(-0.25)


def test_the_bar_asks_for_lips_beyond_the_spread_and_a_lively_face(tmp_path: Path) -> None:
    """A gain at the cost of the face, or one that a seed undoes, does not meet it."""
    said = verdicts(read_runs(write(tmp_path, ROWS))["few-10"])
    met = {line.split(":")[0]: line.endswith("bar met") for line in said}
    assert met == {"good": True, "flat": False, "lucky": False}


def test_what_was_not_measured_is_not_a_number(tmp_path: Path) -> None:
    """A missing column shows as a hyphen, not as nought; words have figures of their own."""
    runs = read_runs(write(tmp_path, ROWS[:2]))["few-10"]
    assert "| - |" in table(runs)
    assert "0.620 ± 0.028" in table(runs)
    assert "0.520 ± 0.028" in table(runs, words=True)


def test_the_command_prints_a_table_per_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With verdicts below."""
    write(tmp_path, ROWS)
    (tmp_path / "ears.jsonl").write_text(EARS, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["table", "--out", str(tmp_path)])
    main()
    said = capsys.readouterr().out
    assert "### few-10" in said
    assert "- good: lip PCC +0.065" in said
    assert "| few-10 | face2s | 0.400 |" in said


def test_a_row_is_held_against_the_control_of_its_own_base(tmp_path: Path) -> None:
    """A taught encoder is no merit of the ear."""
    rows = [
        ("no M2S", 1, 0.60, 0.20),
        ("taught, no M2S", 1, 0.65, 0.20),
        ("taught, best mix", 1, 0.67, 0.20),
    ]
    runs = read_runs(write(tmp_path, rows))["few-10"]
    assert gain(runs, "taught, best mix", "lip PCC").mean == pytest.approx(0.02)
    assert [line.split(":")[0] for line in verdicts(runs)] == ["taught, best mix"]


def test_a_row_whose_control_is_not_run_yet_has_no_verdict(tmp_path: Path) -> None:
    """It stands in the table, and the rows that have theirs are judged."""
    runs = read_runs(write(tmp_path, [("taught, best mix", 1, 0.67, 0.20), *ROWS]))["few-10"]
    assert [line.split(":")[0] for line in verdicts(runs)] == ["good", "flat", "lucky"]
    assert "| taught, best mix | 1 | 0.670 |" in table(runs)


def test_chance_stands_once_a_split_among_the_critics(tmp_path: Path) -> None:
    """Two critics and chance make three lines."""
    path = tmp_path / "ears.jsonl"
    path.write_text(EARS + EARS.replace("face2s", "mouth2s"), encoding="utf-8")
    lines = ear_table(path).splitlines()[2:]
    assert [line.split(" | ")[1] for line in lines] == ["chance", "face2s", "mouth2s"]
    assert lines[0] == "| few-10 | chance | 0.800 | 0.900 | 0.900 | 1.000 |"
