"""FLAME-layout heads."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from stream_engine.errors import AssetError, ShapeError
from training.data.flame import FlameModel, pose_vertices, read_flame, rotations

JOINTS = 3


def made_up_head(vertices: int = 7, shapes: int = 6) -> dict[str, object]:
    """A tiny head in the published layout: vertex 0 is the root, 1 the neck, 2 the jaw's hinge."""
    rng = np.random.default_rng(0)
    regressor = np.zeros((JOINTS, vertices))
    regressor[range(JOINTS), range(JOINTS)] = 1.0
    weights = np.zeros((vertices, JOINTS))
    weights[range(vertices), [0, 1, 1, 1, 2, 2, 2][:vertices]] = 1.0
    return {
        "v_template": rng.normal(0, 0.1, (vertices, 3)),
        "shapedirs": rng.normal(0, 0.01, (vertices, 3, shapes)),
        "posedirs": np.zeros((vertices, 3, 9 * (JOINTS - 1))),
        "J_regressor": sparse.csc_matrix(regressor),
        "weights": weights,
        "kintree_table": np.array([[2**32 - 1, 0, 1], [0, 1, 2]], np.uint32),
        "f": np.array([[0, 1, 2]], np.uint32),
        "bs_style": "lbs",
    }


def write_pickle(path: Path, content: object, protocol: int = 2) -> Path:
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


def dense(content: dict[str, object]) -> dict[str, np.ndarray]:
    return {
        key: value.toarray() if sparse.issparse(value) else np.asarray(value)
        for key, value in content.items()
    }


def read(folder: Path) -> FlameModel:
    return read_flame(write_pickle(folder / "m.pkl", made_up_head()))


@pytest.mark.parametrize("protocol", [2, 4])
def test_pickles_and_arrays_hold_the_same_head(tmp_path: Path, protocol: int) -> None:
    """Sparse or dense, .pkl or .npz."""
    content = made_up_head()
    one = read_flame(write_pickle(tmp_path / "m.pkl", content, protocol))
    np.savez(tmp_path / "m.npz", **dense(content))
    other = read_flame(tmp_path / "m.npz")
    assert np.array_equal(one.joint_regressor, other.joint_regressor)
    assert np.array_equal(one.template, content["v_template"])
    assert one.parents.tolist() == [-1, 0, 1]


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("run by a file",))


def test_a_pickle_that_wants_more_than_arrays_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing it asks for is run, and the message says what it was."""
    path = write_pickle(tmp_path / "m.pkl", made_up_head() | {"f": Evil()})
    with pytest.raises(AssetError, match=r"print.*chumpy"):
        read_flame(path)
    assert capsys.readouterr().out == ""


def test_broken_models_say_what_is_wrong(tmp_path: Path) -> None:
    """Missing arrays, arrays of words, sizes that disagree, no dict, no pickle."""
    content = made_up_head()
    for change, words in (
        ({"weights": np.array([["a"]])}, "something else than numbers"),
        ({"weights": np.zeros((2, 2))}, "weights does not fit"),
        ({"posedirs": np.zeros((7, 3, 5))}, "pose_shapes does not fit"),
    ):
        with pytest.raises((AssetError, ShapeError), match=words):
            read_flame(write_pickle(tmp_path / "m.pkl", content | change))
    del content["f"]
    with pytest.raises(AssetError, match="no f"):
        read_flame(write_pickle(tmp_path / "m.pkl", content))
    with pytest.raises(AssetError, match="no dict"):
        read_flame(write_pickle(tmp_path / "m.pkl", [1]))
    (tmp_path / "m.pkl").write_bytes(b"no pickle")
    with pytest.raises(AssetError, match="cannot be read"):
        read_flame(tmp_path / "m.pkl")


def test_a_quarter_turn_is_a_quarter_turn() -> None:
    """About y, z goes to x; no turn is the identity."""
    turned = rotations(np.array([[0.0, np.pi / 2, 0.0], [0.0, 0.0, 0.0]]))
    assert np.allclose(turned[0] @ [0, 0, 1], [1, 0, 0])
    assert np.allclose(turned[1], np.eye(3))


def test_shapes_are_added_and_expression_follows_identity(tmp_path: Path) -> None:
    """At rest the head is the template; two expressions are the last two columns."""
    model, still = read(tmp_path), np.zeros((1, 3 * JOINTS))
    assert np.allclose(pose_vertices(model, np.zeros((1, 2)), still)[0], model.template)
    made = pose_vertices(model, np.array([[0.0, 2.0]]), still, np.array([3.0]))[0]
    wanted = model.template + 3 * model.shapes[..., 0] + 2 * model.shapes[..., 5]
    assert np.allclose(made, wanted)


def test_joints_turn_what_hangs_on_them(tmp_path: Path) -> None:
    """The jaw turns about its hinge, after the neck has turned both; the root stays."""
    model = read(tmp_path)
    pose = np.array([[0, 0, 0, 0, 0.3, 0, 0.5, 0, 0]], float)
    made = pose_vertices(model, np.zeros((1, 0)), pose)[0]
    neck, jaw = rotations(np.array([0, 0.3, 0.0])), rotations(np.array([0.5, 0, 0.0]))
    rest, pivot, hinge = model.template, model.template[1], model.template[2]
    assert np.allclose(made[0], rest[0])
    assert np.allclose(made[3], neck @ (rest[3] - pivot) + pivot)
    by_hand = neck @ (jaw @ (rest[5] - hinge) + hinge - pivot) + pivot
    assert np.allclose(made[5], by_hand)


def test_pose_corrections_follow_the_turn(tmp_path: Path) -> None:
    """They vanish at rest and scale with what the rotation differs from the identity by."""
    content = made_up_head()
    corrections = np.zeros((7, 3, 18))
    corrections[3, 0, 9 + 4] = 1.0  # element (1, 1) of the jaw's rotation moves vertex 3 along x
    model = read_flame(write_pickle(tmp_path / "m.pkl", content | {"posedirs": corrections}))
    pose = np.zeros((1, 9))
    pose[0, 6] = 0.5
    moved = pose_vertices(model, np.zeros((1, 0)), pose)[0, 3] - model.template[3]
    assert np.allclose(moved, [np.cos(0.5) - 1.0, 0, 0])


def test_parameters_of_another_model_are_refused(tmp_path: Path) -> None:
    """Too many coefficients, or joints that are not there."""
    model = read(tmp_path)
    with pytest.raises(ShapeError, match="do not fit"):
        pose_vertices(model, np.zeros((2, 7)), np.zeros((2, 9)))
    with pytest.raises(ShapeError, match=r"pose \(2, 9\)"):
        pose_vertices(model, np.zeros((2, 2)), np.zeros((2, 15)))
