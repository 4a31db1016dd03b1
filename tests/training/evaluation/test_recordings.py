"""Recordings of people never seen."""

from pathlib import Path

import numpy as np
import pytest

from stream_engine.errors import AssetError
from stream_engine.motion.arkit import INDEX
from tests.training.data.made_up_grid import known_motion, make_grid, write_opus
from training.data.pairs import split_of
from training.evaluation.recordings import Selection, choose, read_recordings

ROWS = [
    {"clip": f"c{k}", "transcript": f"bin {colour} at f {k} now", "word_times_s": ""}
    for k, colour in enumerate(["blue", "red", "green", "white"] * 30)
]


def quiet(stage: str, done: int, total: int) -> None:
    assert 0 <= done <= total
    assert stage


def test_clips_are_chosen_by_sentence_word_and_number() -> None:
    """Held-out sentences; given words; a seeded draw in the folder's order."""
    unseen = choose(ROWS, Selection(unseen=True))
    assert 0 < len(unseen) < 40
    assert all(split_of(row["transcript"]) == "test" for row in unseen)
    red = choose(ROWS, Selection(words=frozenset({"red", "mauve"})))
    assert len(red) == 30
    few = choose(ROWS, Selection(clips=7, seed=1))
    assert len(few) == 7
    assert few == choose(ROWS, Selection(clips=7, seed=1))
    assert few != choose(ROWS, Selection(clips=7, seed=2))
    assert few == [row for row in ROWS if row in few]
    with pytest.raises(AssetError, match="no clip is left"):
        choose(ROWS, Selection(words=frozenset({"mauve"})))


@pytest.mark.slow
def test_a_face_of_other_proportions_is_fitted_on_the_fly(tmp_path: Path) -> None:
    """Wider and shorter, clips of other lengths: the jaw that was put in comes out."""
    folder = make_grid(tmp_path / "grid", 4, lengths=(75, 110, 62), proportions=(1.15, 0.9, 1.05))
    found = read_recordings(folder, Selection(), quiet)
    assert not found.skipped
    assert [len(r.valid) for r in found.recordings] == [75, 110, 62, 75]
    for number, recording in enumerate(found.recordings):
        assert np.flatnonzero(~recording.valid).tolist() == [3]
        jaw = recording.pair.motion[:, INDEX["jawOpen"]]
        put_in = known_motion(number, len(jaw))[0][:, INDEX["jawOpen"]]
        assert np.corrcoef(jaw[recording.valid], put_in[recording.valid])[0, 1] > 0.95
        assert (recording.judged == recording.pair.speaking).all()


@pytest.mark.slow
def test_broken_clips_are_left_out_with_their_reasons(tmp_path: Path) -> None:
    """No audio, audio that ends early, text for audio; the fourth is scored, on its word alone."""
    folder = make_grid(tmp_path / "grid", 4)
    audio = folder / "audio"
    (audio / "clip0.opus").unlink()
    write_opus(audio / "clip1.opus", np.zeros(48_000))
    (audio / "clip2.opus").write_text("not a sound")
    found = read_recordings(folder, Selection(words=frozenset({"blue"})), quiet)
    assert [recording.pair.name for recording in found.recordings] == ["clip3"]
    assert set(found.skipped) == {"clip0", "clip1", "clip2"}
    assert "audio ends" in found.skipped["clip1"]
    judged = np.flatnonzero(found.recordings[0].judged)
    assert judged.min() >= 34
    assert judged.max() <= 55


@pytest.mark.slow
def test_nothing_but_broken_clips_is_an_error(tmp_path: Path) -> None:
    """With the reasons."""
    folder = make_grid(tmp_path / "grid", 1)
    (folder / "audio" / "clip0.opus").unlink()
    with pytest.raises(AssetError, match="no clip can be scored"):
        read_recordings(folder, Selection(), quiet)


@pytest.mark.slow
def test_speech_without_any_silence_has_no_resting_face(tmp_path: Path) -> None:
    """Explained, not a numpy warning."""
    folder = make_grid(tmp_path / "grid", 1)
    table = (folder / "clips.tsv").read_text().replace("bin:0.80-1.40", "bin:0.00-3.00")
    (folder / "clips.tsv").write_text(table)
    with pytest.raises(AssetError, match="resting face"):
        read_recordings(folder, Selection(), quiet)
