"""How much can be understood of a face."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from stream_engine.assemble import open_ear
from stream_engine.errors import AssetError
from tests.training.data.made_up_grid import make_grid
from tests.training.evaluation.recordings_for_tests import made_up_recordings
from training.evaluation import heard as heard_module
from training.evaluation.grid_grammar import SLOTS, parse, phones_of
from training.evaluation.heard import (
    FACES,
    METRICS,
    Heard,
    chance_scores,
    judge,
    main,
    score,
    score_all,
    sounds_of,
    tables_of,
)
from training.evaluation.judges import Judges
from training.evaluation.systems import System

SAID = [
    parse(text)
    for text in ("bin blue at f two now", "lay red by z six soon", "set white in b one please")
]


def understood(sentence: tuple[str, ...]) -> Heard:
    return Heard(" ".join(sentence), phones_of(sentence), sentence)


def test_what_is_understood_has_no_error() -> None:
    """Nought wrong, all slots right."""
    assert score(understood(SAID[0]), SAID[0]) == {
        "word error": 0.0, "phone error": 0.0,
        "slots right": 1.0, "letter right": 1.0, "digit right": 1.0,
    }  # fmt: skip


def test_errors_are_shares_of_what_was_said() -> None:
    """A hand-worked clip: one word of six wrong, one of 15 phones missing, the digit lost."""
    heard = Heard("Bin blue at F 3 now.", phones_of(SAID[0])[1:], (*SAID[0][:4], "three", "now"))
    found = score(heard, SAID[0])
    assert found["word error"] == pytest.approx(1 / 6)
    assert found["phone error"] == pytest.approx(1 / len(phones_of(SAID[0])))
    assert found["slots right"] == pytest.approx(5 / 6)
    assert (found["letter right"], found["digit right"]) == (1.0, 0.0)
    assert score(Heard("", (), SAID[1]), SAID[0])["word error"] == 1.0


def test_chance_is_what_the_other_clips_say() -> None:
    """A perfect ear is at chance on other clips; one that says the same of all is at chance."""
    perfect = [understood(sentence) for sentence in SAID]
    assert np.allclose(chance_scores(perfect, SAID)["slots right"], 0.0)
    same = [understood(SAID[0])] * 3
    assert np.array_equal(score_all(same, SAID)["slots right"], [1.0, 0.0, 0.0])
    assert np.array_equal(chance_scores(same, SAID)["slots right"], [1.0, 0.0, 0.0])
    alone = chance_scores(perfect[:1] * 2, SAID[:1] * 2)
    assert np.isnan(alone["slots right"]).all()


def test_tables_hold_every_system_its_chance_and_the_gain() -> None:
    """Gains are paired with each face's own chance."""
    clips = {
        "recording": [understood(s) for s in SAID],
        FACES[0]: [understood(s) for s in SAID],
        FACES[1]: [understood(SAID[0])] * 3,
    }
    scores, gains = tables_of(clips, SAID)
    assert len(scores) == 5
    assert gains[f"{FACES[0]} against its chance"]["slots right"].mean == 1.0
    assert gains[f"{FACES[1]} against its chance"]["slots right"].mean == 0.0


def test_a_loud_sound_is_turned_down_for_the_judges() -> None:
    """They hear -1..1; the words are plain before they are compared."""
    peaks = []

    def words(samples: np.ndarray) -> str:
        peaks.append(float(np.abs(samples).max()))
        return "Bin blue at F 2 now."

    found = judge(np.full(100, -3.0, np.float32), Judges(words, lambda samples: ("b",)))
    assert peaks == [1.0]
    assert found == Heard("Bin blue at F 2 now.", ("b",), SAID[0])


@pytest.mark.slow
def test_all_sounds_of_a_clip_last_as_long_as_it() -> None:
    """Recording, its log-mel, both faces; the faces do not sound alike."""
    recording = made_up_recordings((30,))[0]
    hop = System("model", heard_module.MODEL_FOLDER, "balanced", 2).open()
    sounds = sounds_of(recording, np.ones(100, np.float32), open_ear(), hop)
    assert {len(sound) for sound in sounds.values()} == {30 * 640}
    real, made = (sounds[name] for name in FACES)
    assert np.abs(real - made).max() > 0.001


@pytest.mark.slow
def test_a_folder_is_heard_from_end_to_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables out, all that was heard in the file, sounds kept; judges stand in for recognisers."""
    folder = make_grid(tmp_path / "grid", 2, lengths=(50,))
    table = (folder / "clips.tsv").read_text()
    for k, sentence in enumerate(SAID[:2]):
        table = table.replace(f"bin blue {k}", " ".join(sentence))
    (folder / "clips.tsv").write_text(table)
    monkeypatch.setattr("training.evaluation.recordings.split_of", lambda text: "test")
    standing_in = Judges(lambda samples: "lay blue at z 2 now", lambda samples: ("l", "eɪ"))
    monkeypatch.setattr(heard_module, "open_judges", lambda: standing_in)
    (tmp_path / "kept").mkdir()
    line = ["--data", str(folder), "--json", str(tmp_path / "out.json")]
    monkeypatch.setattr(sys, "argv", ["heard", *line, "--keep", str(tmp_path / "kept")])
    main()
    shown = capsys.readouterr().out
    assert all(metric in shown for metric in METRICS)
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["about"]["clips"] == 2
    assert found["scores"]["recorded face"]["slots right"]["mean"] == pytest.approx(0.5)
    assert found["clips"][0]["recorded face"]["nearest"][:2] == ["lay", "blue"]
    assert len(list((tmp_path / "kept").glob("*.wav"))) == 8


def test_sounds_need_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before an hour of work."""
    line = ["heard", "--data", str(tmp_path), "--keep", str(tmp_path / "nowhere")]
    monkeypatch.setattr(sys, "argv", line)
    with pytest.raises(AssetError, match="nowhere"):
        main()


def test_slots_that_are_named_exist() -> None:
    """The two hard slots of the metrics are slots of the grammar."""
    assert {"letter", "digit"} <= set(SLOTS)
