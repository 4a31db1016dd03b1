"""What the monitor is evaluated on: recorded faces, faces the engine makes, sounds nobody says."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream_engine.errors import AssetError
from training.data.corpus.speech import SpeechCorpus
from training.data.other_sounds import MAKERS, other_sound
from training.data.spoken_faces import SpokenFaces, features, load_spoken, speak_corpus
from training.evaluation.recordings import Progress, Selection, read_recordings
from training.listening import for_tests
from training.sync.faces import made_faces
from training.sync.faults import TalkingFace

HELD_OUT = ":held-out"
"""Behind a corpus the ears learned from: only speakers that neither they nor the fit know."""

_NOISES, _NOISE_S = 40, 30.0
_DIMENSIONS = 55


@dataclass(frozen=True, slots=True)
class Kind:
    """Faces of one kind.

    Attributes:
        name: ``real``, ``made``.
        faces: Short recordings, to do faults to.
        whole: The same and more, in the order in which they follow on.
        corpus: Which corpus each of ``faces`` is from.
    """

    name: str
    faces: list[TalkingFace]
    whole: list[TalkingFace]
    corpus: dict[str, str]


def recorded_kind(folder: Path, selection: Selection, progress: Progress) -> tuple[Kind, int]:
    """Tracked faces of a folder of recordings; how many clips could not be used."""
    found = read_recordings(folder, selection, progress)
    name = folder.resolve().name
    faces = [
        TalkingFace(
            one.pair.name, name, one.pair.mel.astype(np.float32), one.pair.motion.astype(np.float32)
        )
        for one in found.recordings
    ]
    return Kind("real", faces, faces, {face.voice: name for face in faces}), len(found.skipped)


def made_kind(places: Sequence[str], most: int, seed: int) -> Kind:
    """Faces that the engine makes of speech.

    Args:
        places: Folders of speech, or files of `training.data.spoken_faces`, maybe with `HELD_OUT`.
        most: Faces to do faults to, drawn from all corpora alike.
        seed: Of the draw and of the manners.

    Returns:
        The faces.
    """
    spoken = SpokenFaces.join([read_spoken(place, seed) for place in places])
    whole = made_faces(spoken)
    corpus = {str(v): str(c) for v, c in zip(spoken.speaker, spoken.source, strict=True)}
    rng = np.random.default_rng(seed)
    names = sorted(set(corpus.values()))
    chosen: list[int] = []
    for name in names:
        rows = rng.permutation(np.flatnonzero(spoken.source == name))
        chosen += rows[: max(1, most // len(names))].tolist()
    return Kind("made", [whole[k] for k in sorted(chosen)], whole, corpus)


def read_spoken(place: str, seed: int) -> SpokenFaces:
    """Faces of one corpus: read, or made now.

    Args:
        place: Folder or file, maybe with `HELD_OUT`.
        seed: Of the manners.

    Returns:
        Pieces.

    Raises:
        AssetError: If there is no such corpus, or nobody in it is held out.
    """
    path = Path(place.removesuffix(HELD_OUT))
    if not path.exists():
        raise AssetError("no such speech", got=str(path), expected="a folder or a .npz file")
    if path.is_file():
        spoken = load_spoken(path)
    else:
        spoken = speak_corpus(SpeechCorpus(path), 1, np.random.default_rng(seed))
    if place.endswith(HELD_OUT):
        spoken = spoken.select(np.array([for_tests(str(name)) for name in spoken.speaker], bool))
    if not len(spoken):
        raise AssetError(
            "no speech is left", got=place, fix="leave out :held-out, or give longer utterances"
        )
    return spoken


def noises(seed: int) -> list[TalkingFace]:
    """Sounds made by formula, before a face that keeps still."""
    rng = np.random.default_rng(seed)
    kinds = sorted(MAKERS)
    made = []
    for number in range(_NOISES):
        mel = features(other_sound(kinds[number % len(kinds)], _NOISE_S, rng))
        still = np.zeros((len(mel) // 4, _DIMENSIONS), np.float32)
        made.append(TalkingFace(f"noise {number}", "noise", mel, still))
    return made
