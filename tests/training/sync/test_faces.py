"""Faces to try systems on."""

import numpy as np

from tests.training.pairs_for_tests import made_up_pairs
from tests.training.sync.faces_for_tests import talking_face
from training.data.spoken_faces import SpokenFaces
from training.sync.faces import joined, made_faces, recorded_faces, streams


def test_pieces_of_a_take_follow_on() -> None:
    """Another take, another voice or a missing piece begins another stream."""
    names = ["a/0", "a/1", "a/0", "b/0", "b/2"]
    faces = [talking_face(name, 10, k) for k, name in enumerate(names)]
    made = streams(faces, 60.0)
    assert [len(stream) for stream in made] == [20, 10, 10, 10]
    assert np.array_equal(made[0].motion, joined(faces[:2]).motion)
    assert np.array_equal(made[0].mel, joined(faces[:2]).mel)


def test_long_streams_are_cut_without_loss() -> None:
    """A rest shorter than half goes with the one before it."""
    clips = [talking_face("a", 25, k) for k in range(5)]
    made = streams(clips, 2.0)
    assert [len(stream) for stream in made] == [50, 75]
    assert np.array_equal(joined(made).motion, joined(clips).motion)


def test_recordings_and_made_pieces_become_talking_faces() -> None:
    """Motion, features and voice of each."""
    pairs = made_up_pairs(3)
    assert [face.name for face in recorded_faces(pairs)] == ["clip0", "clip1", "clip2"]
    spoken = SpokenFaces(
        name=np.array(["x/0"]), source=np.array(["corpus"]), speaker=np.array(["x"]),
        mel=pairs.mel[:1], motion=pairs.motion[:1].astype(np.float16),
    )  # fmt: skip
    (face,) = made_faces(spoken)
    assert (face.voice, face.motion.dtype, face.mel.dtype) == ("x", np.float32, np.float32)
    assert len(face.mel) == 4 * len(face)
